"""What the front asks of a version of OCPP: its calls read as our events, our commands written as its calls."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from websockets.typing import Subprotocol

from csms.connection import Answer
from csms.events import CertificateRequested
from csms.frames import Call, ErrorCode, Payload
from csms.outcome import Outcome
from csms.ports import KnownStation, Registration, StationRecords
from models.messages.commands import StationCall


class Context(NamedTuple):
    """What a handler has at hand. ``booted`` is told the answer to a boot once that is on its way, and
    ``certificate_awaited`` of a certificate that was promised.

    ``registration`` is the answer to the station's last boot, on this socket or before it; None before the first.
    """

    station: KnownStation
    records: StationRecords
    now: datetime
    registration: Registration | None
    booted: Callable[[Registration], None]
    certificate_awaited: Callable[[CertificateRequested], None]


Handler = Callable[[Context, Call], Awaitable[Answer]]
MakeCall = Callable[[str, Payload], Awaitable[Payload]]
"""Calls the station with an action and a payload. Raises as ``StationConnection.call`` does."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """One version. ``handle`` raises CallRefusedError where a CALLERROR is due, ``execute`` NotSentError only."""

    subprotocol: Subprotocol
    actions: frozenset[str]
    """What its stations call; anything else is counted as unknown."""
    handle: Handler
    execute: Callable[[MakeCall, StationCall], Awaitable[Outcome]]
    error_words: Mapping[ErrorCode, str] = field(default_factory=dict)
    """The errors that it calls otherwise than OCPP 1.6 does."""
    names_transactions: bool = False
    """Whether its stations name their transactions themselves; in OCPP 1.6 they have our numbers."""
