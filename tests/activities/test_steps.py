"""Each step of a process is one transaction, taken once in effect, and refuses by name (rule 3)."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable

import pytest
from sqlmodel import col, select
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.testing import ActivityEnvironment

from activities.refusals import RefusalActivities
from activities.steps import Steps
from models.errors import BusinessError, HardwareAlreadyLinked, NotFound
from models.messages.base import Fact, Progress, Refusal, Step
from models.messages.placement import ApprovePlacement, PlacementProgress
from models.store import placements, processes
from models.tables.handover import StepResult
from models.tables.timeline import TimelineEntry
from models.usecases import placement, process, timeline
from models.usecases.work import Desk, Work
from tests.people import World
from tests.recording import RecordingRelay
from tests.road import Road, decision

pytestmark = pytest.mark.step("H1")


@pytest.fixture
def steps(desk: Desk, relay: RecordingRelay) -> Steps:
    return Steps(desk, relay)  # type: ignore[arg-type]


@pytest.fixture
async def road(world: World) -> Road:
    road = Road(world)
    await road.submit()
    return road


def within(road: Road) -> ActivityEnvironment:
    """As if the running activity were a step of the placement."""
    running = ActivityEnvironment()
    workflow_id = placement.workflow_id(road.placement.reference)
    running.info = dataclasses.replace(running.info, workflow_id=workflow_id, activity_type="step")
    return running


async def run(road: Road, steps: Steps, cause: str | Fact, use_case: Callable[[Work], Awaitable[Progress]]) -> Progress:
    if isinstance(cause, str):
        told: Fact | Step = Step(subject_id=road.placement.id, occurrence=cause, correlation_id="test")
    else:
        told = cause
    taken: Progress = await within(road).run(steps.take, told, Progress, use_case, standing)
    return taken


async def standing(_work: Work) -> Progress:
    """How things stand where the step was taken before."""
    return Progress(stage="moved on since")


def fact(number: int) -> Fact:
    return Fact(number=number, name="grid_call", payload={}, correlation_id="test")


def noting(road: Road, what: str, stage: str = "submitted") -> Callable[[Work], Awaitable[Progress]]:
    async def note(work: Work) -> Progress:
        timeline.record(work, "placement", road.placement.id, what, placement_id=road.placement.id)
        return Progress(stage=stage)

    return note


async def test_a_step_that_is_retried_is_taken_once_and_tells_how_things_stand_by_then(
    road: Road, steps: Steps
) -> None:
    first = await run(road, steps, "once", noting(road, "taken", "first"))
    again = await run(road, steps, "once", noting(road, "taken", "second"))
    assert (first.stage, again.stage) == ("first", "moved on since")
    assert (await road.said()).count("taken") == 1


async def test_the_same_step_on_another_occasion_is_taken_again(road: Road, steps: Steps) -> None:
    for occurrence in ("one", "two"):
        await run(road, steps, occurrence, noting(road, "taken"))
    assert (await road.said()).count("taken") == 2


async def test_a_retry_that_overlaps_with_the_first_try_waits_for_it(road: Road, steps: Steps) -> None:
    tries = await asyncio.gather(*(run(road, steps, "once", noting(road, "taken")) for _ in range(4)))
    assert sorted(each.stage for each in tries) == ["moved on since"] * 3 + ["submitted"]
    assert (await road.said()).count("taken") == 1


async def test_a_step_that_fails_leaves_nothing_and_hands_over_nothing(
    road: Road, steps: Steps, relay: RecordingRelay
) -> None:
    async def fail(work: Work) -> Progress:
        await noting(road, "taken")(work)
        await process.hand_over(work, placement.workflow_id(road.placement.reference), "stage_changed", {})
        raise OSError("the power went off")

    with pytest.raises(OSError, match="power"):
        await run(road, steps, "once", fail)
    assert "taken" not in await road.said()
    assert relay.delivered == []
    async with road.desk.database.transaction() as session:
        assert (await session.execute(select(StepResult))).first() is None


async def test_facts_of_a_step_are_delivered_when_it_is_committed_and_not_again(
    road: Road, steps: Steps, relay: RecordingRelay
) -> None:
    workflow_id = placement.workflow_id(road.placement.reference)

    async def tell(work: Work) -> Progress:
        await process.hand_over(work, workflow_id, "stage_changed", {})
        return Progress(stage="submitted")

    await run(road, steps, "once", tell)
    await run(road, steps, "once", tell)
    assert relay.delivered == [workflow_id]


async def test_a_business_fact_is_never_retried_and_keeps_its_name_and_field(road: Road, steps: Steps) -> None:
    async def refuse(_work: Work) -> Progress:
        raise HardwareAlreadyLinked("It is linked elsewhere", field="/hardware_id", line=2)

    with pytest.raises(ApplicationError) as failed:
        await run(road, steps, "once", refuse)
    error = failed.value
    assert (error.type, error.non_retryable) == ("HardwareAlreadyLinked", True)
    assert error.category is ApplicationErrorCategory.BENIGN
    known = BusinessError.from_details(error.details[0])
    assert isinstance(known, HardwareAlreadyLinked)
    assert (known.detail, known.field, known.facts) == ("It is linked elsewhere", "/hardware_id", {"line": 2})


async def test_a_step_by_a_fact_notes_how_far_the_facts_have_come(road: Road, steps: Steps) -> None:
    workflow_id = placement.workflow_id(road.placement.reference)
    for cause, applied in ((fact(3), 3), (fact(2), 3), ("other", 3), (fact(7), 7)):
        await run(road, steps, cause, noting(road, "taken"))
        async with road.desk.database.transaction() as session:
            assert await processes.applied_number(session, workflow_id) == applied


async def test_a_look_changes_no_row(road: Road, steps: Steps) -> None:
    seen = await steps.look("test", lambda work: placement.load(work, road.placement.id))
    assert isinstance(seen, PlacementProgress)
    with pytest.raises(NotFound):
        await steps.look("test", lambda _work: _nothing_there())
    async with road.desk.database.transaction() as session:
        assert (await session.execute(select(StepResult))).first() is None


async def _nothing_there() -> Progress:
    raise NotFound("There is no such placement")


@pytest.mark.step("H3")
async def test_a_decision_is_carried_out_in_the_name_of_whoever_made_it(road: Road, steps: Steps) -> None:
    told = decision(ApprovePlacement, road.world.operations)
    await within(road).run(steps.take, told, Progress, noting(road, "taken"), standing)
    async with road.desk.database.transaction() as session:
        (entry,) = [each for each in await placements.timeline(session, road.placement.id) if each.what == "taken"]
    assert (entry.actor, entry.actor_name) == (str(road.world.operations.id), "Olga Operations")


@pytest.mark.step("H3", "P22")
async def test_a_refused_decision_stands_in_the_placements_timeline_wherever_it_was_made(world: World) -> None:
    road = Road(world)
    await road.to_test()
    for process_name, subject in (("placement", road.placement), ("work order", road.order), ("station", road.asset)):
        refusal = Refusal(
            process=process_name,
            subject_id=subject.id,
            decision=f"decide on {process_name}",
            detail="The stage does not allow this",
            actor=world.engineer.actor,
            correlation_id="test",
        )
        await RefusalActivities(world.desk).record_refusal(refusal)
    async with world.desk.database.transaction() as session:
        told = [entry for entry in await placements.timeline(session, road.placement.id) if entry.refused]
        everything = (await session.execute(select(TimelineEntry).where(col(TimelineEntry.refused)))).scalars().all()
    assert [entry.what for entry in told] == [f"decide on {name}" for name in ("placement", "work order", "station")]
    assert {entry.why for entry in everything} == {"The stage does not allow this"}
