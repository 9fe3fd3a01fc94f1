"""Which tokens a station is to know by itself, and what it is sent for that: all, or what has changed (L5, O22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from models.rules.wanted import CHECKED_EVERY, Rest

TOKENS_LIMIT = 2_000
VERSION_LIMIT = 2**31 - 1
"""OCPP 1.6 ed.2 §5.15: versions are int32 and begin with 1; 0 and -1 stand for no list."""


class ListState(StrEnum):
    PENDING = "pending"
    APPLIED = "applied"
    REFUSED = "refused"


@dataclass(frozen=True)
class Known:
    """``drawn`` is the highest version that was ever sent; ``taken`` the one whose ``tokens`` the station took last.

    ``told`` is the version that it told when it was read, at ``read_at``.
    """

    drawn: int = 0
    taken: int = 0
    tokens: frozenset[str] = frozenset()
    told: int | None = None
    read_at: datetime | None = None
    again_at: datetime | None = None
    only_full: bool = False
    """A differential update has failed."""


@dataclass(frozen=True)
class ReadVersion:
    """The station is asked which version it has."""


@dataclass(frozen=True)
class Send:
    """``gone`` are taken off the list; there are none in a full one."""

    version: int
    kind: Literal["full", "differential"]
    tokens: tuple[str, ...]
    gone: tuple[str, ...] = ()


def next_of(
    wanted: Sequence[str] | None, known: Known, booted_at: datetime | None, now: datetime
) -> ReadVersion | Send | Rest:
    """What to do about the list of one station. ``wanted`` is None where nobody wants it to have one."""
    if wanted is None:
        return Rest(None)
    if known.again_at is not None and known.again_at > now:
        return Rest(known.again_at)
    if (
        known.read_at is None
        or known.read_at + CHECKED_EVERY <= now
        or (booted_at is not None and booted_at > known.read_at)
    ):
        return ReadVersion()
    has_ours = known.told == known.taken > 0
    if has_ours and known.tokens == frozenset(wanted):
        return Rest(known.read_at + CHECKED_EVERY)
    return send_of(wanted, known, full=known.only_full or not has_ours)


def send_of(wanted: Sequence[str], known: Known, *, full: bool) -> Send:
    """The next version. Versions that have come to their end begin anew, with a full list."""
    version = max(known.drawn, known.told or 0) + 1
    if version > VERSION_LIMIT:
        version, full = 1, True
    if full:
        return Send(version, "full", tuple(sorted(wanted)))
    added, gone = frozenset(wanted) - known.tokens, known.tokens - frozenset(wanted)
    return Send(version, "differential", tuple(sorted(added)), tuple(sorted(gone)))


def arguments_of(send: Send) -> dict[str, Any]:
    """As the command takes them."""
    listed = [{"token": token, "verdict": "accepted"} for token in send.tokens]
    return {
        "version": send.version,
        "kind": send.kind,
        "tokens": [*listed, *({"token": token, "verdict": None} for token in send.gone)],
    }
