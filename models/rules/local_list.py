"""Which tokens a station is to know by itself, and what it is sent for that: all, or what has changed (L5, O22)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from models.rules.vehicle_id import VehicleId, VehicleIdKind, of_token
from models.rules.wanted import CHECKED_EVERY, Rest, read_off

TOKENS_LIMIT = 2_000
VERSION_LIMIT = 2**31 - 1
"""OCPP 1.6 ed.2 §5.15: versions are int32 and begin with 1; 0 and -1 stand for no list."""
HOLDS, TAKES = "LocalAuthListMaxLength", "SendLocalListMaxLength"
"""OCPP 1.6 ed.2 §9.2. In OCPP 2 a variable tells how many a station takes at once, and none how many it holds."""
UNTOLD = 200
"""So many tokens a station is trusted to hold that tells neither."""


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
    room_at: datetime | None = None
    """When it was asked how many tokens it holds."""


@dataclass(frozen=True)
class ReadRoom:
    """The station is asked how many tokens it holds, before they are chosen."""


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
    wanted: Sequence[str] | None, known: Known, booted_at: datetime | None, now: datetime, *, is_chosen: bool = False
) -> ReadRoom | ReadVersion | Send | Rest:
    """What to do about the list of one station. ``wanted`` is None where nobody wants it to have one; ``is_chosen``
    says that what is wanted is chosen by how much the station holds."""
    if wanted is None:
        return Rest(None)
    if known.again_at is not None and known.again_at > now:
        return Rest(known.again_at)
    if is_chosen and _is_old(known.room_at, booted_at):
        return ReadRoom()
    if known.read_at is None or known.read_at + CHECKED_EVERY <= now or _is_old(known.read_at, booted_at):
        return ReadVersion()
    has_ours = known.told == known.taken > 0
    if has_ours and known.tokens == frozenset(wanted):
        return Rest(known.read_at + CHECKED_EVERY)
    return send_of(wanted, known, full=known.only_full or not has_ours)


def send_of(wanted: Sequence[str], known: Known, *, full: bool) -> Send:
    """The next version: the differences, unless the whole list is shorter or they would not do.

    Versions that have come to their end begin anew, with a full list.
    """
    version = max(known.drawn, known.told or 0) + 1
    if version > VERSION_LIMIT:
        version, full = 1, True
    added, gone = frozenset(wanted) - known.tokens, known.tokens - frozenset(wanted)
    if full or len(added) + len(gone) > len(wanted):
        return Send(version, "full", tuple(sorted(wanted)))
    return Send(version, "differential", tuple(sorted(added)), tuple(sorted(gone)))


def room_of(data: Mapping[str, Any]) -> int | None:
    """How many tokens the station holds, by its answer: all that it takes at once, where it does not tell more."""
    for told in read_off(data, (HOLDS, TAKES)).values():
        if told.value is not None and told.value.strip().isdecimal():
            return min(int(told.value), TOKENS_LIMIT)
    return None


def arguments_of(send: Send) -> dict[str, Any]:
    """As the command takes them. What goes makes room for what comes, at a station whose list is full."""
    gone = [{**_listed(token), "verdict": None} for token in send.gone]
    return {
        "version": send.version,
        "kind": send.kind,
        "tokens": [*gone, *({**_listed(token), "verdict": "accepted"} for token in send.tokens)],
    }


def token_of(listed: Mapping[str, Any]) -> str:
    """The key of a token that stands in a command's arguments."""
    kind = listed.get("token_kind")
    return str(listed["token"]) if kind is None else VehicleId(VehicleIdKind(kind), listed["token"]).token


def _listed(token: str) -> dict[str, str]:
    """A card by its uid, a car by its id and what kind that is."""
    known = of_token(token)
    return {"token": token} if known is None else {"token": known.uid, "token_kind": known.kind.value}


def _is_old(told_at: datetime | None, booted_at: datetime | None) -> bool:
    """Whether the station has never told it, or has booted since."""
    return told_at is None or (booted_at is not None and booted_at > told_at)
