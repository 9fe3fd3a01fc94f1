"""Which tariff holds, for whom, where and when (C10).

Of the assignments that fit, the one that says most wins: one for the car over one for its account, that over one for
the group, that over one for the station, that over one for the kind of place; one for nobody and nowhere in particular
is the operator's own price.
Each of these counts for more than all behind it. Among equals the one that began later wins, then the one that was made
later.

The tariff that held when a session started is the session's to its end, and so is the version.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.rules.tariff import PlaceKind


@dataclass(frozen=True, slots=True)
class Assignment:
    """Of a tariff; ids are UUIDv7, and so in the order in which they were made. What is None is not asked for."""

    id: UUID
    tariff_id: UUID
    vehicle_id: UUID | None
    account_id: UUID | None
    group_id: UUID | None
    asset_id: UUID | None
    place_kind: PlaceKind | None
    valid_from: datetime
    valid_until: datetime | None
    """Exclusive; None: until somebody ends it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who charges where, and when they start."""

    at: datetime
    account_id: UUID | None = None
    group_id: UUID | None = None
    asset_id: UUID | None = None
    place_kind: PlaceKind = PlaceKind.PUBLIC
    vehicle_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    valid_from: datetime


def in_order(assignments: Iterable[Assignment], asked: Asked) -> list[Assignment]:
    """Those that hold, the one that wins first."""
    return sorted((each for each in assignments if _holds(each, asked)), key=_weight, reverse=True)


def version_at(versions: Iterable[Version], at: datetime) -> Version | None:
    """The latest of those that have begun: a later version takes the place of an earlier one from its beginning on."""
    return max((each for each in versions if each.valid_from <= at), key=lambda each: each.number, default=None)


def _holds(assignment: Assignment, asked: Asked) -> bool:
    wanted = (
        (assignment.vehicle_id, asked.vehicle_id),
        (assignment.account_id, asked.account_id),
        (assignment.group_id, asked.group_id),
        (assignment.asset_id, asked.asset_id),
        (assignment.place_kind, asked.place_kind),
    )
    until = assignment.valid_until
    is_time = assignment.valid_from <= asked.at and (until is None or asked.at < until)
    return is_time and all(mine is None or mine == theirs for mine, theirs in wanted)


def _weight(assignment: Assignment) -> tuple[bool, bool, bool, bool, bool, datetime, UUID]:
    return (
        assignment.vehicle_id is not None,
        assignment.account_id is not None,
        assignment.group_id is not None,
        assignment.asset_id is not None,
        assignment.place_kind is not None,
        assignment.valid_from,
        assignment.id,
    )
