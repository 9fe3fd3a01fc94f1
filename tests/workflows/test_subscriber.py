"""A subscription's process: set up whole or not at all, welcomed, its cards refused at once where they may not be."""

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select
from temporalio.client import WorkflowExecutionStatus

from activities import relay
from activities.gateways.documents import documents_from
from activities.gateways.errors import Refused, TryAgain
from models.errors import AccountNotSettled, BusinessError, InvalidInput, StageDoesNotAllow
from models.messages.base import Decision
from models.messages.customer import Person
from models.messages.subscriber import (
    AcceptSubscription,
    AssignCard,
    ChangeTariff,
    CloseSubscription,
    NewSubscription,
    RejectSubscription,
    ReplaceCard,
    ResumeSubscription,
    SettleSubscription,
    SuspendSubscription,
    WebSubscription,
)
from models.money import Money
from models.rules.card import BlockReason, CardState
from models.rules.commissioning import CommissioningStage
from models.rules.ledger import AccountKind
from models.rules.rebuild import Difference
from models.rules.subscriber import Payment, SubscriberStage
from models.store import cards, ledger, subscribers, tariffs
from models.tables.ledger import LedgerAccount
from models.tables.subscriber import Subscriber
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import ledger as bookings
from models.usecases import subscriber as usecase
from tests.csms.standing import IDENTITY, front_on, set_stage, station_in_test
from tests.csms.station import RawStation, station_at
from tests.models.usecases.test_tariff import made
from tests.people import FACTORY_KEY
from tests.road import decision
from tests.subscribing import CUSTOMER, a_customer, cards_in_pool, import_cards, uid_of
from tests.workflows.house import House
from workflows import comparison
from workflows.comparison import Comparer
from workflows.rebuild import Rebuild

pytestmark = pytest.mark.step("S2")
S = SubscriberStage


async def entered(house: House, card: str | None = None, payment: Payment = Payment.POSTPAID) -> Subscriber:
    """Entered by customer care; its process begins."""
    known = await a_customer(house.world)
    new = NewSubscription(customer=known.reference, payment=payment, card=card)
    row = await house.road.do(house.world.customer_care, lambda work: usecase.enter(work, new))
    await house.relay.deliver([usecase.workflow_id(row.id)])
    return row


async def asked(house: House) -> Subscriber:
    """By a consumer."""
    person = Person(**CUSTOMER.model_dump(exclude={"external_id"}))
    new = WebSubscription(person=person, payment=Payment.PREPAID)
    row = await house.road.do(house.world.customer_care, lambda work: usecase.ask(work, new))
    await house.relay.deliver([usecase.workflow_id(row.id)])
    return row


async def its_whole_life(house: House, row: Subscriber) -> None:
    await decide(house, row, "replace_card", ReplaceCard, old="NL-1", reason="stolen")
    await decide(house, row, "suspend", SuspendSubscription, reason="Unpaid")
    await decide(house, row, "resume", ResumeSubscription)
    await decide(house, row, "close", CloseSubscription, reason="Moves abroad")
    await decide(house, row, "settle", SettleSubscription, reason="Nothing was on it")
    await ended(house, row)


async def arrived(house: House, row: Subscriber, stage: SubscriberStage) -> Subscriber:
    async def there() -> Subscriber | None:
        now = await reread(house, row)
        return now if now.stage is stage else None

    found: Subscriber = await house.until(there, lambda: f"it is not {stage}")
    return found


async def welcomed(house: House, row: Subscriber) -> None:
    async def done() -> bool:
        return (await reread(house, row)).welcomed_at is not None

    await house.until(done)


async def ended(house: House, row: Subscriber) -> str:
    result: str = await house.client.get_workflow_handle(usecase.workflow_id(row.id)).result()
    return result


async def reread(house: House, row: Subscriber) -> Subscriber:
    async with house.desk.database.transaction() as session:
        return await session.get_one(Subscriber, row.id)


async def decide(house: House, row: Subscriber, name: str, kind: type[Decision], **said: Any) -> None:
    who = house.world.finance if name == "settle" else house.world.customer_care
    await house.decide(usecase.workflow_id(row.id), name, decision(kind, who, **said))


async def accounts(house: House) -> list[LedgerAccount]:
    async with house.desk.database.transaction() as session:
        owned = select(LedgerAccount).where(col(LedgerAccount.owner_id).is_not(None))
        return list((await session.execute(owned)).scalars())


async def states(house: House) -> dict[str, tuple[CardState, BlockReason | None]]:
    async with house.desk.database.transaction() as session:
        found = await cards.numbered(session, ["NL-1", "NL-2", "NL-3"])
    return {number: (card.state, card.block_reason) for number, (card, _) in found.items()}


async def tasks(house: House, kind: TaskKind) -> list[str]:
    """The titles of those that are open."""
    wanted = select(Task.title).where(col(Task.kind) == kind, col(Task.state) == TaskState.OPEN)
    async with house.desk.database.transaction() as session:
        return list((await session.execute(wanted)).scalars())


@pytest.mark.step("S1", "S3")
async def test_a_subscription_has_account_card_letter_and_mail(house: House) -> None:
    await cards_in_pool(house.world, "NL-1")
    row = await arrived(house, await entered(house), S.ACTIVE)
    await welcomed(house, row)
    assert await states(house) == {"NL-1": (CardState.ASSIGNED, None)}
    own = {each.kind.value: each for each in await accounts(house)}
    assert own.keys() == {"unbilled", "receivable"}
    assert {each.owner_id for each in own.values()} == {row.id}
    assert own["unbilled"].credit_limit == Decimal(250)
    (mail,) = house.mail.sent
    assert (mail.to, "NL-1" in mail.text, len(mail.attachments)) == (CUSTOMER.email, True, 1)
    key = (await reread(house, row)).letter_key
    assert key is not None
    kept = await documents_from(house.settings).get(key)
    assert kept.startswith(b"%PDF")
    assert kept == mail.attachments[0].content


async def test_a_card_that_somebody_else_has_leaves_no_half_account(house: House) -> None:
    await cards_in_pool(house.world, "NL-1")
    first = await arrived(house, await entered(house, "NL-1"), S.ACTIVE)
    second = await arrived(house, await entered(house, "NL-1"), S.FAILED)
    assert "Card NL-1 is not in the pool any more" in str(second.ending_reason)
    assert await ended(house, second) == S.FAILED
    assert {each.owner_id for each in await accounts(house)} == {first.id}
    async with house.desk.database.transaction() as session:
        assert await subscribers.cards_of(session, second.id) == []


async def test_a_step_that_fails_behind_the_card_puts_the_card_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise BusinessError("The books are closed")

    monkeypatch.setattr(bookings, "open_account", refuse)
    await cards_in_pool(house.world, "NL-1")
    row = await arrived(house, await entered(house), S.FAILED)
    assert row.ending_reason == "The books are closed"
    assert await states(house) == {"NL-1": (CardState.IN_POOL, None)}
    assert await accounts(house) == []


@pytest.mark.step("S3")
async def test_with_an_empty_pool_it_waits_and_goes_on_with_the_next_cards(house: House) -> None:
    row = await entered(house)
    await house.until(lambda: tasks(house, TaskKind.ASSIGN_CARD))
    assert (await reread(house, row)).stage is S.ACCEPTED
    assert await accounts(house) == []
    await import_cards(house.world, "NL-1")
    await arrived(house, row, S.ACTIVE)
    assert await tasks(house, TaskKind.ASSIGN_CARD) == []


@pytest.mark.step("S1")
async def test_what_a_consumer_asks_for_is_set_up_once_it_is_accepted(house: House) -> None:
    await cards_in_pool(house.world, "NL-1")
    rows = [await asked(house) for _ in range(2)]
    assert await states(house) == {"NL-1": (CardState.IN_POOL, None)}
    assert len(await tasks(house, TaskKind.REVIEW_SUBSCRIPTION)) == 2
    await decide(house, rows[0], "accept", AcceptSubscription)
    await decide(house, rows[1], "reject", RejectSubscription, reason="Asked for twice")
    await arrived(house, rows[0], S.ACTIVE)
    assert (await arrived(house, rows[1], S.REJECTED)).ending_reason == "Asked for twice"
    assert [each.kind.value for each in await accounts(house)] == ["prepaid"]
    assert await tasks(house, TaskKind.REVIEW_SUBSCRIPTION) == []


@pytest.mark.step("S5", "C10")
async def test_a_tariff_that_is_refused_leaves_the_subscription_as_it_was_and_a_good_one_is_taken(house: House) -> None:
    await made(house.world, "TRF-A")
    await cards_in_pool(house.world, "NL-1")
    row = await arrived(house, await entered(house), S.ACTIVE)
    with pytest.raises(InvalidInput):
        await decide(house, row, "change_tariff", ChangeTariff, tariff="TRF-NONE")
    await decide(house, row, "change_tariff", ChangeTariff, tariff="TRF-A")
    async with house.desk.database.transaction() as session:
        assert [each.code for each in await tariffs.of_account(session, row.id, house.desk.clock())] == ["TRF-A"]


async def says(station: RawStation, number: str) -> str:
    answer = await station.call("Authorize", {"idTag": uid_of(number)})
    status: str = answer["idTagInfo"]["status"]
    return status


@pytest.mark.step("S4", "S5")
async def test_the_next_authorize_knows_of_a_replaced_card_a_suspension_and_a_closing(house: House) -> None:
    await station_in_test(house.world)
    await set_stage(house.desk.database, CommissioningStage.ACTIVE)
    await cards_in_pool(house.world, "NL-1", "NL-2")
    async with front_on(house.desk) as front, station_at(front, IDENTITY, FACTORY_KEY) as station:
        assert await says(station, "NL-1") == "Blocked"
        row = await arrived(house, await entered(house, "NL-1"), S.ACTIVE)
        assert await says(station, "NL-1") == "Accepted"
        await decide(house, row, "replace_card", ReplaceCard, old="NL-1", reason="stolen")
        assert (await says(station, "NL-1"), await says(station, "NL-2")) == ("Blocked", "Accepted")
        await decide(house, row, "suspend", SuspendSubscription, reason="Unpaid")
        assert await says(station, "NL-2") == "Blocked"
        await decide(house, row, "resume", ResumeSubscription)
        assert (await says(station, "NL-1"), await says(station, "NL-2")) == ("Blocked", "Accepted")
        await decide(house, row, "close", CloseSubscription, reason="Moves abroad")
        assert await says(station, "NL-2") == "Blocked"
    assert await states(house) == {
        "NL-1": (CardState.BLOCKED, BlockReason.STOLEN),
        "NL-2": (CardState.BLOCKED, BlockReason.CLOSED),
    }
    async with house.desk.database.transaction() as session:
        uses = await cards.uses(session, row.created_at.date(), 10)
    assert sorted(each.card.number for each in uses) == ["NL-1", "NL-2"]


@pytest.mark.step("S3")
async def test_of_two_subscriptions_that_want_one_more_card_at_once_one_is_told(house: House) -> None:
    await cards_in_pool(house.world, "NL-1", "NL-2", "NL-3")
    rows = [await arrived(house, await entered(house, f"NL-{number}"), S.ACTIVE) for number in (1, 2)]
    outcomes: list[str] = []
    for row in rows:
        try:
            await decide(house, row, "assign_card", AssignCard, card="NL-3")
            outcomes.append("assigned")
        except BusinessError as error:
            outcomes.append(error.code)
    assert outcomes == ["assigned", "CardTaken"]
    with pytest.raises(StageDoesNotAllow):
        await decide(house, rows[0], "resume", ResumeSubscription)


async def top_up(house: House, row: Subscriber, amount: str) -> None:
    async with house.desk.work(house.world.finance.actor, "test") as work:
        found = await ledger.accounts_for(work.session, row.id, "EUR", [AccountKind.PREPAID])
        await bookings.top_up(work, found[AccountKind.PREPAID], Money(Decimal(amount), "EUR"), "payment-1")


async def pay_back(house: House, row: Subscriber, amount: str) -> None:
    async with house.desk.work(house.world.finance.actor, "test") as work:
        found = await ledger.accounts_for(work.session, row.id, "EUR", [AccountKind.PREPAID])
        await bookings.adjust(work, found[AccountKind.PREPAID], -Money(Decimal(amount), "EUR"), "Paid back")


@pytest.mark.step("S5")
async def test_finance_is_told_what_to_pay_back_and_ends_it(house: House) -> None:
    await cards_in_pool(house.world, "NL-1")
    row = await arrived(house, await entered(house, payment=Payment.PREPAID), S.ACTIVE)
    await top_up(house, row, "12.34")
    await decide(house, row, "close", CloseSubscription, reason="Moves abroad")
    assert await tasks(house, TaskKind.SETTLE_ACCOUNT) == ["Settle the account: pay 12.34 EUR back"]
    with pytest.raises(AccountNotSettled):
        await decide(house, row, "settle", SettleSubscription, reason="Paid back by bank transfer")
    await pay_back(house, row, "12.34")
    await decide(house, row, "settle", SettleSubscription, reason="Paid back by bank transfer")
    assert await ended(house, row) == S.CLOSED
    assert await tasks(house, TaskKind.SETTLE_ACCOUNT) == []


@pytest.mark.step("S3")
async def test_a_mail_that_is_refused_for_good_is_left_to_customer_care(house: House) -> None:
    await cards_in_pool(house.world, "NL-1")
    house.mail.says = Refused("No such mailbox", "/to")
    row = await arrived(house, await entered(house), S.ACTIVE)
    await welcomed(house, row)
    assert len(await tasks(house, TaskKind.WELCOME_FAILED)) == 1


@pytest.mark.step("S3")
async def test_a_mail_server_that_is_away_is_tried_until_it_is_back(house: House) -> None:
    await cards_in_pool(house.world, "NL-1")
    house.mail.says = TryAgain("Away")
    row = await arrived(house, await entered(house), S.ACTIVE)

    async def was_tried() -> bool:
        return len(house.mail.sent) > 0

    await house.until(was_tried)
    house.mail.says = None
    await welcomed(house, row)
    assert await tasks(house, TaskKind.WELCOME_FAILED) == []


@pytest.mark.step("H1")
async def test_a_process_that_was_lost_is_brought_back_from_its_rows(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "SETTLE_S", 0.1)
    monkeypatch.setattr(relay, "TASK_QUEUE", house.queue)
    await cards_in_pool(house.world, "NL-1")
    row = await arrived(house, await entered(house), S.ACTIVE)
    await welcomed(house, row)
    workflow_id = usecase.workflow_id(row.id)
    await house.until(lambda: house.is_at_rest(workflow_id))
    comparer = Comparer(house.desk, house.client)
    assert (await comparer.compare([workflow_id])).findings == []
    await house.client.get_workflow_handle(workflow_id).terminate("lost")
    lost = await comparer.compare([workflow_id])
    assert [each.difference for each in lost.findings] == [Difference.NO_WORKFLOW]
    assert (await Rebuild(house.desk, house.client).bring_back(lost)).left == []
    await decide(house, row, "suspend", SuspendSubscription, reason="Unpaid")
    assert len(house.mail.sent) == 1


@pytest.mark.step("H5")
async def test_nothing_in_the_history_tells_of_a_person(house: House) -> None:
    await cards_in_pool(house.world, "NL-1")
    row = await arrived(house, await entered(house), S.ACTIVE)
    await welcomed(house, row)
    workflow_id = usecase.workflow_id(row.id)
    described = await house.describe(workflow_id)
    assert described.status is WorkflowExecutionStatus.RUNNING
    assert described.typed_search_attributes.search_attributes
    details = await house.details(workflow_id)
    assert row.reference in details
    async with house.desk.database.transaction() as session:
        steps = await session.execute(sa.text("SELECT result::text FROM step_result"))
        facts = await session.execute(sa.text("SELECT payload::text FROM handover"))
    said = " ".join([details, *steps.scalars(), *facts.scalars()])
    assert [private for private in (CUSTOMER.name, CUSTOMER.email, "1012 JS") if private in said] == []
