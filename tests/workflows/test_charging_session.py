"""A session's process: from its start to one record, whatever it meets (C1, C2, C5, C6, B1)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from models.messages.base import Subject
from models.messages.session import BillSession
from models.rules.rebuild import Difference
from models.rules.session import SILENT_FOR, Flag, SessionStage
from models.rules.session_usage import Doing, Mark
from models.rules.subscriber import Payment
from models.tables.command import AskedCommand
from models.tables.session import ChargingSession
from models.usecases.session import WORKFLOW, workflow_id
from tests.charging import Street, a_street
from tests.road import decision
from tests.workflows.house import House
from workflows.comparison import Comparer

S = SessionStage
ACTIONS_LIMIT = 25
NEVER_SET = datetime(1970, 1, 1, tzinfo=UTC)
_ACTIONS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
}
"""What Temporal Cloud bills."""


async def street_of(house: House) -> Street:
    """A street whose station is connected to the house's node, and tells what happens now."""
    street = await a_street(house.world, house.desk)
    street.at, street.deliver = house.desk.clock(), house.relay.deliver
    house.road.asset = street.asset
    await house.road.connect()
    return street


async def comes_to(house: House, street: Street, *stages: SessionStage) -> ChargingSession:
    seen: list[Any] = []

    async def there() -> ChargingSession | None:
        seen[:] = await street.rows(ChargingSession)
        return seen[0] if seen and seen[0].stage in stages else None

    found: ChargingSession = await house.until(there, lambda: f"at {[each.stage for each in seen]}")
    return found


async def ended(house: House, street: Street, stage: SessionStage) -> ChargingSession:
    found = await comes_to(house, street, stage)
    assert await house.client.get_workflow_handle(workflow_id(found.reference)).result() == stage
    return found


async def actions(house: House, session: ChargingSession) -> Sequence[str]:
    history = await house.client.get_workflow_handle(workflow_id(session.reference)).fetch_history()
    return [EventType.Name(each.event_type) for each in history.events if each.event_type in _ACTIONS]


async def charged_and_paid_later(house: House) -> ChargingSession:
    street = await street_of(house)
    owner = await street.driver()
    number, _ = await street.start()
    await street.stop(number, 60)
    found = await ended(house, street, S.SETTLED)
    (record,) = await street.records(found.id)
    assert (record.gross, record.energy_wh) == (Decimal(5), 10_000)
    assert (await street.account(owner)).balance == Decimal(-5)
    assert await street.broken() == {}
    return found


async def ran_out(house: House) -> ChargingSession:
    """Its station is told to stop while what is held still covers it."""
    street = await street_of(house)
    owner = await street.driver(payment=Payment.PREPAID, balance="6")
    house.station.energy_wh = 11_000
    number, _ = await street.start()

    async def guarded() -> int | None:
        return (await street.session()).guarded_wh

    guarded_wh = await house.until(guarded)
    await street.meter(number, 20, 1000 + guarded_wh)
    found = await ended(house, street, S.SETTLED)
    assert house.station.commands == ["stop_charging"]
    assert found.flags == [Flag.CUT_OFF]
    account = await street.account(owner)
    assert account.balance is not None
    assert 0 <= account.balance < 1
    assert await street.broken() == {}
    return found


async def set_aside_and_billed(house: House) -> ChargingSession:
    """Its station's clock was never set, and told of it when it was over."""
    street = await street_of(house)
    await street.driver()
    told = {"started_at": NEVER_SET, "stopped_at": NEVER_SET + timedelta(hours=1)}
    number, _ = await street.start(started_at=told["started_at"])
    await street.stop(number, stopped_at=told["stopped_at"])
    found = await comes_to(house, street, S.SET_ASIDE)
    began = street.later(-180)
    said = decision(BillSession, house.world.operations, reason="By its driver's word", started_at=began)
    await house.until(lambda: _waits_for_a_person(house, found))
    await house.decide(workflow_id(found.reference), "bill", said)
    found = await ended(house, street, S.SETTLED)
    (record,) = await street.records(found.id)
    assert (record.started_at, record.gross) == (began, Decimal(5))
    assert await street.broken() == {}
    return found


async def _waits_for_a_person(house: House, session: ChargingSession) -> bool:
    return "Can be decided now: `bill`, `waive`" in await house.details(workflow_id(session.reference))


@pytest.mark.step("C2", "O15")
async def test_a_session_that_is_set_aside_waits_for_its_decision_and_is_settled_by_it(house: House) -> None:
    found = await set_aside_and_billed(house)
    assert len(await actions(house, found)) <= ACTIONS_LIMIT


@pytest.mark.step("C1", "B1")
async def test_a_session_is_settled_by_its_process_with_few_actions(house: House) -> None:
    found = await charged_and_paid_later(house)
    assert len(await actions(house, found)) <= ACTIONS_LIMIT


@pytest.mark.step("C5")
async def test_a_prepaid_session_that_runs_out_is_stopped_in_time_over_its_node(house: House) -> None:
    found = await ran_out(house)
    assert len(await actions(house, found)) <= ACTIONS_LIMIT


@pytest.mark.step("C5")
async def test_a_prepaid_session_holds_more_where_there_is_more(house: House) -> None:
    street = await street_of(house)
    owner = await street.driver(payment=Payment.PREPAID, balance="100")
    number, _ = await street.start()
    for more, held in enumerate((25, 50, 75)):

        async def is_held(held: int = held) -> int | None:
            session, hold = await street.session(), await street.hold()
            return session.guarded_wh if hold.amount == held else None

        guarded_wh = await house.until(is_held)
        await street.meter(number, 60 * (more + 1), 1000 + guarded_wh)
    await street.stop(number, 300, 101_000)
    found = await ended(house, street, S.SETTLED)
    assert (await street.account(owner)).balance == Decimal(50)
    assert house.station.commands == []
    assert len(await actions(house, found)) <= ACTIONS_LIMIT
    assert await street.broken() == {}


@pytest.mark.step("C6")
async def test_a_car_that_keeps_its_place_is_told_of_and_engineers_read_what_is_waited_for(house: House) -> None:
    street = await street_of(house)
    await street.driver()
    number, _ = await street.start()
    await street.told(Mark(street.later(30), Doing.FULL))
    found = await comes_to(house, street, S.IDLE)

    async def told() -> bool:
        return (await street.session()).idle_told_at is not None

    await house.until(told)
    assert "the car keeps the place" in await house.details(workflow_id(found.reference))
    await street.stop(number, 60)
    found = await ended(house, street, S.SETTLED)
    (record,) = await street.records(found.id)
    assert record.gross == Decimal(8)


@pytest.mark.step("C1")
async def test_a_stop_that_never_comes_is_settled_from_the_facts_and_corrected_when_it_does(
    patient_house: House,
) -> None:
    house = patient_house
    street = await street_of(house)
    owner = await street.driver()
    number, _ = await street.start()
    await street.meter(number, 10, 3000)
    await house.until(lambda: _looked(house, street))
    await house.skip(SILENT_FOR + timedelta(minutes=1))
    await comes_to(house, street, S.PROVISIONAL)
    assert (await street.account(owner)).balance == Decimal(-1)
    await street.stop(number, 60)
    found = await ended(house, street, S.CORRECTED)
    assert [each.gross for each in await street.records(found.id)] == [Decimal(1), Decimal(-1), Decimal(5)]
    assert (await street.account(owner)).balance == Decimal(-5)
    assert await street.broken() == {}


async def _looked(house: House, street: Street) -> bool:
    """Its process has looked at it, and waits."""
    return "Waits for **station**" in await house.details(workflow_id((await street.session()).reference))


@pytest.mark.step("C1", "B1")
async def test_a_worker_that_dies_after_it_has_settled_leaves_one_record_and_its_process_comes_back_from_the_rows(
    closed_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = closed_house
    street = await street_of(house)
    await street.driver()
    number, _ = await street.start()
    name = workflow_id((await street.session()).reference)
    await house.until(lambda: _is_started(house, name))
    await house.client.get_workflow_handle(name).terminate("lost")
    await street.stop(number, 60)
    found = await street.session()
    differs = await Comparer(house.desk, house.client).look(name)
    assert differs is not None
    assert differs.difference is Difference.NO_WORKFLOW
    async with house.open(monkeypatch):
        subject = Subject(subject_id=found.id, reference=found.reference, correlation_id="test")
        await house.start(WORKFLOW, name, subject)
        found = await ended(house, street, S.SETTLED)
    assert len(await street.records(found.id)) == 1
    await street.settle(found)
    assert len(await street.records(found.id)) == 1
    assert await street.broken() == {}


async def _is_started(house: House, name: str) -> bool:
    return (await house.describe(name)).status is not None


@pytest.mark.step("C5")
async def test_a_stop_that_the_station_refuses_is_asked_for_again_later_and_not_at_once(house: House) -> None:
    house.station.refuses = {"stop_charging"}
    street = await street_of(house)
    await street.driver(payment=Payment.PREPAID, balance="6")
    number, _ = await street.start()

    async def guarded() -> int | None:
        return (await street.session()).guarded_wh

    await street.meter(number, 20, 1000 + await house.until(guarded))

    async def asked() -> bool:
        return len(await street.rows(AskedCommand)) == 1 and house.station.commands == ["stop_charging"]

    await house.until(asked)
    assert (await street.session()).stage is S.CHARGING
