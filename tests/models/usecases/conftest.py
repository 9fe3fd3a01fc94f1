"""The road that use cases take rows along."""

import pytest

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
