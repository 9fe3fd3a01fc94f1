"""The road that use cases take rows along."""

import pytest

from tests.people import World
from tests.road import Road


@pytest.fixture
def road(world: World) -> Road:
    return Road(world)
