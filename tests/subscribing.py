"""Customers with subscriptions and cards, as tests need them in the rows."""

from decimal import Decimal

from models.messages.card import ImportedCard
from models.messages.customer import Address, NewCustomer
from models.money import Money
from models.rules.customer import CustomerKind
from models.rules.events import Language
from models.rules.subscriber import Payment, Source, SubscriberStage
from models.tables.customer import Customer
from models.tables.subscriber import Subscriber
from models.usecases import card, card_import, customer, ledger
from models.usecases.work import Work
from tests.people import World

CUSTOMER = NewCustomer(
    kind=CustomerKind.PERSON,
    name="A. Jansen",
    email="a.jansen@voorbeeld.example",
    address=Address(street="Dam", house_number="1", postal_code="1012 JS", city="Amsterdam"),
)


async def a_customer(world: World) -> Customer:
    async with world.desk.work(world.customer_care.actor, "test") as work:
        return await customer.add(work, CUSTOMER)


async def a_subscriber(
    world: World,
    stage: SubscriberStage = SubscriberStage.ACTIVE,
    *,
    payment: Payment = Payment.POSTPAID,
    balance: str = "0",
    limit: str = "500",
    phone: str | None = None,
) -> Subscriber:
    """In the rows alone, without a process; its account is topped up where there is a ``balance``."""
    known = await a_customer(world)
    async with world.desk.work(world.customer_care.actor, "test") as work:
        subscriber = Subscriber(
            reference=f"SUB-{known.reference}",
            customer_id=known.id,
            stage=stage,
            source=Source.AGENT,
            credit_limit=Decimal(limit),
            payment=payment,
            currency="EUR",
            zone="Europe/Amsterdam",
            language=Language.ENGLISH,
            email=known.email,
            phone=phone,
        )
        work.session.add(subscriber)
        await work.session.flush()
        account = await ledger.open_account(work, subscriber.id, payment, Money(Decimal(limit), "EUR"))
        if Decimal(balance):
            await ledger.top_up(work, account.id, Money(Decimal(balance), "EUR"), f"pay-{subscriber.id}")
    return subscriber


async def cards_in_pool(world: World, *numbers: str) -> None:
    """Each with the uid ``04`` and its number."""
    async with world.desk.work(world.customer_care.actor, "test") as work:
        await add_cards(work, *numbers)


async def import_cards(world: World, *numbers: str) -> None:
    """As a supplier's list is taken in: whoever waits for a card hears of it."""
    async with world.desk.work(world.customer_care.actor, "test") as work:
        for line, number in enumerate(numbers, start=2):
            row = card_import.Row(line, ImportedCard(number=number, uid=uid_of(number)))
            await card_import.enter(work, row)


async def add_cards(work: Work, *numbers: str) -> None:
    for number in numbers:
        await card.add(work, ImportedCard(number=number, uid=uid_of(number)))


def uid_of(number: str) -> str:
    return f"04{number.replace('-', '')}"
