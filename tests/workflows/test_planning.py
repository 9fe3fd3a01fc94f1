"""Plans of installers' own systems are heard by the work order's process, once, and whenever it is back (P10)."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from models.messages.base import Actor
from models.messages.work_order import PlanCallReceived, PlanWorkOrder, WantedPlan
from models.store import plans
from models.tables.plan import PlanCall, PlanCallState
from models.tables.task import Task, TaskKind
from models.tables.work_order import WorkOrder
from models.usecases import planning
from tests.road import decision
from tests.workflows import walk
from tests.workflows.house import House

DAY = date(2099, 1, 6)


async def told(house: House, webhook_id: str = "", **said: Any) -> None:
    """The installer's system calls, and the fact is written; nobody has delivered it yet."""
    installer = house.world.installer
    call = PlanCallReceived(
        webhook_id=webhook_id or str(uuid4()),
        reference=house.road.order.reference,
        wanted=WantedPlan(**{"planned_for": DAY, **said}),
        occurred_at=house.desk.clock(),
    )
    actor = Actor(id=None, name="Installatie BV (own system)", organisation_id=installer.id)
    assert await house.road.do(actor, lambda work: planning.record_call(work, installer.id, call)) is None


async def open_order(house: House) -> None:
    await house.grid_finishes(await walk.approved(house))


async def planned_for(house: House) -> date | None:
    async with house.desk.database.transaction() as session:
        return (await session.get_one(WorkOrder, house.road.order.id)).planned_for


async def states(house: House) -> list[str]:
    async with house.desk.database.transaction() as session:
        found = await session.execute(select(PlanCall.state).order_by(col(PlanCall.received_at)))
        return list(found.scalars())


@pytest.mark.step("P10")
async def test_a_plan_that_was_told_holds_when_the_process_has_heard_it(house: House) -> None:
    await open_order(house)
    await told(house, "msg-1")
    await told(house, "msg-1")
    await house.relay.deliver([house.work_order_id])
    await house.assert_arrives("in_installation", "planned")
    assert await planned_for(house) == DAY
    person = house.world.operations
    again = decision(PlanWorkOrder, person, planned_for=date(2099, 1, 7), reason="The street is closed")
    await house.decide(house.work_order_id, "plan", again)
    async with house.desk.database.transaction() as session:
        made = [(each.number, each.planned_by_name) for each, _ in await plans.history(session, house.road.order.id)]
    assert made == [(2, "Olga Operations"), (1, "Installatie BV (own system)")]
    assert await states(house) == [PlanCallState.APPLIED]


@pytest.mark.step("P10")
async def test_plans_that_came_while_nobody_delivered_are_heard_in_their_order(house: House) -> None:
    await open_order(house)
    for day in (6, 9, 8):
        await told(house, planned_for=date(2099, 1, day))
    await house.relay.deliver([house.work_order_id])

    async def settled() -> bool:
        return await states(house) == [PlanCallState.APPLIED] * 3

    await house.until(settled)
    assert await planned_for(house) == date(2099, 1, 8)


@pytest.mark.step("P10")
async def test_a_plan_that_comes_too_late_to_hold_does_not_stop_the_road(house: House) -> None:
    await open_order(house)
    await told(house)
    await house.world.book_in("HW-1", holder=house.world.installer)
    (line,) = await house.road.lines()
    # As if the crew had begun before the process heard of the plan.
    await house.road.link("HW-1", line)
    await house.relay.deliver([house.work_order_id])

    async def refused() -> bool:
        return await states(house) == [PlanCallState.REFUSED]

    await house.until(refused)
    async with house.desk.database.transaction() as session:
        found = await session.execute(select(Task.reference).where(col(Task.kind) == TaskKind.UNEXPECTED_FACT))
        assert found.scalar_one() == house.road.order.reference
    await walk.begun_again(house)
    await walk.from_test_to_operation(house)
    assert await walk.results(house) == ("operating", "closed", "active")
