"""The way back goes on from the rows at whatever step it was lost (P20, rule 4)."""

from collections.abc import Awaitable, Callable

import pytest

from models.rules.undoing import Undo
from models.usecases import placement
from tests import way_back
from tests.road import NOBODY, Road
from tests.workflows.house import House
from tests.workflows.test_undoing import book_in, ended

pytestmark = pytest.mark.step("P20")
STEPS = [
    Undo.CANCEL_WORK_ORDER,
    Undo.DEREGISTER_STATION,
    Undo.UNLINK_HARDWARE,
    Undo.CANCEL_CONNECTION_REQUEST,
    Undo.RETURN_HARDWARE,
]


async def known_to_the_grid_operator(house: House) -> None:
    for attempt in await house.road.attempts():
        if attempt.connection_request_id is not None:
            house.grid.made[f"key of attempt {attempt.number}"] = attempt.connection_request_id


@pytest.mark.parametrize("taken", range(len(STEPS) + 1))
async def test_an_undoing_that_was_lost_after_any_step_is_taken_up_from_the_rows(
    closed_house: House, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    house = closed_house
    await house.road.to_test()
    await way_back.withdraw(house.road)
    assert [(await way_back.undo_next(house.road)).what for _ in range(taken)] == STEPS[:taken]
    await known_to_the_grid_operator(house)
    await house.road.heard(house.placement_id)
    async with house.open(monkeypatch):
        await house.start_placement()
        if Undo.RETURN_HARDWARE in STEPS[taken:]:
            await book_in(house)
        assert await ended(house) == "withdrawn"
        await house.assert_arrives("withdrawn", "cancelled", "cancelled")
    assert len(house.grid.cancel_keys) == (Undo.CANCEL_CONNECTION_REQUEST in STEPS[taken:])
    said = await house.road.said()
    assert {said.count(each) for each in ("hardware unlinked", "grid connection cancelled", "returned to stock")} == {1}


async def _asked(road: Road) -> None:
    await road.submit()
    progress = await road.approve()
    assert await road.do(NOBODY, lambda work: placement.connection_request(work, progress.attempt_id))


async def _approved(road: Road) -> None:
    await road.submit()
    await road.approve()


@pytest.mark.parametrize(("reach", "requests"), [(Road.submit, 0), (_approved, 0), (_asked, 1)])
async def test_what_may_have_reached_the_grid_operator_is_looked_for_from_the_rows(
    closed_house: House,
    monkeypatch: pytest.MonkeyPatch,
    reach: Callable[[Road], Awaitable[object]],
    requests: int,
) -> None:
    house = closed_house
    await reach(house.road)
    await way_back.cancel(house.road)
    await house.road.heard(house.placement_id)
    async with house.open(monkeypatch):
        await house.start_placement()
        assert await ended(house) == "cancelled"
    assert len(house.grid.made) == len(house.grid.cancelled) == requests
