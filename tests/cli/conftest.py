"""The API to type commands against, and placements to bring along beside them."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from tests.api.road import Road, with_processes
from tests.cli.commands import Terminal, served
from tests.people import World


@pytest.fixture
async def road(app: FastAPI, api: httpx.AsyncClient, world: World) -> Road:
    return Road(api, world, with_processes(app, world))


@pytest.fixture
async def terminal(app: FastAPI, road: Road) -> AsyncIterator[Terminal]:  # noqa: ARG001 - its processes are in the app
    async with served(app) as typed:
        yield typed
