"""Plans: made, made anew, judged; and those that installers' own systems tell (P10)."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from models.errors import BusinessError, CrewBusy, InvalidInput, NotFound, StageDoesNotAllow, UnknownCrew
from models.messages.base import Actor
from models.messages.work_order import PlanCallReceived, PlanWorkOrder, WantedPlan
from models.rules.access import Reach
from models.rules.grid import GridEvent
from models.store import plans, processes
from models.store.viewer import Viewer
from models.tables.handover import Handover
from models.tables.notice import Channel, Endpoint, Notice
from models.tables.plan import PlanCall, PlanCallState, WorkOrderPlan
from models.tables.task import Task, TaskKind
from models.tables.work_order import WorkOrder
from models.usecases import crew, notice, planning, work_order
from models.usecases.work import Terms
from tests.people import Person, World
from tests.road import Road, decision

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
PLAN_EVENTS = ("work_order.planned", "work_order.rescheduled")
TUESDAY = date(2026, 12, 8)


def at(hour: int, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=AMSTERDAM).replace(hour=hour)


def hours(first: int, last: int, day: date = TUESDAY, **said: Any) -> dict[str, Any]:
    return {"planned_for": day, "starts_at": at(first, day), "ends_at": at(last, day), **said}


async def plan(road: Road, person: Person | None = None, **said: Any) -> None:
    who = person or road.world.installer_user
    told = decision(PlanWorkOrder, who, **{"planned_for": TUESDAY, **said})
    await road.do(who, lambda work: planning.plan(work, road.order.id, told))


async def add_crew(world: World, name: str = "North") -> UUID:
    async with world.desk.work(world.installer_user.actor, "test") as work:
        return (await crew.add(work, world.installer.id, name)).id


async def kept(road: Road) -> list[WorkOrderPlan]:
    async with road.desk.database.transaction() as session:
        return [each for each, _ in await plans.history(session, road.order.id)]


async def order_of(road: Road) -> WorkOrder:
    async with road.desk.database.transaction() as session:
        return await session.get_one(WorkOrder, road.order.id)


@pytest.fixture
async def two(road: Road, world: World) -> tuple[Road, Road]:
    """Two work orders of one installer, and its crew 'North'."""
    other = Road(world)
    await road.to_work_order()
    await other.to_work_order()
    await add_crew(world)
    return road, other


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
async def test_every_plan_is_kept_with_who_made_it_and_why(road: Road, world: World) -> None:
    team = await add_crew(world)
    await plan(road, **hours(8, 12), crew="north", note="The gate opens at eight")
    await plan(road, world.operations, planned_for=date(2026, 12, 9), reason="The pavement is frozen")
    second, first = await kept(road)
    assert (first.number, first.crew_id, first.note, first.planned_by) == (
        1,
        team,
        "The gate opens at eight",
        world.installer_user.id,
    )
    assert (second.number, second.planned_by_name, second.reason) == (2, "Olga Operations", "The pavement is frozen")
    order = await order_of(road)
    assert (order.stage, order.planned_for) == ("planned", date(2026, 12, 9))
    assert (order.starts_at, order.crew_id) == (None, None)
    assert (await road.said("work order")).count("plan") == 2


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
async def test_the_same_plan_again_changes_nothing(road: Road, world: World) -> None:
    await add_crew(world)
    for _ in range(2):
        await plan(road, **hours(8, 12), crew="North")
    assert len(await kept(road)) == 1
    assert (await road.said("work order")).count("plan") == 1


@pytest.mark.step("P10", "N")
async def test_the_requester_and_operations_are_told_of_a_plan_and_of_its_change(road: Road, world: World) -> None:
    for organisation in (world.operator, world.municipality, world.installer):
        await road.do(
            world.administrator,
            lambda work, to=organisation: notice.add_endpoint(  # type: ignore[misc]
                work,
                to.id,
                Channel.MAIL,
                f"{to.kind}@plans.example",
                [],
                None,
            ),
        )
    await road.to_work_order()
    await plan(road, note="Bring the ladder")
    await plan(road, world.operations, planned_for=date(2026, 12, 9), reason="Frost")
    async with road.desk.database.transaction() as session:
        found = await session.execute(
            select(Endpoint.address, Notice.event, Notice.data)
            .join(Notice, col(Notice.endpoint_id) == col(Endpoint.id))
            .where(col(Endpoint.address).endswith("plans.example"), col(Notice.event).in_(PLAN_EVENTS))
            .order_by(col(Notice.created_at), col(Notice.id))
        )
        told = [(address.partition("@")[0], event, data) for address, event, data in found.all()]
    assert {(who, event) for who, event, _ in told} == {
        ("requester", "work_order.planned"),
        ("operator", "work_order.planned"),
        ("requester", "work_order.rescheduled"),
        ("operator", "work_order.rescheduled"),
        ("installer", "work_order.rescheduled"),
    }
    for who, _event, data in told:
        assert data["reference"] == road.order.reference
        assert ("note" in data) == (who != "requester")
    assert {data["reason"] for _, event, data in told if event == "work_order.rescheduled"} == {"Frost"}


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"starts_at": at(8)}, "/ends_at"),
        ({"ends_at": at(8)}, "/starts_at"),
        ({"starts_at": at(12), "ends_at": at(8)}, "/ends_at"),
        ({"starts_at": at(8), "ends_at": at(8)}, "/ends_at"),
        ({"starts_at": at(8), "ends_at": at(8) + timedelta(days=32)}, "/ends_at"),
        ({"starts_at": at(8, date(2026, 12, 9)), "ends_at": at(9, date(2026, 12, 9))}, "/starts_at"),
        ({"planned_for": date(9999, 12, 31)}, "/planned_for"),
        ({"crew": "Nobody"}, "/crew"),
    ],
)
async def test_hours_that_make_no_window_and_unknown_crews_are_refused_by_field(
    road: Road, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await plan(road, **said)
    assert refused.value.field == field
    assert await kept(road) == []
    assert (await order_of(road)).stage == "open"


@pytest.mark.step("P10")
def test_the_day_is_that_of_the_hours_where_the_stations_stand(world: World) -> None:
    terms: Terms = world.desk.terms
    late = datetime.fromisoformat("2026-12-08T23:30:00+00:00")
    wanted = WantedPlan(starts_at=late, ends_at=late + timedelta(hours=2))
    now = datetime.fromisoformat("2026-12-08T22:00:00+00:00")
    assert planning.wanted_day(wanted, now, terms) == date(2026, 12, 9)
    for wrong, field in (
        (WantedPlan(), "/planned_for"),
        (WantedPlan(planned_for=date(2026, 12, 7)), "/planned_for"),
        (WantedPlan(planned_for=TUESDAY, accept_conflicts=True), "/reason"),
    ):
        with pytest.raises(InvalidInput) as refused:
            planning.wanted_day(wrong, now, terms)
        assert refused.value.field == field


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
async def test_a_crew_that_is_out_of_use_or_of_another_company_is_not_planned(road: Road, world: World) -> None:
    team = await add_crew(world)
    await road.do(world.other_installer_user, lambda work: crew.add(work, world.other_installer.id, "Strangers"))
    with pytest.raises(UnknownCrew, match="does not exist"):
        await plan(road, crew="Strangers")
    await road.do(world.installer_user, lambda work: crew.disable(work, team, Viewer(Reach.ALL, None)))
    with pytest.raises(UnknownCrew, match="out of use"):
        await plan(road, crew="North")


@pytest.mark.step("P10")
async def test_a_crew_is_not_in_two_places_at_once_unless_somebody_accepts_that(two: tuple[Road, Road]) -> None:
    first, second = two
    await plan(first, **hours(8, 12), crew="North")
    with pytest.raises(CrewBusy, match=first.order.reference) as refused:
        await plan(second, **hours(11, 15), crew="North")
    assert refused.value.facts["work_orders"] == [first.order.reference]
    assert (await order_of(second)).stage == "open"
    await plan(second, **hours(12, 15), crew="North")
    await plan(second, **hours(11, 15), crew="North", accept_conflicts=True, reason="Two men are enough each")
    newest, _ = await kept(second)
    assert first.order.reference in newest.conflicts[0]
    assert newest.reason == "Two men are enough each"


@pytest.mark.step("P10")
async def test_of_two_plans_for_one_crew_at_once_one_holds(two: tuple[Road, Road]) -> None:
    answers = await asyncio.gather(*(plan(road, **hours(8, 12), crew="North") for road in two), return_exceptions=True)
    assert [type(answer) for answer in answers if answer] == [CrewBusy]
    assert sorted([(await order_of(road)).stage for road in two]) == ["open", "planned"]


@pytest.mark.step("P10", "P11")
async def test_what_a_plan_does_not_fit_in_with_is_said_and_kept(road: Road, world: World) -> None:
    await road.to_work_order(stations=2)
    await world.book_in("HW-1", holder=world.installer)
    await plan(road, planned_for=date(2026, 12, 25))
    (made,) = await kept(road)
    assert made.conflicts == [
        "2026-12-25 is no working day: Christmas Day",
        "The installer has 1 of 2 DUO-22; the warehouse has to hand them over",
    ]


@pytest.mark.step("P10", "P7")
async def test_a_day_before_the_grid_operators_counts_until_it_has_connected(road: Road, world: World) -> None:
    await world.book_in("HW-1", holder=world.installer)
    await road.submit()
    await road.approve()
    given = await road.grid_takes()
    await road.grid_says(given, GridEvent.INSTALLATION_SCHEDULED, scheduled_for="2026-12-10")
    await road.make_work_order()
    await plan(road)
    await road.grid_says(given, GridEvent.CONNECTED)
    await plan(road, planned_for=date(2026, 12, 9))
    second, first = await kept(road)
    assert ["2026-12-10" in said for said in first.conflicts] == [True]
    assert second.conflicts == []


def system(world: World) -> Actor:
    return Actor(id=None, name="Installatie BV (own system)", organisation_id=world.installer.id)


async def call(road: Road, webhook_id: str = "", owner: UUID | None = None, **said: Any) -> BusinessError | None:
    received = PlanCallReceived(
        webhook_id=webhook_id or str(uuid4()),
        reference=road.order.reference,
        wanted=WantedPlan(**{"planned_for": date(2099, 1, 6), **said}),
        occurred_at=road.desk.clock(),
    )
    whose = owner or road.world.installer.id
    return await road.do(system(road.world), lambda work: planning.record_call(work, whose, received))


async def apply(road: Road, webhook_id: str) -> None:
    owner = road.world.installer.id
    await road.do(system(road.world), lambda work: planning.apply_call(work, road.order.id, owner, webhook_id))


async def calls(road: Road) -> list[PlanCall]:
    async with road.desk.database.transaction() as session:
        return list((await session.execute(select(PlanCall).order_by(col(PlanCall.received_at)))).scalars())


async def facts(road: Road) -> list[Handover]:
    async with road.desk.database.transaction() as session:
        workflow_id = work_order.workflow_id(road.order.reference)
        return list(await processes.facts(session, workflow_id, before=None, limit=9))


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
async def test_a_call_is_kept_once_handed_over_and_then_holds(road: Road) -> None:
    answers = await asyncio.gather(*(call(road, "msg-1") for _ in range(4)))
    assert answers == [None] * 4
    (fact,) = await facts(road)
    assert fact.name == planning.CALL
    assert (await order_of(road)).stage == "open"
    await apply(road, "msg-1")
    (kept_call,) = await calls(road)
    assert kept_call.state is PlanCallState.APPLIED
    (made,) = await kept(road)
    assert (made.planned_for, made.planned_by, made.planned_by_name) == (
        date(2099, 1, 6),
        None,
        "Installatie BV (own system)",
    )
    assert (await order_of(road)).stage == "planned"


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
async def test_a_call_about_another_companys_work_order_finds_none(road: Road) -> None:
    with pytest.raises(NotFound) as refused:
        await call(road, owner=road.world.other_installer.id)
    assert refused.value.field == "/data/reference"
    assert await calls(road) == []


@pytest.mark.walked("to_test")
@pytest.mark.step("P10")
async def test_a_call_that_the_stage_does_not_allow_is_refused_recorded_and_refused_again(road: Road) -> None:
    for _ in range(2):
        assert isinstance(await call(road, "msg-1"), StageDoesNotAllow)
    (kept_call,) = await calls(road)
    assert kept_call.state is PlanCallState.REFUSED
    assert planning.CALL not in [fact.name for fact in await facts(road)]


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
async def test_a_call_that_can_not_hold_any_more_is_kept_and_operations_is_asked(road: Road, world: World) -> None:
    assert await call(road, "msg-1") is None
    await world.book_in("HW-1", holder=world.installer)
    await road.link()
    await apply(road, "msg-1")
    (kept_call,) = await calls(road)
    assert kept_call.state is PlanCallState.REFUSED
    assert kept_call.refusal is not None
    assert kept_call.refusal["code"] == "StageDoesNotAllow"
    assert await kept(road) == []
    async with road.desk.database.transaction() as session:
        found = await session.execute(select(Task).where(col(Task.kind) == TaskKind.UNEXPECTED_FACT))
        task = found.scalar_one()
    assert (task.role, task.reference) == ("operations", road.order.reference)


@pytest.mark.step("P10")
async def test_a_call_for_a_busy_crew_is_refused_with_the_other_work_order(two: tuple[Road, Road]) -> None:
    first, second = two
    day = date(2099, 1, 6)
    await plan(first, **hours(8, 12, day), crew="North")
    refusal = await call(second, **hours(9, 10, day), crew="North")
    assert isinstance(refusal, CrewBusy)
    assert first.order.reference in refusal.detail
    assert await call(second, **hours(9, 10, day), crew="North", accept_conflicts=True, reason="Split") is None
