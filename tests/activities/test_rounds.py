"""What a worker does beside its processes goes on whatever fails."""

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from activities.rounds import go_round
from models.errors import NotFound
from tests.csms.station import until


@pytest.mark.step("H1")
@pytest.mark.parametrize(
    "error", [OperationalError("SELECT 1", None, Exception()), NotFound("There is none"), KeyError()]
)
async def test_an_errand_that_fails_keeps_no_other_from_being_done_and_is_tried_again(error: Exception) -> None:
    stop = asyncio.Event()
    tries, done = [], []

    async def fails() -> None:
        tries.append(1)
        raise error

    async def works() -> None:
        done.append(1)

    going = asyncio.create_task(go_round(stop, 0.01, fails, works))
    await until(lambda: len(done) >= 3)
    stop.set()
    await asyncio.wait_for(going, 5)
    assert len(tries) == len(done)
