from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from cli.supervisor import deployment, temporal
from cli.supervisor.servers import RunningServers, running_servers

pytestmark = pytest.mark.hard


@pytest.fixture(autouse=True)
def free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("temporal", "temporal_ui", "temporal_metrics", "postgres", "api"):
        monkeypatch.setenv(f"STATIONMASTER_PORT_{name.upper()}", "0")


async def client_of(servers: RunningServers) -> Client:
    return await Client.connect(servers.addresses["temporal"].url)


async def registered(client: Client) -> dict[str, int]:
    found = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="default"))
    return dict(found.custom_attributes)


async def test_closed_workflows_are_kept_for_90_days(tmp_path: Path) -> None:
    async with running_servers(tmp_path, {"temporal"}) as servers:
        client = await client_of(servers)
        found = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
        kept = found.config.workflow_execution_retention_ttl.ToTimedelta()
    assert kept == timedelta(days=90)


async def test_a_search_attribute_that_a_newer_version_needs_is_added_to_an_older_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployment, "search_attributes", lambda: {"Reference": "Keyword"})
    async with running_servers(tmp_path, {"temporal"}) as servers:
        assert "Due" not in await registered(await client_of(servers))
    monkeypatch.setattr(deployment, "search_attributes", lambda: {"Reference": "Keyword", "Due": "Datetime"})
    async with running_servers(tmp_path, {"temporal"}) as servers:
        attributes = await registered(await client_of(servers))
    assert attributes["Reference"] == IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    assert attributes["Due"] == IndexedValueType.INDEXED_VALUE_TYPE_DATETIME


def writes_ahead(store: Path) -> bool:
    """By the file format versions in the header of an SQLite file: 1 keeps a rollback journal, 2 writes ahead."""
    return store.read_bytes()[18:20] == b"\x02\x02"


async def test_an_older_store_goes_over_to_writing_ahead_with_what_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "temporal" / "temporal.db"
    with monkeypatch.context() as older:
        older.setattr(temporal, "_PRAGMAS", {})
        async with running_servers(tmp_path, {"temporal"}) as servers:
            began = await (await client_of(servers)).start_workflow("any", id="any-1", task_queue="nobody")
        assert not writes_ahead(store)
    async with running_servers(tmp_path, {"temporal"}) as servers:
        found = await (await client_of(servers)).get_workflow_handle("any-1").describe()
    assert found.run_id == began.result_run_id
    assert writes_ahead(store)
