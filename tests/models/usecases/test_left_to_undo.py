"""What is still to be undone is read off the rows, in its order, and no more of it than there is (P20)."""

import pytest

from models.rules.undoing import Undo
from models.usecases import left_to_undo, placement
from tests import way_back
from tests.road import NOBODY, Road

pytestmark = pytest.mark.step("P20")


async def named(road: Road) -> list[tuple[Undo, str]]:
    return [(one.what, one.reference) for one in await way_back.left(road)]


@pytest.mark.walked("to_test")
async def test_nothing_is_named_before_anybody_has_called_it_off(road: Road) -> None:
    assert await named(road) == []
    progress = await road.do(NOBODY, lambda work: placement.load(work, road.placement.id))
    assert progress.to_undo == ()


@pytest.mark.walked("to_test")
async def test_everything_is_named_by_what_people_know_it_by_in_the_order_of_its_undoing(road: Road) -> None:
    asset = road.asset
    (attempt,) = await road.attempts()
    progress = await way_back.withdraw(road)
    assert await named(road) == [
        (Undo.CANCEL_WORK_ORDER, road.order.reference),
        (Undo.DEREGISTER_STATION, asset.name),
        (Undo.UNLINK_HARDWARE, "HW-1"),
        (Undo.CANCEL_CONNECTION_REQUEST, str(attempt.connection_request_id)),
    ]
    assert list(progress.to_undo) == await way_back.left(road)


async def test_every_station_and_every_unit_is_named(road: Road) -> None:
    await road.to_work_order(stations=2)
    await road.world.book_in("HW-1", "HW-2", holder=road.world.installer)
    first, second = await road.lines()
    await road.link("HW-1", first)
    await road.start_test(first)
    await road.link("HW-2", second)
    await way_back.withdraw(road)
    assert [what for what, _ in await named(road)] == [
        *(Undo.CANCEL_WORK_ORDER, Undo.DEREGISTER_STATION),
        *(Undo.UNLINK_HARDWARE, Undo.UNLINK_HARDWARE),
        Undo.CANCEL_CONNECTION_REQUEST,
    ]
    for _ in range(5):
        await way_back.undo_next(road)
    assert await named(road) == [(Undo.RETURN_HARDWARE, "HW-1"), (Undo.RETURN_HARDWARE, "HW-2")]


async def test_a_location_whose_request_is_not_known_yet_is_named_by_its_attempt(road: Road) -> None:
    await road.submit()
    progress = await road.approve()
    await road.do(NOBODY, lambda work: placement.connection_request(work, progress.attempt_id))
    await way_back.cancel(road)
    (attempt,) = await road.attempts()
    assert left_to_undo.of_attempt(attempt) is Undo.FIND_CONNECTION_REQUEST
    assert await named(road) == [(Undo.FIND_CONNECTION_REQUEST, f"{road.placement.reference}/1")]
