"""What the numbered events of one transaction tell together, in whatever order and however often they come.

OCPP 2.0.1 part 2 §E: a station numbers its events, and sends those that it could not send before later. All that is
kept here is a least, a greatest or a union, so that merging gives the same whatever the order and the repetitions.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from models.rules.authorisation import TokenVerdict

NUMBER_MAX = 2**31 - 1
RANGES_LIMIT = 300
"""How many stretches of numbers are told apart: a station that leaves out every second one fills no row for ever."""
ODDITIES_LIMIT = 50

USED_AGAIN = "sequence: the transaction's id was used again"

Range = tuple[int, int]
Ranges = tuple[Range, ...]
_Entry = TypeVar("_Entry", bound=tuple[Any, ...])


class Phase(StrEnum):
    STARTED = "started"
    UPDATED = "updated"
    ENDED = "ended"


_WITHOUT_NUMBER = {Phase.STARTED: -1, Phase.UPDATED: NUMBER_MAX + 1, Phase.ENDED: NUMBER_MAX + 2}
"""Where an event stands that has no number: it is read all the same."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ShownToken(_Frozen):
    """A token with what was decided on it; ``kind`` is the station's word for how it was read."""

    token: str
    kind: str
    verdict: TokenVerdict
    is_test: bool


class Told(_Frozen):
    """One event. ``begin_wh`` and ``end_wh`` are registers that the station marks as of the transaction's begin and
    end, ``first_wh``, ``last_wh`` and ``highest_wh`` are of any.
    """

    phase: Phase
    number: int | None
    at: datetime
    offline: bool = False
    evse: int | None = None
    plug: int | None = None
    token: ShownToken | None = None
    stops: bool = False
    """The token was shown to stop."""
    charging_state: str | None = None
    reason: str | None = None
    begin_wh: int | None = None
    end_wh: int | None = None
    first_wh: int | None = None
    last_wh: int | None = None
    highest_wh: int | None = None
    phases_used: int | None = None
    remote_start: int | None = None
    reservation: int | None = None
    odd: tuple[str, ...] = ()

    @property
    def place(self) -> int:
        return _WITHOUT_NUMBER[self.phase] if self.number is None else self.number


class Known(_Frozen):
    """All that the events so far told. A value stands behind the place of the event that told it."""

    starts: Ranges = ()
    updates: Ranges = ()
    ends: Ranges = ()
    earliest_at: datetime | None = None
    started: tuple[int, datetime] | None = None
    ended: tuple[int, datetime, str] | None = None
    evse: tuple[int, int] | None = None
    plug: tuple[int, int] | None = None
    token: tuple[int, int, str, str, TokenVerdict, bool] | None = None
    """The first that was accepted, else the first; 0 or 1 before the place says which."""
    stop_token: tuple[int, str] | None = None
    charging_state: tuple[int, str] | None = None
    phases_used: tuple[int, int] | None = None
    remote_start: tuple[int, int] | None = None
    reservation: tuple[int, int] | None = None
    begin: tuple[int, int] | None = None
    end: tuple[int, int] | None = None
    first: tuple[int, int] | None = None
    last: tuple[int, int] | None = None
    highest_wh: int | None = None
    heard_live: bool = False
    """Told by an event that was not kept back while the station was off-line."""
    heard_offline: bool = False
    odd: tuple[str, ...] = ()

    def has(self, told: Told) -> bool:
        """Whether this event was heard before; one without a number can't be known again."""
        numbers = {Phase.STARTED: self.starts, Phase.UPDATED: self.updates, Phase.ENDED: self.ends}[told.phase]
        return told.number is not None and any(low <= told.number <= high for low, high in numbers)


def merged(known: Known, told: Told) -> Known:
    """With the event. One that is repeated changes nothing; a second start of other times under one id is named."""
    if known.has(told):
        again = told.phase is Phase.STARTED and known.started is not None and known.started[1] != told.at
        return known.model_copy(update={"odd": with_odd(known.odd, [USED_AGAIN])}) if again else known
    return joined(known, known_by(told))


def known_by(told: Told) -> Known:
    """What one event tells by itself."""
    place, own = told.place, () if told.number is None else ((told.number, told.number),)
    begins, ends = told.phase is Phase.STARTED, told.phase is Phase.ENDED
    token = told.token
    return Known(
        starts=own if begins else (),
        updates=() if begins or ends else own,
        ends=own if ends else (),
        earliest_at=told.at,
        started=(place, told.at) if begins else None,
        ended=(place, told.at, told.reason or "") if ends else None,
        evse=_at(place, told.evse),
        plug=_at(place, told.plug),
        token=None if token is None or told.stops else _ranked(place, token),
        stop_token=_at(place, token.token) if token is not None and told.stops else None,
        charging_state=None if told.offline else _at(place, told.charging_state),
        phases_used=_at(place, told.phases_used),
        remote_start=_at(place, told.remote_start),
        reservation=_at(place, told.reservation),
        begin=_at(place, told.begin_wh),
        end=_at(place, told.end_wh),
        first=_at(place, told.first_wh) if begins else None,
        last=_at(place, told.last_wh) if ends else None,
        highest_wh=told.highest_wh,
        heard_live=not told.offline,
        heard_offline=told.offline,
        odd=with_odd((), told.odd),
    )


def joined(one: Known, other: Known) -> Known:
    """What both tell together: the same whichever comes first."""
    return Known(
        starts=union(one.starts, other.starts),
        updates=union(one.updates, other.updates),
        ends=union(one.ends, other.ends),
        earliest_at=min((at for at in (one.earliest_at, other.earliest_at) if at is not None), default=None),
        started=_first(one.started, other.started),
        ended=_first(one.ended, other.ended),
        evse=_first(one.evse, other.evse),
        plug=_first(one.plug, other.plug),
        token=_first(one.token, other.token),
        stop_token=_first(one.stop_token, other.stop_token),
        charging_state=_last(one.charging_state, other.charging_state),
        phases_used=_last(one.phases_used, other.phases_used),
        remote_start=_first(one.remote_start, other.remote_start),
        reservation=_first(one.reservation, other.reservation),
        begin=_first(one.begin, other.begin),
        end=_last(one.end, other.end),
        first=_first(one.first, other.first),
        last=_last(one.last, other.last),
        highest_wh=max((wh for wh in (one.highest_wh, other.highest_wh) if wh is not None), default=None),
        heard_live=one.heard_live or other.heard_live,
        heard_offline=one.heard_offline or other.heard_offline,
        odd=with_odd(one.odd, other.odd),
    )


def union(one: Ranges, other: Ranges) -> Ranges:
    """The stretches of whole numbers that stand in either."""
    found: list[Range] = []
    for low, high in sorted([*one, *other]):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    # The oldest gaps are given up where there are too many.
    while len(found) > RANGES_LIMIT:
        found[:2] = [(found[0][0], found[1][1])]
    return tuple(found)


def with_odd(known: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """What is odd about single fields, which a pointer names, is given up first."""
    return tuple(sorted({*known, *more}, key=lambda each: (each.startswith("/"), each))[:ODDITIES_LIMIT])


def _ranked(place: int, token: ShownToken) -> tuple[int, int, str, str, TokenVerdict, bool]:
    refused = int(token.verdict is not TokenVerdict.ACCEPTED)
    return refused, place, token.token, token.kind, token.verdict, token.is_test


def _at(place: int, value: Any) -> Any:
    return None if value is None else (place, value)


def _first(one: _Entry | None, other: _Entry | None) -> _Entry | None:
    return min((entry for entry in (one, other) if entry is not None), default=None)


def _last(one: _Entry | None, other: _Entry | None) -> _Entry | None:
    return max((entry for entry in (one, other) if entry is not None), default=None)
