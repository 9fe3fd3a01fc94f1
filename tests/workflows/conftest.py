"""Real Temporal: one development server for most tests, and a time-skipping one of its own where days must pass."""

import dataclasses
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from models.settings import Settings
from models.store.database import Database
from models.tables.asset import ASSET_NUMBER
from models.tables.placement import PLACEMENT_NUMBER
from models.tables.session import SESSION_NUMBER
from models.tables.work_order import WORK_ORDER_NUMBER
from tests.conftest import settings_for
from tests.people import World
from tests.temporal_server import PROGRAMS
from tests.workflows.house import House, Patience
from tests.workflows.street import Street, inhabited
from workflows import search_attributes
from workflows.client import data_converter

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """One server for all; a test's own references and task queues keep the tests apart."""
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(PROGRAMS / "temporal"),
        search_attributes=search_attributes.ALL,
        data_converter=data_converter(settings_for("postgresql://")),
    )
    yield environment
    await environment.shutdown()


@pytest.fixture
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A server of its own, as its clock is one for all; it hangs on search attributes that it has not been told of."""
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(PROGRAMS / "temporal-test-server"),
        data_converter=data_converter(settings_for("postgresql://")),
    )
    known = {key.name: int(key.indexed_value_type) for key in search_attributes.ALL}
    request = AddSearchAttributesRequest(namespace=environment.client.namespace, search_attributes=known)  # type: ignore[arg-type]
    await environment.client.operator_service.add_search_attributes(request)
    yield environment
    await environment.shutdown()


async def _own_numbers(database: Database) -> str:
    """So that no other test's processes have the same names."""
    number = next(_NUMBERS)
    async with database.transaction() as session:
        for sequence in (PLACEMENT_NUMBER, WORK_ORDER_NUMBER, ASSET_NUMBER, SESSION_NUMBER):
            await session.execute(sa.text(f"ALTER SEQUENCE {sequence.name} RESTART WITH {number * 100}"))
    return f"q{number}"


async def _built(client: Client, settings: Settings, world: World, folder: Path) -> House:
    settings = settings.model_copy(update={"documents_url": folder.as_uri()})
    return House(client, settings, world, await _own_numbers(world.desk.database))


@pytest.fixture
async def closed_house(temporal: WorkflowEnvironment, settings: Settings, world: World, tmp_path: Path) -> House:
    """A house in which nobody works yet."""
    return await _built(temporal.client, settings, world, tmp_path)


@pytest.fixture
async def house(closed_house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with closed_house.open(monkeypatch):
        yield closed_house


@pytest.fixture
async def closed_patient_house(
    skipping: WorkflowEnvironment, settings: Settings, world: World, tmp_path: Path
) -> House:
    """A house whose Temporal skips time, by ``skip``, and in which nobody works yet."""
    patience = Patience(skipping)
    patient = dataclasses.replace(world, desk=dataclasses.replace(world.desk, clock=patience.now))
    built = await _built(skipping.client, settings, patient, tmp_path)
    built.skip = patience.skip
    return built


@pytest.fixture
async def patient_house(closed_patient_house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A house whose Temporal skips time, by ``skip``."""
    async with closed_patient_house.open(monkeypatch):
        yield closed_patient_house


@pytest.fixture
async def street(closed_house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Street]:
    async with inhabited(closed_house, monkeypatch) as opened:
        yield opened
