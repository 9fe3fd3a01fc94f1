"""The road that use cases take rows along, and the street where drivers charge."""

import dataclasses

import pytest

from models.usecases.work import Desk
from tests.charging import Clock, Street, a_street
from tests.models.usecases.alike import Stations, in_service
from tests.people import World
from tests.road import Road


@pytest.fixture
def road(world: World) -> Road:
    return Road(world)


@pytest.fixture
async def both(world: World) -> tuple[Stations, Stations]:
    """Stations that are told the same, alone and together."""
    return await in_service(world)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def street(world: World, desk: Desk, clock: Clock) -> Street:
    """By whose clock it is AT until the test moves it."""
    return await a_street(world, dataclasses.replace(desk, clock=clock))
