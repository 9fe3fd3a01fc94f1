"""What the numbered events of one transaction tell together, in whatever order and however often they come.

OCPP 2.0.1 part 2 §E: a station numbers its events, and sends those that it could not send before later. All that is
kept here is a least, a greatest or a union, so that merging gives the same whatever the order and the repetitions.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from models.rules import repetition
from models.rules.authorisation import TokenVerdict
from models.rules.repetition import Print, Prints

NUMBER_MAX = 2**31 - 1
RANGES_LIMIT = 300
"""How many stretches of numbers are told apart: a station that leaves out every second one fills no row for ever."""
ODDITIES_LIMIT = 50

USED_AGAIN = "sequence: the transaction's id was used again"
OTHER_EVENT = "sequence: a number came again with another event"

Range = tuple[int, int]
Ranges = tuple[Range, ...]


def _with_instant(place: Any) -> Any:
    """Rows of an earlier release have the number only."""
    return (place, 0) if isinstance(place, int) else place


Place = Annotated[tuple[int, int], BeforeValidator(_with_instant)]
"""Where an event stands in its transaction: its number, and its instant in ms where others have the same one."""
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
    content: int = 0
    """A digest of all that the station said in it: the same where it is sent again."""

    @property
    def place(self) -> Place:
        return _WITHOUT_NUMBER[self.phase] if self.number is None else self.number, self._at_ms

    @property
    def prints(self) -> Prints:
        """Of one without a number there is none: it can't be known again."""
        return () if self.number is None else (Print(self._at_ms, self.number, self.phase, self.content),)

    @property
    def _at_ms(self) -> int:
        return int(self.at.timestamp() * 1000)


class Known(_Frozen):
    """All that the events so far told. A value stands behind the place of the event that told it."""

    starts: Ranges = ()
    updates: Ranges = ()
    ends: Ranges = ()
    prints: Prints = ()
    earliest_at: datetime | None = None
    started: tuple[Place, datetime] | None = None
    ended: tuple[Place, datetime, str] | None = None
    evse: tuple[Place, int] | None = None
    plug: tuple[Place, int] | None = None
    token: tuple[int, Place, str, str, TokenVerdict, bool] | None = None
    """The first that was accepted, else the first; 0 or 1 before the place says which."""
    stop_token: tuple[Place, str] | None = None
    charging_state: tuple[Place, str] | None = None
    phases_used: tuple[Place, int] | None = None
    remote_start: tuple[Place, int] | None = None
    reservation: tuple[Place, int] | None = None
    begin: tuple[Place, int] | None = None
    end: tuple[Place, int] | None = None
    first: tuple[Place, int] | None = None
    last: tuple[Place, int] | None = None
    highest_wh: int | None = None
    heard_live: bool = False
    """Told by an event that was not kept back while the station was off-line."""
    heard_offline: bool = False
    odd: tuple[str, ...] = ()

    def has(self, told: Told) -> bool:
        """Whether this event was heard before; one without a number can't be known again."""
        heard = {Phase.STARTED: self.starts, Phase.UPDATED: self.updates, Phase.ENDED: self.ends}[told.phase]
        number = told.number
        if number is None or not any(low <= number <= high for low, high in heard):
            return False
        if len(heard) == RANGES_LIMIT and number <= heard[0][1] and not repetition.rivalling(self.prints, *told.prints):
            return False  # perhaps in a gap that was given up
        return repetition.is_again(self.prints, *told.prints)


def answered(known: Known, told: Told, token: str) -> ShownToken | None:
    """The token with what was decided on it, where this event was answered before: it gets the same answer again."""
    if not known.has(told) or known.token is None or known.token[2] != token:
        return None
    _, _, _, kind, verdict, is_test = known.token
    return ShownToken(token=token, kind=kind, verdict=verdict, is_test=is_test)


def merged(known: Known, told: Told) -> Known:
    """With the event. One that is repeated changes nothing."""
    return known if known.has(told) else joined(known, known_by(told))


def known_by(told: Told) -> Known:
    """What one event tells by itself."""
    place, own = told.place, () if told.number is None else ((told.number, told.number),)
    begins, ends = told.phase is Phase.STARTED, told.phase is Phase.ENDED
    token = told.token
    return Known(
        starts=own if begins else (),
        updates=() if begins or ends else own,
        ends=own if ends else (),
        prints=told.prints,
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
        end=_at(_final(place) if ends else place, told.end_wh),
        first=_at(place, told.first_wh) if begins else None,
        last=_at(_final(place), told.last_wh) if ends else None,
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
        prints=repetition.remembered(one.prints, other.prints),
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
        odd=with_odd(one.odd, (*other.odd, *_numbered_alike(one.prints, other.prints))),
    )


def _numbered_alike(one: Prints, other: Prints) -> Iterator[str]:
    """A second start of another time under one id is named, and so are other events under one number."""
    for told in other:
        for rival in repetition.rivalling(one, told):
            if told.phase == Phase.STARTED and rival.at_ms != told.at_ms:
                yield USED_AGAIN
            elif rival != told:
                yield OTHER_EVENT


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


def _ranked(place: Place, token: ShownToken) -> tuple[int, Place, str, str, TokenVerdict, bool]:
    refused = int(token.verdict is not TokenVerdict.ACCEPTED)
    return refused, place, token.token, token.kind, token.verdict, token.is_test


def _final(place: Place) -> Place:
    """Of two ends under one number the first one holds."""
    return place[0], -place[1]


def _at(place: Place, value: Any) -> Any:
    return None if value is None else (place, value)


def _first(one: _Entry | None, other: _Entry | None) -> _Entry | None:
    return min((entry for entry in (one, other) if entry is not None), default=None)


def _last(one: _Entry | None, other: _Entry | None) -> _Entry | None:
    return max((entry for entry in (one, other) if entry is not None), default=None)
