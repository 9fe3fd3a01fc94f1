"""A road to bring placements along, with decisions carried out at once and documents in a folder of the test's own."""

import dataclasses
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from activities.gateways.documents import LocalDocuments
from tests.api.road import Road, with_processes
from tests.people import World


@pytest.fixture
def road(app: FastAPI, api: httpx.AsyncClient, world: World, tmp_path: Path) -> Road:
    processes = with_processes(app, world)
    documents = LocalDocuments(tmp_path / "documents")
    app.state.services = dataclasses.replace(app.state.services, documents=documents)
    return Road(api, world, processes, documents=documents)
