"""The whole process: it serves stations while Temporal is away, and ends in good order."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from cli.supervisor.ports import free_port
from csms.server import serve
from models.settings import Settings
from tests.csms.station import DEADLINE_S, basic


class Checks:
    def __init__(self) -> None:
        self.checks: dict[str, Callable[[], Awaitable[bool]]] = {}
        self.added = asyncio.Event()

    def add(self, name: str, check: Callable[[], Awaitable[bool]]) -> None:
        self.checks[name] = check
        self.added.set()


@pytest.mark.step("P13", "P14")
async def test_stations_are_served_while_temporal_is_away_and_the_process_ends_in_good_order(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    here = settings.model_copy(update={"csms_port": free_port(), "node": "n1"})
    stop, ready = asyncio.Event(), Checks()
    process = asyncio.create_task(serve(here, stop, ready))
    async with asyncio.timeout(DEADLINE_S):
        await ready.added.wait()
    assert await ready.checks["database"]()
    with pytest.raises(InvalidStatus) as refusal:
        await connect(f"ws://127.0.0.1:{here.csms_port}/ocpp/CP-1", additional_headers=basic("CP-1", "key"))
    assert refusal.value.response.status_code == 404
    stop.set()
    async with asyncio.timeout(DEADLINE_S):
        await process
