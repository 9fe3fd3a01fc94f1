"""A placement that is called off is undone row by row, whatever stage it had reached, on real PostgreSQL (P20)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlmodel import col

from models.errors import HardwareNotHandedOver, StageDoesNotAllow
from models.messages.unit import HandOver
from models.rules.grid import GridEvent
from models.rules.undoing import Undo
from models.store import assets, charging, placements, processes
from models.tables.charging import IdToken
from models.tables.handover import Handover
from models.tables.notice import Channel, Notice
from models.tables.placement import PlacementRequest
from models.tables.sat import Sat, SatAnswer
from models.tables.task import Task, TaskKind, TaskState
from models.tables.unit import Unit
from models.tables.work_order import WorkOrder
from models.usecases import commissioning, notice, placement, sat, unit, work_order
from tests import way_back
from tests.models.usecases.test_placement import every
from tests.people import World
from tests.road import NOBODY, ROAD_EVENTS, Road

pytestmark = pytest.mark.step("P20")


async def open_tasks(road: Road) -> dict[TaskKind, Task]:
    return {each.kind: each for each in await every(road.desk, Task) if each.state is TaskState.OPEN}


async def unit_of(road: Road, hardware_id: str = "HW-1") -> Unit:
    found: list[Unit] = [each for each in await every(road.desk, Unit) if each.hardware_id == hardware_id]
    return found[0]


async def request_of(road: Road) -> PlacementRequest:
    async with road.desk.database.transaction() as session:
        return await session.get_one(PlacementRequest, road.placement.id)


async def requested(road: Road) -> None:
    await road.submit()
    await road.approve()
    await road.grid_takes()


async def on_its_way(road: Road) -> None:
    """The call to the grid operator is under way: nobody knows what becomes of it."""
    await road.submit()
    progress = await road.approve()
    assert await road.do(NOBODY, lambda work: placement.connection_request(work, progress.attempt_id))


async def location_rejected(road: Road) -> None:
    await requested(road)
    (attempt,) = await road.attempts()
    await road.grid_says(str(attempt.connection_request_id), GridEvent.REJECTED)


async def linked(road: Road) -> None:
    await road.to_work_order()
    await road.world.book_in("HW-1", holder=road.world.installer)
    await road.link()


SITE = [Undo.CANCEL_WORK_ORDER, Undo.DEREGISTER_STATION, Undo.UNLINK_HARDWARE]
GRID = [Undo.CANCEL_CONNECTION_REQUEST]
STAGES: dict[str, tuple[Callable[[Road], Awaitable[object]], list[Undo]]] = {
    "submitted": (Road.submit, []),
    "request on its way": (on_its_way, [Undo.FIND_CONNECTION_REQUEST, *GRID]),
    "requested": (requested, GRID),
    "location rejected": (location_rejected, []),
    "work order": (Road.to_work_order, [Undo.CANCEL_WORK_ORDER, *GRID]),
    "hardware linked": (linked, [Undo.CANCEL_WORK_ORDER, Undo.UNLINK_HARDWARE, *GRID, Undo.RETURN_HARDWARE]),
    "registered": (Road.to_test, [*SITE, *GRID, Undo.RETURN_HARDWARE]),
    "checked": (Road.to_checked, [*SITE, *GRID, Undo.RETURN_HARDWARE]),
    "test charged": (Road.to_test_charged, [*SITE, *GRID, Undo.RETURN_HARDWARE]),
    "in review": (Road.to_submitted, [*SITE, *GRID, Undo.RETURN_HARDWARE]),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("ending", ["withdrawn", "cancelled"])
async def test_whatever_was_done_is_undone_in_order_and_everything_ends(road: Road, stage: str, ending: str) -> None:
    reach, wanted = STAGES[stage]
    await reach(road)
    await (way_back.withdraw(road) if ending == "withdrawn" else way_back.cancel(road))
    assert (await request_of(road)).stage == "undoing"
    assert await way_back.undo_all(road) == wanted
    request = await request_of(road)
    assert (request.stage, request.ending) == (ending, ending)
    assert request.ended_at is not None
    assert set((await road.stages())[1:]) <= {None, "cancelled"}
    assert await open_tasks(road) == {}
    async with road.desk.database.transaction() as session:
        assert await processes.open_processes(session, await subjects(road)) == []


async def subjects(road: Road) -> list[Any]:
    orders = [each.id for each in await every(road.desk, WorkOrder)]
    stations = [each.id for order in orders for each in await road.assets_of_order()]
    return [road.placement.id, *orders, *stations]


_ON_SITE = ["cancelled", "cancelled", "hardware unlinked", "grid connection cancelled", "returned to stock"]


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        ("request on its way", ["grid connection requested", "grid connection cancelled"]),
        ("registered", _ON_SITE),
        ("in review", _ON_SITE),
    ],
)
async def test_each_step_taken_twice_counts_once(road: Road, stage: str, told: list[str]) -> None:
    await STAGES[stage][0](road)
    await way_back.withdraw(road)
    while await way_back.left(road):
        first = (await way_back.left(road))[0]
        for _ in range(2):
            await road.do(NOBODY, lambda work, first=first: way_back.undo(work, road, first))  # type: ignore[misc]
    await way_back.finish(road)
    await way_back.finish(road)
    said = await road.said()
    assert said[said.index("withdraw") :] == ["withdraw", *told, "withdrawal done"]


@pytest.mark.walked("to_accepted")
async def test_an_accepted_placement_is_not_called_off_any_more(road: Road) -> None:
    for call_off in (way_back.withdraw, way_back.cancel):
        with pytest.raises(StageDoesNotAllow, match="while the placement is 'accepted'"):
            await call_off(road)
    assert await road.stages() == ("accepted", "accepted", "accepted")


async def test_what_is_called_off_is_not_called_off_again_nor_decided_otherwise(road: Road) -> None:
    await road.submit()
    await way_back.withdraw(road)
    for decide in (way_back.withdraw, way_back.cancel, Road.approve, Road.reject):
        with pytest.raises(StageDoesNotAllow):
            await decide(road)
    assert (await request_of(road)).ending == "withdrawn"


async def test_everybody_is_told_at_once_with_the_reason(road: Road) -> None:
    told = {road.world.municipality.id: "city@city.example", road.world.installer.id: "office@installer.example"}
    for owner, address in told.items():
        await road.do(
            NOBODY,
            lambda work, o=owner, a=address: notice.add_endpoint(work, o, Channel.MAIL, a, [], None),  # type: ignore[misc]
        )
    await road.to_work_order()
    before = len(await every(road.desk, Notice))
    await way_back.cancel(road, "The tender has ended")
    await way_back.undo_next(road)
    news = (await every(road.desk, Notice, col(Notice.id)))[before:]
    assert [each.event for each in news] == ["placement.cancelled", "placement.cancelled", "work_order.cancelled"]
    assert {each.data["reason"] for each in news} == {"The tender has ended"}
    assert len({each.endpoint_id for each in news}) == 3, "city, contact and installer"


async def test_a_withdrawal_needs_no_reason_and_stands_on_record_with_who(road: Road) -> None:
    await road.submit()
    await way_back.withdraw(road, None)
    async with road.desk.database.transaction() as session:
        entry = (await placements.timeline(session, road.placement.id))[-1]
    assert (entry.what, entry.why, entry.actor_name) == ("withdraw", None, "City system")
    assert (entry.detail["before"], entry.detail["after"]) == ("submitted", "undoing")


@pytest.mark.walked("to_test_charged")
async def test_a_deregistered_station_is_refused_and_its_test_card_blocked(road: Road) -> None:
    asset = road.asset
    card = await road.test_card()
    await way_back.withdraw(road)
    await way_back.undo_next(road)
    await way_back.undo_next(road)
    async with road.desk.database.transaction() as session:
        assert await assets.by_identities(session, ["CP-HW-1"]) == {}
        assert not await assets.lock_registered(session, asset.id, "CP-HW-1")
        token = await charging.token(session, card)
        facts = await processes.facts(session, commissioning.workflow_id(asset.name), before=None, limit=1)
    assert isinstance(token, IdToken)
    assert token.blocked_at is not None
    assert (facts[0].name, facts[0].late) == ("cancelled", False)
    assert not await road.do(NOBODY, lambda work: commissioning.hand_over(work, asset, "station_booted"))


@pytest.mark.walked("to_test")
async def test_units_are_the_installers_until_the_warehouse_has_booked_them_in(road: Road) -> None:
    await way_back.withdraw(road)
    for _ in range(4):
        await way_back.undo_next(road)
    held = await unit_of(road)
    assert (held.state, held.holder_id) == ("handed_over", road.world.installer.id)
    task = (await open_tasks(road))[TaskKind.RETURN_HARDWARE]
    assert (task.role, task.reference) == ("warehouse", "HW-1")
    assert task.due_at is not None
    assert [each.what for each in await way_back.left(road)] == [Undo.RETURN_HARDWARE]
    await road.do(road.world.warehouse, lambda work: unit.take_back(work, "HW-1"))
    assert await way_back.left(road) == []
    back = await unit_of(road)
    assert (back.state, back.holder_id, back.return_for) == ("in_stock", None, None)
    assert TaskKind.RETURN_HARDWARE not in await open_tasks(road)
    async with road.desk.database.transaction() as session:
        facts = await processes.facts(session, placement.workflow_id(road.placement.reference), before=None, limit=1)
    assert facts[0].name == "hardware_returned"


async def test_a_unit_that_is_awaited_back_is_not_linked_elsewhere(road: Road, world: World) -> None:
    await linked(road)
    await way_back.withdraw(road)
    for _ in range(2):
        await way_back.undo_next(road)
    other = Road(world)
    await other.to_work_order()
    with pytest.raises(HardwareNotHandedOver, match="back to the warehouse first"):
        await other.link()
    await road.do(world.warehouse, lambda work: unit.take_back(work, "HW-1"))
    await other.do(
        world.warehouse, lambda work: unit.hand_over(work, "HW-1", HandOver(installer_id=world.installer.id))
    )
    await other.link()


@pytest.mark.walked("to_test_charged")
async def test_what_was_filled_in_of_the_acceptance_test_is_kept(road: Road) -> None:
    await road.answer(*(await road.answers()))
    await way_back.withdraw(road)
    await way_back.undo_all(road)
    assert len(await every(road.desk, SatAnswer)) == 3
    (test,) = await every(road.desk, Sat)
    assert test.state == "draft"
    with pytest.raises(StageDoesNotAllow):
        await road.answer(*(await road.answers())[:1])


async def test_a_refusal_to_cancel_is_recorded_and_asks_operations_without_holding_anything_up(road: Road) -> None:
    await requested(road)
    await way_back.withdraw(road)
    (attempt,) = await road.attempts()
    detail = "The grid operator refuses the request (409): it is connected"
    await road.do(NOBODY, lambda work: placement.note_cancel_refused(work, attempt.id, detail))
    assert await way_back.left(road) == []
    task = (await open_tasks(road))[TaskKind.UNEXPECTED_FACT]
    assert "it is connected" in task.title
    assert str(attempt.connection_request_id) in task.title
    assert "grid operator refuses to cancel" in await road.said("placement")
    assert (await way_back.finish(road)).stage == "withdrawn"


async def test_a_request_that_was_never_sent_is_not_sent_any_more(road: Road) -> None:
    await road.submit()
    progress = await road.approve()
    await way_back.withdraw(road)
    assert await way_back.left(road) == []
    assert await road.do(NOBODY, lambda work: placement.connection_request(work, progress.attempt_id)) is None


async def test_a_call_that_answers_after_the_withdrawal_leaves_its_request_to_be_cancelled(road: Road) -> None:
    await on_its_way(road)
    await way_back.withdraw(road)
    assert [each.what for each in await way_back.left(road)] == [Undo.FIND_CONNECTION_REQUEST]
    given = await road.grid_takes()
    again = await road.grid_takes("GC-never-heard-of")
    (attempt,) = await road.attempts()
    assert attempt.connection_request_id == given != again
    (left,) = await way_back.left(road)
    assert (left.what, left.reference) == (Undo.CANCEL_CONNECTION_REQUEST, given)


async def test_a_work_order_is_not_made_for_a_placement_that_was_called_off_a_moment_before(road: Road) -> None:
    await road.submit()
    await road.approve()
    await road.grid_says(await road.grid_takes(), *ROAD_EVENTS)
    await way_back.withdraw(road)
    with pytest.raises(StageDoesNotAllow, match="called off"):
        await road.do(NOBODY, lambda work: work_order.make(work, road.placement.id))
    assert await every(road.desk, WorkOrder) == []


@pytest.mark.parametrize("event", [GridEvent.CANCELLED, GridEvent.REJECTED])
async def test_a_grid_operator_that_confirms_the_cancelling_late_asks_nobody_to_look(
    road: Road, event: GridEvent
) -> None:
    await requested(road)
    (attempt,) = await road.attempts()
    await way_back.withdraw(road)
    await way_back.undo_all(road)
    await road.grid_calls(str(attempt.connection_request_id), event)
    assert await open_tasks(road) == {}
    facts = await every(road.desk, Handover, col(Handover.number))
    assert [each.late for each in facts if each.name == "grid_call"] == [True]


async def test_a_connection_that_comes_after_the_end_is_a_late_fact_that_operations_looks_at(road: Road) -> None:
    await requested(road)
    (attempt,) = await road.attempts()
    await way_back.withdraw(road)
    await way_back.undo_all(road)
    await road.grid_calls(str(attempt.connection_request_id), GridEvent.CONNECTED)
    assert "'connected'" in (await open_tasks(road))[TaskKind.UNEXPECTED_FACT].title
    assert (await request_of(road)).stage == "withdrawn"


@pytest.mark.parametrize("rival", ["approve", "approve_sat", "grid", "submit_sat"])
async def test_of_a_withdrawal_and_another_move_at_once_the_rows_follow_one(road: Road, rival: str) -> None:
    reach, move, moved = await _rivals(road, rival)
    await reach(road)
    answers = await asyncio.gather(way_back.withdraw(road), move(), return_exceptions=True)
    stage = (await request_of(road)).stage
    if isinstance(answers[0], BaseException):
        assert isinstance(answers[0], StageDoesNotAllow)
        assert stage == moved
        return
    assert stage == "undoing"
    await way_back.undo_all(road)
    assert (await request_of(road)).stage == "withdrawn"


async def _rivals(road: Road, name: str) -> tuple[Callable[[Road], Awaitable[object]], Any, str]:
    async def reviewed() -> None:
        await road.do(road.world.operations, lambda work: sat.approve(work, road.order.id))

    async def filled_in(on: Road) -> None:
        await on.to_test_charged()
        await on.answer(*(await on.answers()))

    async def scheduled() -> None:
        (attempt,) = await road.attempts()
        await road.grid_says(str(attempt.connection_request_id), *ROAD_EVENTS)

    rivals: dict[str, tuple[Callable[[Road], Awaitable[object]], Any, str]] = {
        "approve": (Road.submit, road.approve, "grid_requested"),
        "approve_sat": (Road.to_submitted, reviewed, "accepted"),
        "submit_sat": (filled_in, road.submit_sat, "sat_review"),
        "grid": (requested, scheduled, "in_installation"),
    }
    return rivals[name]
