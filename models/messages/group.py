"""What is said of groups (S6)."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from models.messages.base import Message
from models.messages.card import CardNumber
from models.messages.customer import Person
from models.messages.placement import Line
from models.messages.subscriber import Currency, Terms, Zone
from models.rules.group import StationAccess

Tag = Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z0-9-]{1,20}$")]
"""OCPP 1.6 ed.2 §7.28: at most 20 characters, case-insensitive; kept in capitals."""
_Sessions = Annotated[int, Field(ge=0, le=10_000)]
_Energy = Annotated[int, Field(ge=0, le=10**12)]
_Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]


class GroupLimits(Message):
    """Of the whole group, and of each of its cards; null: none. Sessions are those at the same time, energy in Wh and
    the amount with VAT are of a month."""

    sessions: _Sessions | None = None
    energy_wh: _Energy | None = None
    amount: _Amount | None = None
    card_sessions: _Sessions | None = None
    card_energy_wh: _Energy | None = None
    card_amount: _Amount | None = None


class NewGroup(GroupLimits):
    """``organisation_id`` is a group owner's; ``tag`` is as its reference unless it is said."""

    name: Line
    organisation_id: UUID
    tag: Tag | None = None
    zone: Zone | None = None
    currency: Currency = "EUR"


class GroupChange(Message):
    """What is left out stays; limits are given as a whole."""

    name: Line | None = None
    limits: GroupLimits | None = None


class NewPerson(Terms):
    """Somebody for whom a super-user asks for a subscription within the group."""

    person: Person


class MemberCard(Message):
    card: CardNumber


class MemberPerson(Message):
    """``subscriber`` is a subscription's reference."""

    subscriber: Line


class MemberStation(Message):
    station: Line


class StationOpening(Message):
    access: StationAccess
