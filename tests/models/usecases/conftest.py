"""The road that use cases take rows along, and the street where drivers charge."""

import dataclasses

import pytest

from models.settings import Settings
from models.tables.asset import Asset
from models.usecases.work import Desk
from tests.charging import Clock, Street, a_street
from tests.conftest import PEOPLED, Server, at_desk
from tests.models.usecases.alike import Stations, in_service
from tests.people import World
from tests.road import Road

ROAD, STREET = "road_", "street"


@pytest.fixture
def walked(request: pytest.FixtureRequest, postgres: Server, step: str | None) -> Road | None:
    """The road as far as the test's mark says, walked once a run."""
    if step is None:
        return None
    peopled: World = request.getfixturevalue("peopled")

    async def walk(settings: Settings) -> Road:
        async with at_desk(peopled, settings) as world:
            road = Road(world)
            await getattr(road, step)()
        return road

    made: Road = postgres.made(ROAD + step, PEOPLED, walk)
    return made


@pytest.fixture
def built(request: pytest.FixtureRequest, postgres: Server) -> Asset | None:
    """The station of the street, where the test asks for one: built once a run."""
    if "street" not in request.fixturenames:
        return None
    peopled: World = request.getfixturevalue("peopled")

    async def build(settings: Settings) -> Asset:
        async with at_desk(peopled, settings) as world:
            return (await a_street(world, dataclasses.replace(world.desk, clock=Clock()))).asset

    made: Asset = postgres.made(STREET, PEOPLED, build)
    return made


@pytest.fixture
def template(template: str, step: str | None, walked: Road | None, built: Asset | None) -> str:
    if walked is not None:
        return f"{ROAD}{step}"
    return template if built is None else STREET


@pytest.fixture
def road(world: World, walked: Road | None) -> Road:
    return Road(world) if walked is None else walked.again(world)


@pytest.fixture
async def both(world: World) -> tuple[Stations, Stations]:
    """Stations that are told the same, alone and together."""
    return await in_service(world)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def street(world: World, desk: Desk, clock: Clock, built: Asset) -> Street:
    """By whose clock it is AT until the test moves it."""
    return Street(world, dataclasses.replace(desk, clock=clock), built)
