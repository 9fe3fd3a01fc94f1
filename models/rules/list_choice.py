"""Which cards a station is to know by itself, where it can't hold all: those that are likeliest to be shown there (C2).

Each of these counts for more than all behind it: the card is named by whoever wants the list; it is of the station's
group; its subscription has charged at the station lately, or in the neighbourhood; subscriptions of its class (how it
pays, and by which tariff) have; its holder lives near; the station has it already; and then the order of tokens.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from enum import IntEnum
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

LATELY = timedelta(days=90)
NEIGHBOURHOOD_M = 3_000
CHOSEN_FROM = time(1)
"""Local time of the operator: most cars that charge at night have begun by then."""
CHOSEN_WITHIN = timedelta(hours=4)
"""So that not all stations are seen to at once."""


class Nearness(IntEnum):
    """Where the holder of a card lives, seen from the station."""

    ELSEWHERE = 0
    AREA = 1
    """Postal codes of the same country that begin alike."""
    CITY = 2


class Candidate(NamedTuple):
    """A card that a station might know. Sessions are those that began ``LATELY``."""

    token: str
    is_blocked: bool = False
    is_named: bool = False
    is_of_group: bool = False
    sessions_here: int = 0
    sessions_near: int = 0
    """Of its subscription."""
    class_sessions: int = 0
    """Of a thousand subscriptions of its class, at the station and in its neighbourhood."""
    nearness: Nearness = Nearness.ELSEWHERE
    is_listed: bool = False


def choose(candidates: Iterable[Candidate], room: int, *, only_group: bool = False) -> tuple[str, ...]:
    """Never more than ``room``, in the order of tokens. A closed station knows the cards of its group only."""
    fitting = [each for each in candidates if not each.is_blocked and (each.is_of_group or not only_group)]
    best = dict.fromkeys(each.token for each in sorted(fitting, key=_rank))
    return tuple(sorted(list(best)[: max(room, 0)]))


def next_choice_at(chosen_at: datetime, station: UUID, zone: ZoneInfo) -> datetime:
    """In the first night after it; each station at its own time of the night."""
    today = chosen_at.astimezone(zone).date()
    offset = CHOSEN_WITHIN * (station.int % 10_000) / 10_000
    nights = (datetime.combine(today + timedelta(days=days), CHOSEN_FROM, zone).astimezone(UTC) for days in (0, 1))
    return next(night + offset for night in nights if night + offset > chosen_at)


def _rank(candidate: Candidate) -> tuple[bool | int | str, ...]:
    """The best one first. Sessions count by how often they double: else a list changed with each of them."""
    return (
        not candidate.is_named,
        not candidate.is_of_group,
        -candidate.sessions_here.bit_length(),
        -candidate.sessions_near.bit_length(),
        -candidate.class_sessions.bit_length(),
        -candidate.nearness,
        not candidate.is_listed,
        candidate.token,
    )
