"""What a person decides before it is billed: cards that were lost, subscriptions that are closed (C2, S5)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from models.errors import InvalidInput, SessionsOpen
from models.messages.session import BillSession, WaiveSession
from models.rules.access import Role
from models.rules.card import BlockReason
from models.rules.session import Flag, SessionStage
from models.rules.subscriber import SubscriberStage
from models.tables.session import Cdr, ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import card, session_process
from models.usecases.work import Work
from tests.charging import AT, Clock, Street
from tests.models.usecases.test_subscriber_closing import book, closing, settle
from tests.models.usecases.test_vehicle import decided, with_process
from tests.road import decision
from tests.subscribing import uid_of
from tests.vehicles import SHOWN, registered

pytestmark = pytest.mark.step("C2")


async def lose(work: Work) -> None:
    await card.block(work, await card.lock(work, "NL-1"), BlockReason.LOST)


async def told_late(street: Street, clock: Clock) -> ChargingSession:
    """Two days later, and looked at."""
    clock.now = AT + timedelta(days=2)
    number, _ = await street.start(minutes=30)
    await street.stop(number)
    await street.settle(await street.session())
    return await street.session()


async def bill(street: Street, session: ChargingSession) -> None:
    told = decision(BillSession, street.world.customer_care, reason="The driver found it again")
    await street.do(lambda work: session_process.bill(work, session.id, told))
    await street.settle(session)


async def tasks(street: Street, kind: TaskKind) -> list[tuple[Role, TaskState]]:
    return [(each.role, each.state) for each in await street.rows(Task) if each.kind is kind]


@pytest.mark.step("S4")
async def test_a_session_by_a_card_that_was_lost_by_then_is_not_billed_until_a_person_says_so(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver()
    await street.do(lose)
    found = await told_late(street, clock)
    assert (found.stage, found.subscriber_id) == (SessionStage.SET_ASIDE, owner.id)
    assert await tasks(street, TaskKind.DECIDE_SESSION) == [(Role.CUSTOMER_CARE, TaskState.OPEN)]
    assert ((await street.account(owner)).balance, await street.rows(Cdr)) == (Decimal(0), [])
    await street.settle(found)  # looked at once more, it still waits
    assert (await street.session()).stage is SessionStage.SET_ASIDE
    await bill(street, found)
    assert (await street.account(owner)).balance == Decimal(-5)
    assert await tasks(street, TaskKind.DECIDE_SESSION) == [(Role.CUSTOMER_CARE, TaskState.DONE)]
    assert await street.broken() == {}


@pytest.mark.step("S4", "B1")
async def test_what_a_person_leaves_unbilled_has_no_record_and_stays_so(street: Street, clock: Clock) -> None:
    owner = await street.driver()
    await street.do(lose)
    found = await told_late(street, clock)
    told = decision(WaiveSession, street.world.customer_care, reason="It was stolen")
    done = await street.do(lambda work: session_process.waive(work, found.id, told))
    assert done.stage == SessionStage.WAIVED
    await street.settle(found)
    assert ((await street.account(owner)).balance, await street.rows(Cdr)) == (Decimal(0), [])
    assert await tasks(street, TaskKind.DECIDE_SESSION) == [(Role.CUSTOMER_CARE, TaskState.DONE)]
    assert await street.broken() == {}


@pytest.mark.step("S9")
@pytest.mark.parametrize(("token", "shown"), [(uid_of("NL-1"), "card"), (SHOWN, "vehicle")])
async def test_who_decides_reads_whether_a_card_or_a_vehicle_was_shown(
    street: Street, clock: Clock, token: str, shown: str
) -> None:
    owner = await with_process(street)
    await registered(street, owner)
    for days, event in enumerate(("suspend", "resume")):
        clock.now = AT + timedelta(days=days)
        await decided(street, owner, event)
    clock.now = AT + timedelta(days=2)
    number, _ = await street.start(minutes=30, token=token)
    await street.stop(number)
    await street.settle(await street.session())
    (found,) = [each.title for each in await street.rows(Task) if each.kind is TaskKind.DECIDE_SESSION]
    assert found.endswith(f": say whether it is billed: its {shown} was blocked when it was shown")


async def test_a_start_that_is_known_is_nobodys_to_say(street: Street, clock: Clock) -> None:
    await street.driver()
    await street.do(lose)
    found = await told_late(street, clock)
    told = decision(BillSession, street.world.operations, reason="So it was", started_at=AT)
    with pytest.raises(InvalidInput, match="It is known when it began"):
        await street.do(lambda work: session_process.bill(work, found.id, told))


@pytest.mark.step("S5")
async def test_a_session_of_a_subscription_that_is_closed_since_is_billed_by_a_person_and_settled_once_more(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver()
    clock.now = AT + timedelta(days=1)
    await closing(street, owner)
    assert await settle(street, owner) is SubscriberStage.CLOSED
    found = await told_late(street, clock)
    assert (found.stage, found.flags) == (SessionStage.SET_ASIDE, [Flag.OFFLINE, Flag.CLOSED_SINCE])
    assert await tasks(street, TaskKind.DECIDE_SESSION) == [(Role.FINANCE, TaskState.OPEN)]
    await bill(street, found)
    (again,) = [each for each in await street.rows(Task) if each.kind is TaskKind.SETTLE_AGAIN]
    assert (again.role, again.subject_id) == (Role.FINANCE, owner.id)
    assert again.title == "Settle the account once more: make the final invoice of 5.00 EUR"
    assert (await street.account(owner)).balance == Decimal(-5)
    assert await street.broken() == {}


@pytest.mark.step("S5")
async def test_a_closing_subscription_waits_for_what_is_to_be_decided_about_its_sessions(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver()
    await street.do(lose)
    found = await told_late(street, clock)
    await closing(street, owner)
    with pytest.raises(SessionsOpen):
        await settle(street, owner)
    await bill(street, found)
    await book(street, owner, "5")
    assert await settle(street, owner) is SubscriberStage.CLOSED
    assert (await street.rows(Subscriber))[0].ended_at is not None
