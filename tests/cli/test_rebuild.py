"""``stationmaster rebuild`` as an engineer runs it: its words, its JSON and its exit codes (rule 4)."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from models.settings import Settings
from models.store.rebuild import alone
from models.usecases import placement
from tests.conftest import KEYS, settings_for
from tests.people import World
from tests.road import Road
from tests.temporal_server import PROGRAMS
from workflows import search_attributes
from workflows.client import data_converter

pytestmark = [pytest.mark.hard, pytest.mark.timeout(120), pytest.mark.step("H1", "H5")]


@pytest.fixture
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(PROGRAMS / "temporal"),
        search_attributes=search_attributes.ALL,
        data_converter=data_converter(settings_for("postgresql://")),
    )
    yield environment
    await environment.shutdown()


@pytest.fixture
def surroundings(settings: Settings, temporal: WorkflowEnvironment, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "STATIONMASTER_KEYS": KEYS,
        "STATIONMASTER_VAR": str(tmp_path / "var"),
        "TEMPORAL_ADDRESS": temporal.client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": temporal.client.namespace,
    }


async def run(surroundings: dict[str, str], *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "rebuild", *words),
        env=surroundings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, told = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), told.decode()


async def test_a_check_tells_what_differs_and_a_rebuild_brings_it_back(
    world: World, surroundings: dict[str, str], temporal: WorkflowEnvironment
) -> None:
    workflow_id = placement.workflow_id((await Road(world).submit()).reference)
    code, out, told = await run(surroundings, "--check", "--json")
    assert code == 1, told
    said: dict[str, Any] = json.loads(out)
    assert (workflow_id, "no_workflow", "start") in {
        (each["workflow_id"], each["difference"], each["remedy"]) for each in said["differences"]
    }
    code, out, told = await run(surroundings)
    assert code == 0, out + told
    assert workflow_id in out
    assert "0 differ still" in out
    described = await temporal.client.get_workflow_handle(workflow_id).describe()
    assert described.workflow_type == "placement"
    code, out, _ = await run(surroundings, "--check")
    assert code == 1
    assert "does not answer; do workers work?" in out


async def test_where_rows_and_workflows_agree_the_check_ends_with_0(world: World, surroundings: dict[str, str]) -> None:
    assert world
    code, out, told = await run(surroundings, "--check")
    assert (code, out.strip()) == (0, "0 processes. Rows and workflows agree."), told


async def test_a_second_rebuild_waits_for_the_first_and_an_absent_temporal_is_said(
    world: World, surroundings: dict[str, str]
) -> None:
    async with alone(world.desk.database):
        code, _, told = await run(surroundings)
    assert code == 1
    assert "another rebuild is under way" in told
    code, _, told = await run(surroundings | {"TEMPORAL_ADDRESS": "127.0.0.1:1"}, "--check")
    assert code == 1
    assert "could not be brought together" in told
