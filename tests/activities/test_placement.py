"""The one call to the grid operator: once per location attempt in effect, whatever is lost or retried (P5, P6)."""

import dataclasses
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.gateways.errors import TryAgain
from activities.placement import PlacementActivities
from activities.steps import Steps
from models.messages.base import Step
from models.messages.placement import PlacementProgress
from models.usecases import placement
from tests.people import World
from tests.recording import RecordingRelay
from tests.road import Road
from tests.workflows.outside import FakeGrid


class Caller:
    """Runs the activity as the placement's process does."""

    def __init__(self, road: Road, grid: FakeGrid, relay: RecordingRelay) -> None:
        self.road = road
        self.activities = PlacementActivities(Steps(road.desk, relay), grid)  # type: ignore[arg-type]

    async def request(self) -> PlacementProgress:
        attempt = (await self.road.attempts())[-1]
        step = Step(subject_id=attempt.id, occurrence=f"attempt-{attempt.number}", correlation_id="test")
        running = ActivityEnvironment()
        workflow_id = placement.workflow_id(self.road.placement.reference)
        running.info = dataclasses.replace(
            running.info, workflow_id=workflow_id, activity_type="request_grid_connection"
        )
        progress: PlacementProgress = await running.run(self.activities.request_grid_connection, step)
        return progress


@pytest.fixture
def grid() -> FakeGrid:
    return FakeGrid()


@pytest.fixture
async def caller(world: World, grid: FakeGrid, relay: RecordingRelay) -> Caller:
    road = Road(world)
    await road.submit(stations=2)
    await road.approve()
    return Caller(road, grid, relay)


@pytest.mark.step("P5")
async def test_the_request_names_the_attempt_and_carries_its_place(caller: Caller, grid: FakeGrid) -> None:
    progress = await caller.request()
    assert progress.grid_requested
    (request,) = grid.requests
    assert request.reference == f"{caller.road.placement.reference}/1"
    assert (request.address.street, request.address.country, request.charge_points) == ("Voorstraat", "NL", 2)
    (attempt,) = await caller.road.attempts()
    assert (attempt.state, attempt.connection_request_id) == ("requested", next(iter(grid.made.values())))


@pytest.mark.step("P5", "H1")
async def test_retries_carry_the_same_key_and_one_that_was_taken_is_not_sent_again(
    caller: Caller, grid: FakeGrid
) -> None:
    grid.answers_lost = 2
    for _ in range(2):
        with pytest.raises(ApplicationError):
            await caller.request()
    await caller.request()
    await caller.request()
    assert len(grid.keys) == 3
    assert len(set(grid.keys)) == 1
    assert (await caller.road.said()).count("grid connection requested") == 1


@pytest.mark.step("P5")
async def test_another_location_is_another_request_under_another_key(caller: Caller, grid: FakeGrid) -> None:
    grid.refuses = "No capacity"
    assert (await caller.request()).stage == "location_rejected"
    grid.refuses = ""
    await caller.road.propose()
    await caller.request()
    assert len(set(grid.keys)) == 2


@pytest.mark.step("P5")
async def test_a_grid_operator_that_is_away_is_tried_again_when_it_says(caller: Caller, grid: FakeGrid) -> None:
    grid.says = TryAgain("busy", after_s=120)
    with pytest.raises(ApplicationError) as failed:
        await caller.request()
    assert not failed.value.non_retryable
    assert failed.value.next_retry_delay == timedelta(minutes=2)


@pytest.mark.step("P6")
async def test_a_request_that_is_not_taken_rejects_the_location_with_what_was_said(
    caller: Caller, grid: FakeGrid
) -> None:
    grid.refuses = "The postal code is unknown"
    progress = await caller.request()
    assert progress.stage == "location_rejected"
    (attempt,) = await caller.road.attempts()
    assert attempt.state == "rejected"
    assert "The postal code is unknown" in str(attempt.reason)
    assert (await caller.request()).stage == "location_rejected"
    assert len(grid.keys) == 1, "a location that was rejected is not asked for again"
