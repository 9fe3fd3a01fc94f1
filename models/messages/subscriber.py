"""Messages of the subscriber process, and what is asked for a subscription (S1-S5)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, EmailStr, Field

from models.messages.base import Decision, Message, Progress, Step
from models.messages.card import ByPerson, CardNumber
from models.messages.customer import Person, Phone
from models.messages.placement import Line, Paragraph
from models.messages.tariff import TariffCode
from models.money import Money
from models.rules.events import Language
from models.rules.subscriber import Payment


def _currency(said: str) -> str:
    return Money.zero(said).currency


def _zone(said: str) -> str:
    if said not in available_timezones():
        raise ValueError("This is no time zone of the IANA; say it as Europe/Amsterdam")
    return said


Currency = Annotated[str, AfterValidator(_currency)]
"""ISO 4217."""
Zone = Annotated[str, AfterValidator(_zone)]
Limit = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]


class Terms(Message):
    """How somebody subscribes. What is left out is as their customer record, or the operator, has it.

    Without a ``tariff`` it is charged by what holds for everybody.
    """

    payment: Payment
    tariff: TariffCode | None = None
    currency: Currency = "EUR"
    zone: Zone | None = None
    language: Language | None = None
    email: EmailStr | None = None
    phone: Phone | None = None


class NewSubscription(Terms):
    """Entered by one of ours for a customer. ``credit_limit``: how far below zero the account may be spent on-line.

    Without a ``card`` it is any of the pool; a prepaid account has no credit.
    """

    customer: Line
    """The customer's reference."""
    card: CardNumber | None = None
    credit_limit: Limit | None = None


class WebSubscription(Terms):
    """Asked for by a consumer, who becomes a customer by it."""

    person: Person


class SubscriberProgress(Progress):
    """``lacks_card``: there was none in the pool; ``lettered`` and ``welcomed`` tell how far the welcome kit is."""

    lacks_card: bool = False
    lettered: bool = False
    welcomed: bool = False


class SubscriberStep(Step):
    """``reason``: why it can't be set up, or its mail not be sent."""

    reason: str = ""


class WelcomeLetter(Message):
    """What the letter says. It is read in the activity that draws it, and never travels further."""

    operator: str
    language: Language
    reference: str
    card: str
    payment: Payment
    name: str
    address: tuple[str, ...]
    email: str
    subscriber_id: UUID
    written_at: datetime
    written_on: str
    """The day, as people read it."""


class AcceptSubscription(Decision):
    pass


class RejectSubscription(Decision):
    reason: Paragraph


class AssignCard(Decision):
    """One more; without a ``card``, any of the pool."""

    card: CardNumber | None = None


class ReplaceCard(Decision):
    """``old`` charges nowhere from now on."""

    old: CardNumber
    reason: ByPerson
    card: CardNumber | None = None


class ChangeTariff(Decision):
    """Sessions that start before ``valid_from`` keep the tariff of before; None: from now on."""

    tariff: TariffCode
    valid_from: AwareDatetime | None = None


class SuspendSubscription(Decision):
    reason: Paragraph


class ResumeSubscription(Decision):
    pass


class CloseSubscription(Decision):
    reason: Paragraph


class SettleSubscription(Decision):
    """The account's balance was paid out or billed; ``reason`` says how."""

    reason: Paragraph
