"""Rows and workflows are compared, and every process is brought back from its rows (rule 4)."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlmodel import col, select
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from models.messages.placement import ApprovePlacement
from models.rules.grid import GridEvent
from models.rules.rebuild import Difference
from models.settings import Settings
from models.store.rebuild import alone
from models.tables.handover import Process
from models.tables.timeline import TimelineEntry
from tests.conftest import settings_for
from tests.people import World
from tests.road import decision
from tests.temporal_server import PROGRAMS
from tests.workflows import test_site, walk
from tests.workflows.house import House
from tests.workflows.test_rows import LONG_ROAD, the_long_road
from tests.yesterday import Yesterday
from workflows import comparison, search_attributes
from workflows.client import data_converter
from workflows.comparison import Comparer, Comparison
from workflows.rebuild import Outcome, Rebuild

pytestmark = [pytest.mark.hard, pytest.mark.timeout(180), pytest.mark.step("H1")]


@pytest.fixture
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A server of the test's own: a rebuild looks at everything that runs there."""
    environment = await new_temporal()
    yield environment
    await environment.shutdown()


async def new_temporal() -> WorkflowEnvironment:
    return await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(PROGRAMS / "temporal"),
        search_attributes=search_attributes.ALL,
        data_converter=data_converter(settings_for("postgresql://")),
    )


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What moves is given time by ``agreeing``."""
    monkeypatch.setattr(comparison, "SETTLE_S", 0.1)


async def compare(house: House, *only: str, anew: bool = False) -> Comparison:
    return await Comparer(house.desk, house.client).compare(only, anew=anew)


async def rebuilt(house: House, *only: str, anew: bool = False) -> Outcome:
    found = await compare(house, *only, anew=anew)
    return await Rebuild(house.desk, house.client).bring_back(found)


def differences(found: Comparison) -> dict[str, Difference | None]:
    return {each.workflow_id: each.difference for each in found.findings}


async def agreeing(house: House) -> None:
    """Everything that is on its way has arrived, and then rows and workflows agree."""
    seen: dict[str, str] = {}

    async def agree() -> bool:
        nonlocal seen
        seen = {each.workflow_id: each.why for each in (await compare(house)).findings}
        return not seen

    await house.until(agree, lambda: str(seen))


async def ids_of_open(house: House) -> list[str]:
    async with house.desk.database.transaction() as session:
        found = await session.execute(select(Process.workflow_id).where(col(Process.ended_at).is_(None)))
        return list(found.scalars())


async def lose(house: House) -> None:
    for workflow_id in await ids_of_open(house):
        try:
            await house.client.get_workflow_handle(workflow_id).terminate("lost")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise


async def told_of_rebuilds(house: House) -> list[TimelineEntry]:
    async with house.desk.database.transaction() as session:
        found = await session.execute(select(TimelineEntry).where(col(TimelineEntry.actor) == "rebuild"))
        return list(found.scalars())


@pytest.mark.step("P22")
async def test_rows_and_workflows_agree_at_every_stage_of_the_long_road(house: House) -> None:
    house.between = lambda: agreeing(house)
    assert await the_long_road(house) == LONG_ROAD
    assert await told_of_rebuilds(house) == []


@pytest.mark.step("P5", "P18", "P19", "P22")
async def test_what_is_lost_before_every_step_is_brought_back_and_nothing_is_done_twice(house: House) -> None:
    async def lose_and_rebuild() -> None:
        await house.until(house.road.heard_all)
        await lose(house)
        outcome = await rebuilt(house)
        assert [each.why for each in outcome.left] == []
        assert outcome.done

    house.between = lose_and_rebuild
    said = await the_long_road(house)
    assert [what for what in said if what != "process started from its rows"] == LONG_ROAD
    assert len(house.grid.made) == len(set(house.grid.keys)) == 2
    entries = await told_of_rebuilds(house)
    assert entries
    assert all(str(entry.why).startswith("no workflow runs for it") for entry in entries)


@pytest.mark.step("P22")
async def test_everything_comes_back_to_an_empty_temporal_and_goes_on_to_its_end(
    house: House, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await walk.approved(house)
    await house.grid_says(connection, GridEvent.APPROVED)
    await walk.in_installation(house, connection)
    await walk.begun(house)
    await house.until(house.road.heard_all)
    empty = await new_temporal()
    other = House(empty.client, house.settings, house.world, house.queue)
    other.road, other.grid = house.road, house.grid
    assert set(differences(await compare(other)).values()) == {Difference.NO_WORKFLOW}
    outcome = await rebuilt(other)
    assert outcome.left == []
    assert len(outcome.done) == len(await ids_of_open(other))
    async with other.open(monkeypatch):
        await agreeing(other)
        await walk.from_test_to_operation(other)
        assert await walk.results(other) == ("operating", "closed", "active")
    assert list(other.grid.made.values()) == [connection]
    assert settings.database_url
    await empty.shutdown()


@pytest.mark.step("L6")
async def test_stations_without_a_placement_are_compared_and_brought_back_before_every_step(house: House) -> None:
    async def lose_and_rebuild() -> None:
        await agreeing(house)
        await lose(house)
        assert set(differences(await compare(house)).values()) == {Difference.NO_WORKFLOW}
        assert (await rebuilt(house)).left == []
        await agreeing(house)

    house.between = lose_and_rebuild
    await test_site.active(house)
    assert await test_site.results(house) == ("closed", "active")
    said = await house.road.said()
    assert sorted(what for what in said if what != "process started from its rows") == test_site.ROAD


@pytest.mark.step("L6", "P20")
async def test_a_work_order_that_was_called_off_on_the_lost_day_begins_anew(house: House, settings: Settings) -> None:
    await test_site.charged(house)
    await agreeing(house)
    yesterday = Yesterday(settings.database_url.get_secret_value())
    await test_site.call_off(house)
    await house.client.get_workflow_handle(house.work_order_id).result()
    yesterday.restore()
    assert (await rebuilt(house)).left == []
    await agreeing(house)
    await test_site.call_off(house)
    assert await test_site.results(house) == ("cancelled", "cancelled")


async def test_a_rebuild_that_is_broken_off_is_finished_by_the_next_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await house.until(house.road.heard_all)
    await lose(house)

    async def killed(*_: object) -> bool:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(Rebuild, "_start", killed)
        with pytest.raises(asyncio.CancelledError):
            await rebuilt(house)
    assert (await rebuilt(house)).left == []
    await agreeing(house)
    await walk.begun(house)
    await walk.from_test_to_operation(house)


async def test_a_database_of_yesterday_brings_its_processes_back_to_where_they_were(
    house: House, settings: Settings
) -> None:
    connection = await walk.approved(house)
    await house.until(house.road.heard_all)
    yesterday = Yesterday(settings.database_url.get_secret_value())
    await house.grid_finishes(connection)
    lost_order = house.work_order_id
    await agreeing(house)
    yesterday.restore()
    found = differences(await compare(house))
    assert found[house.placement_id] is Difference.AHEAD
    assert found[lost_order] is Difference.UNKNOWN
    outcome = await rebuilt(house)
    assert outcome.left == []
    assert outcome.numbers_passed == 1
    gone = await house.describe(lost_order)
    assert gone.status is WorkflowExecutionStatus.TERMINATED
    await agreeing(house)
    assert await house.road.stages() == ("grid_requested", None, None)
    await walk.in_installation(house, connection)
    assert house.work_order_id != lost_order
    await walk.begun(house)
    await walk.from_test_to_operation(house)
    assert list(house.grid.made.values()) == [connection]


async def test_a_placement_of_the_lost_day_is_ended_and_its_reference_is_not_given_again(
    house: House, settings: Settings
) -> None:
    yesterday = Yesterday(settings.database_url.get_secret_value())
    await walk.submitted(house)
    lost = house.placement_id
    await house.until(lambda: _stage_is(house, lost, "submitted"))
    yesterday.restore()
    assert differences(await compare(house))[lost] is Difference.UNKNOWN
    assert (await rebuilt(house)).numbers_passed == 1
    assert (await house.describe(lost)).status is WorkflowExecutionStatus.TERMINATED
    await walk.approved(house)
    assert house.placement_id != lost


async def test_a_process_that_ended_on_the_lost_day_begins_anew_from_its_rows(house: House, settings: Settings) -> None:
    await walk.submitted(house)
    await house.until(lambda: _stage_is(house, house.placement_id, "submitted"))
    await house.until(house.road.heard_all)
    yesterday = Yesterday(settings.database_url.get_secret_value())
    await house.decide(house.placement_id, "reject", walk.rejection(house))
    await house.client.get_workflow_handle(house.placement_id).result()
    yesterday.restore()
    assert differences(await compare(house))[house.placement_id] is Difference.NO_WORKFLOW
    assert (await rebuilt(house)).left == []
    approval = decision(ApprovePlacement, house.world.operations)
    await house.decide(house.placement_id, "approve", approval)
    await walk.requested(house)


async def test_a_workflow_whose_process_has_ended_is_ended_with_the_reason(house: House) -> None:
    await walk.submitted(house)
    await house.until(lambda: _stage_is(house, house.placement_id, "submitted"))
    await house.road.reject()
    assert differences(await compare(house))[house.placement_id] is Difference.ENDED
    assert (await rebuilt(house)).left == []
    history = await house.client.get_workflow_handle(house.placement_id).fetch_history()
    ended = history.events[-1].workflow_execution_terminated_event_attributes
    assert ended.reason.startswith("rebuild: it has ended")
    await agreeing(house)


async def test_facts_that_a_workflow_only_seemed_to_hear_are_told_to_the_next_one(
    house: House, settings: Settings
) -> None:
    """Temporal itself was restored: what was delivered on the lost day counts as delivered, and was heard by nobody."""
    connection = await walk.approved(house)
    await house.until(house.road.heard_all)
    await house.road.grid_calls(connection, GridEvent.APPROVED)
    await house.road.heard(house.placement_id)
    assert differences(await compare(house, house.placement_id)) == {house.placement_id: Difference.BEHIND}
    assert (await rebuilt(house)).left == []
    await house.assert_arrives("grid_approved")
    assert settings


async def test_workflows_that_do_not_answer_are_told_of_and_left_unless_all_are_asked_for(
    closed_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = closed_house
    monkeypatch.setattr("activities.relay.TASK_QUEUE", house.queue)
    await walk.submitted(house)
    before = await house.describe(house.placement_id)
    assert differences(await compare(house, house.placement_id)) == {house.placement_id: Difference.SILENT}
    (left,) = (await rebuilt(house, house.placement_id)).left
    assert left.difference is Difference.SILENT
    assert (await rebuilt(house, house.placement_id, anew=True)).left == []
    after = await house.describe(house.placement_id)
    assert after.run_id != before.run_id
    async with house.open(monkeypatch):
        await agreeing(house)
        await house.decide(house.placement_id, "approve", walk.approval(house))
        await walk.requested(house)


async def test_two_rebuilds_do_not_run_at_once(world: World) -> None:
    async with alone(world.desk.database) as first, alone(world.desk.database) as second:
        assert (first, second) == (True, False)
    async with alone(world.desk.database) as next_one:
        assert next_one


async def _stage_is(house: House, workflow_id: str, stage: str) -> bool:
    attributes = (await house.describe(workflow_id)).typed_search_attributes
    return attributes.get(search_attributes.STAGE) == stage
