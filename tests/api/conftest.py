"""A road to bring placements along, with decisions carried out at once and documents in a folder of the test's own."""

import dataclasses
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from activities.gateways.documents import LocalDocuments
from api.app import serving
from models.clock import utc_now
from models.settings import Settings
from tests.api.road import Road, with_processes
from tests.conftest import PEOPLED, Server, calling
from tests.people import World
from tests.recording import RecordingRelay

ROAD = "api_road_"


@pytest.fixture
def walked(
    request: pytest.FixtureRequest,
    postgres: Server,
    step: str | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Road | None:
    """The road as far as the test's mark says, walked once a run. What documents there are by then stay behind."""
    if step is None:
        return None
    peopled: World = request.getfixturevalue("peopled")
    routed: FastAPI = request.getfixturevalue("routed")

    async def walk(settings: Settings) -> Road:
        async with serving(settings, utc_now, lambda *_: RecordingRelay(), routed), calling(routed) as api:
            world = dataclasses.replace(peopled, desk=routed.state.services.desk)
            road = _road(routed, api, world, tmp_path_factory.mktemp("walked"))
            await getattr(road, step)()
        return road

    made: Road = postgres.made(ROAD + step, PEOPLED, walk)
    return made


@pytest.fixture
def template(template: str, step: str | None, walked: Road | None) -> str:
    return template if walked is None else f"{ROAD}{step}"


@pytest.fixture
def road(app: FastAPI, api: httpx.AsyncClient, world: World, walked: Road | None, tmp_path: Path) -> Road:
    fresh = _road(app, api, world, tmp_path)
    return fresh if walked is None else walked.again(fresh)


def _road(app: FastAPI, api: httpx.AsyncClient, world: World, folder: Path) -> Road:
    processes = with_processes(app, world)
    documents = LocalDocuments(folder / "documents")
    app.state.services = dataclasses.replace(app.state.services, documents=documents)
    return Road(api, world, processes, documents=documents)
