"""Groups: cards, people and stations that belong together, and what they may use (S6)."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo


class StationAccess(StrEnum):
    """Whom a station takes: everybody whom we know, or its own group only."""

    PUBLIC = "public"
    CLOSED = "closed"


class Limits(NamedTuple):
    """What may be used, of a group or of each of its cards; None: as much as there is.

    ``sessions`` are those that go on at the same time; energy in Wh and the amount, with VAT, are of a month.
    """

    sessions: int | None = None
    energy_wh: int | None = None
    amount: Decimal | None = None

    @property
    def are_monthly(self) -> bool:
        return self.energy_wh is not None or self.amount is not None


class Used(NamedTuple):
    """Of a month: the energy of sessions that began in it, also of those that go on, and what was billed of them."""

    energy_wh: int = 0
    amount: Decimal = Decimal(0)


class Group(NamedTuple):
    """The group that a token belongs to. ``places`` are where sessions of the group go on; all of these are known only
    as far as there are limits that they bear on."""

    id: UUID
    tag: str
    """OCPP 1.6 parentIdTag, OCPP 2 groupIdToken."""
    zone: str
    currency: str
    limits: Limits = Limits()
    card_limits: Limits = Limits()
    used: Used = Used()
    card_used: Used = Used()
    places: frozenset[str] = frozenset()

    @property
    def is_counted(self) -> bool:
        """Whether it has to be known what is used."""
        return self.limits != Limits() or self.card_limits.are_monthly

    @property
    def without_limits(self) -> "Group":
        return self._replace(limits=Limits(), card_limits=Limits())


def admits(access: StationAccess, owner_id: UUID | None, group: Group | None) -> bool:
    """Whether a station that belongs to the group ``owner_id`` takes a token of ``group``; a closed one of nobody
    takes nobody."""
    return access is StationAccess.PUBLIC or (group is not None and group.id == owner_id)


def is_used_up(group: Group, *, is_billed: bool = True) -> bool:
    """Whether the group or the card has nothing left in this month; of what isn't billed only the energy counts."""
    limits = [group.limits, group.card_limits]
    if not is_billed:
        limits = [each._replace(amount=None) for each in limits]
    return _is_reached(limits[0], group.used) or _is_reached(limits[1], group.card_used)


def is_busy(group: Group, place: str) -> bool:
    """Whether as many sessions go on as may; one that goes on at the same place ends where another begins there."""
    return group.limits.sessions is not None and len(group.places - {place}) >= group.limits.sessions


def month_began(at: datetime, zone: ZoneInfo) -> datetime:
    """When the local month of the instant began, in UTC."""
    first = at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    return first.astimezone(UTC)


def _is_reached(limits: Limits, used: Used) -> bool:
    is_energy = limits.energy_wh is not None and used.energy_wh >= limits.energy_wh
    return is_energy or (limits.amount is not None and used.amount >= limits.amount)
