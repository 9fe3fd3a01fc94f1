"""What stations tell at high rates, as it is kept for many of them in one transaction, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from models.rules.authorisation import TokenVerdict
from models.rules.sequence import Told

Samples = list[tuple[datetime, dict[str, Any]]]
"""Measured values with their instants, as they are kept."""


class Outcome(StrEnum):
    """``later``: somebody else works on the station at this moment. ``alone``: needs a transaction of its own."""

    KEPT = "kept"
    NOWHERE = "nowhere"
    NOT_REGISTERED = "not_registered"
    LATER = "later"
    ALONE = "alone"


class Verdict(NamedTuple):
    """On a token that was shown, with the tag of its group."""

    token: TokenVerdict
    group: str | None = None


class Charged(NamedTuple):
    """A turn of a charge is kept: our number of its transaction, and the verdict on the token, where one was shown."""

    number: int
    verdict: TokenVerdict | None
    group: str | None = None
    """The tag of the token's group."""


Answer = Outcome | Charged


@dataclass(slots=True)
class Seen:
    """The station is alive. ``drift_s``: how far its clock is ahead of ours, where it has just told the time."""

    asset_id: UUID
    identity: str
    drift_s: float | None = None


@dataclass(slots=True)
class Opened(Seen):
    """A socket of the station, its only one from now on."""

    connection_id: str = ""
    node: str = ""
    remote_ip: str = ""
    protocol: str = ""
    security_profile: int = 1


@dataclass(slots=True)
class Status(Seen):
    """A connector's state; connector 0 is the station itself."""

    connector: int = 0
    state: str = ""
    error_code: str = ""
    at: datetime | None = None
    info: str | None = None


@dataclass(slots=True)
class Metered(Seen):
    """Samples with the frame they came in; ``register_wh`` is the highest energy register among them."""

    connector: int | None = None
    number: int | None = None
    samples: Samples = field(default_factory=list)
    register_wh: int | None = None
    frame: str = ""
    irregularities: Sequence[str] = ()


@dataclass(slots=True, kw_only=True)
class Turn(Seen):
    """What changes the course of a charge: the station's next fact is kept after it, never with it.

    ``token`` is None where none was shown; ``token_kind`` is how it was read, which only OCPP 2 tells.
    """

    frame: str
    irregularities: Sequence[str] = ()
    token: str | None = None
    token_kind: str = ""


@dataclass(slots=True, kw_only=True)
class Started(Turn):
    """A transaction of OCPP 1.6 began."""

    connector: int | None
    token: str
    meter_start_wh: int | None
    started_at: datetime
    reservation_number: int | None = None


@dataclass(slots=True, kw_only=True)
class Stopped(Turn):
    """A transaction of OCPP 1.6 ended."""

    number: int | None
    meter_stop_wh: int | None
    stopped_at: datetime
    reason: str
    samples: Samples


@dataclass(slots=True, kw_only=True)
class Transacted(Turn):
    """A numbered event of a transaction of OCPP 2, which ``theirs`` names; ``told`` is without the token."""

    theirs: str | None
    told: Told
    samples: Samples


@dataclass(frozen=True, slots=True)
class Shown:
    """A token at a station; ``token_kind`` is how it was read, which only OCPP 2 tells."""

    asset_id: UUID
    identity: str
    token: str
    token_kind: str = ""
