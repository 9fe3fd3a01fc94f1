"""Stations over the API: seen, followed live, activated (P13-P15, P19)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from fastapi import FastAPI

from api import events
from api.app import end_streams
from api.v1 import station_events
from models.settings import Settings
from models.store import assets
from models.store.viewer import EVERYTHING
from models.usecases.work import Desk
from tests.api.road import PROCESS, Road
from tests.people import World

STATIONS = "/v1/stations"
PATIENCE_S = 10.0


@pytest.mark.walked("to_checked")
@pytest.mark.step("P13", "P14")
async def test_a_station_shows_where_it_stands_and_never_its_keys(road: Road, world: World) -> None:
    name = road.station
    answer = await road.api.get(f"{STATIONS}/{name}", headers=world.installer_user.headers)
    seen = answer.json()
    assert (seen["stage"], seen["label"], seen["waits_for"]) == ("checked", "Self-check passed", "installer")
    assert seen["connected"] is True
    assert (seen["connection"]["protocol"], seen["connection"]["node"]) == ("ocpp1.6", None)
    own = await road.call(road.world.operations, "GET", f"{STATIONS}/{name}")
    assert own["connection"]["node"] == "csms-1"
    assert [evse["status"] for evse in seen["evses"]] == ["Available", None]
    assert seen["booted"]["vendor"] == "Voltwerk"
    assert seen["unit"] == {
        "hardware_id": "VW-1",
        "serial": "SN-VW-1",
        "firmware": "1.4.2",
        "ocpp_identity": "CP-VW-1",
    }
    assert "key" not in answer.text
    assert "hash" not in answer.text
    assert seen["work_order"] == road.work_order
    assert seen["location"]["street"] == "Dam"
    assert seen["last_events"][0]["kind"] == "self_check_passed"
    assert seen["last_events"][-1]["kind"] == "registered"
    (summary,) = (await road.call(world.service_user, "GET", STATIONS, params={"stage": "checked"}))["items"]
    assert summary["name"] == name
    assert (await road.call(world.operations, "GET", STATIONS, params={"stage": "active"}))["items"] == []


@pytest.mark.walked("to_station")
@pytest.mark.step("P13")
async def test_partners_see_their_own_stations_only(road: Road, world: World) -> None:
    name = road.station
    for path in ("", "/events", "/transactions", "/map.svg"):
        answer = await road.api.get(f"{STATIONS}/{name}{path}", headers=world.other_installer_user.headers)
        assert answer.status_code == 404, path
        answer = await road.api.get(f"{STATIONS}/{name}{path}", headers=world.requester.headers)
        assert answer.status_code == 403, path
    assert (await road.call(world.other_installer_user, "GET", STATIONS))["items"] == []


@pytest.mark.walked("to_test_charged")
@pytest.mark.step("P15")
async def test_a_test_charge_is_shown_as_one_with_its_token_hidden(road: Road, world: World) -> None:
    name = road.station
    (charge,) = (await road.call(world.installer_user, "GET", f"{STATIONS}/{name}/transactions"))["items"]
    assert charge["is_test"] is True
    assert charge["energy_wh"] == 140
    assert len(charge["token"]) == 5
    assert charge["token"].startswith("…")
    seen = await road.call(world.installer_user, "GET", f"{STATIONS}/{name}")
    assert seen["test_charge"]["number"] == charge["number"]


@pytest.mark.walked("to_test_charged")
@pytest.mark.step("P19")
async def test_administration_activates_an_accepted_station_and_nobody_else(road: Road, world: World) -> None:
    name = road.station
    early = await road.api.post(f"{STATIONS}/{name}/activate", headers=world.administrator.headers)
    assert early.status_code == 409
    await road.fill_in()
    await road.call(world.installer_user, "POST", f"/v1/work-orders/{road.work_order}/sat/submit")
    await road.call(world.operations, "POST", f"/v1/work-orders/{road.work_order}/sat/approve")
    assert (await road.call(world.operations, "GET", f"{STATIONS}/{name}"))["allowed_actions"] == []
    assert (await road.call(world.administrator, "GET", f"{STATIONS}/{name}"))["allowed_actions"] == ["activate"]
    for person in (world.operations, world.installer_user, world.service_user):
        answer = await road.api.post(f"{STATIONS}/{name}/activate", headers=person.headers)
        assert answer.status_code == 403
    active = await road.call(world.administrator, "POST", f"{STATIONS}/{name}/activate")
    assert active["stage"] == "active"
    assert active["activated_at"] is not None
    again = await road.api.post(f"{STATIONS}/{name}/activate", headers=world.administrator.headers)
    assert again.json()["type"] == "/problems/process-ended"
    await road.close()
    assert (await road.order())["stage"] == "closed"
    placement = await road.call(world.requester, "GET", f"/v1/placement-requests/{road.reference}")
    assert placement["stage"] == "operating"


@pytest.mark.walked("to_checked")
@pytest.mark.step("P22")
async def test_the_map_of_a_station_marks_what_it_has_passed(road: Road, world: World) -> None:
    name = road.station
    answer = await road.api.get(f"{STATIONS}/{name}/map.svg", headers=world.installer_user.headers)
    assert "now at “Self-check passed”" in answer.text
    assert "Passed: Registered, Connected, Booted, Configuration applied." in answer.text


class Stream:
    """Reads an event stream as a browser does."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, Any]:
        """The next event, whatever it is."""
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if name == "data":
                    event: dict[str, Any] = json.loads(value)
                    return event
        raise AssertionError("the stream ended")

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """The events up to and with the next of this kind; a comment counts as ``alive``."""
        events: list[dict[str, Any]] = []
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if name == "data":
                    events.append(json.loads(value))
                if (name == "data" and events[-1]["kind"] == kind) or (not name and value == kind):
                    return events
        raise AssertionError(f"the stream ended before {kind}")


async def _eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - neither the server nor the events tell
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The API on a port: the only way to read a stream while it runs."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve())
    await _eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            yield client
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def following(client: httpx.AsyncClient, road: Road, name: str, **headers: str) -> AsyncIterator[Stream]:
    all_headers = {**road.world.installer_user.headers, **headers}
    async with client.stream("GET", f"{STATIONS}/{name}/events", headers=all_headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response)


async def happens(desk: Desk, name: str, kind: str) -> None:
    async with desk.work(PROCESS, "test") as work:
        asset = await assets.find(work.session, name, EVERYTHING)
        assert asset is not None
        await assets.add_event(work.session, await assets.lock(work.session, asset.id), kind, work.now, {"by": "test"})


@pytest.mark.walked("to_station")
@pytest.mark.step("P14")
async def test_an_installer_follows_a_station_live_and_goes_on_where_it_left(
    app: FastAPI, road: Road, desk: Desk
) -> None:
    name = road.station
    async with served(app) as client:
        async with following(client, road, name) as stream:
            assert [event["kind"] for event in await stream.until("registered")] == ["registered"]
            await happens(desk, name, "connected")
            (connected,) = await stream.until("connected")
            assert connected["detail"] == {"by": "test"}
        await happens(desk, name, "booted")
        await happens(desk, name, "configuration_applied")
        async with following(client, road, name, **{"Last-Event-ID": str(connected["id"])}) as stream:
            missed = await stream.until("configuration_applied")
            assert [event["kind"] for event in missed] == ["booted", "configuration_applied"]


@pytest.mark.walked("to_station")
@pytest.mark.step("P14")
async def test_a_stream_survives_the_loss_of_the_listening_connection(
    app: FastAPI, road: Road, desk: Desk, settings: Settings
) -> None:
    name = road.station
    async with served(app) as client, following(client, road, name) as stream:
        await stream.until("registered")
        url = settings.database_url.get_secret_value()
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            ended = await connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
            assert await ended.fetchone() == (1,)
        # Told while nobody listens; heard when the connection is back.
        await happens(desk, name, "booted")
        await stream.until("booted")


@pytest.mark.walked("to_station")
async def test_a_quiet_stream_is_kept_alive_and_a_reader_who_leaves_is_forgotten(
    app: FastAPI, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station_events, "KEEP_ALIVE_S", 0.05)
    name = road.station
    events = app.state.services.station_events
    async with served(app) as client:
        async with following(client, road, name) as stream:
            await stream.until("alive")
            assert events.streams == 1
        await _eventually(lambda: events.streams == 0)


@pytest.mark.walked("to_station")
async def test_a_stream_ends_after_its_time_so_that_the_reader_is_asked_again_who_it_is(
    app: FastAPI, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station_events, "LIFETIME_S", 0.2)
    monkeypatch.setattr(station_events, "KEEP_ALIVE_S", 0.05)
    name = road.station
    async with served(app) as client, following(client, road, name) as stream:
        with pytest.raises(AssertionError, match="the stream ended"):
            await stream.until("never")


@pytest.mark.walked("to_station")
async def test_a_stream_ends_when_its_reader_is_shut_out(
    app: FastAPI, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station_events, "KEEP_ALIVE_S", 0.05)
    name = road.station
    async with served(app) as client, following(client, road, name) as stream:
        await stream.until("alive")
        await road.call(road.world.administrator, "POST", f"/v1/users/{road.world.installer_user.id}/disable")
        with pytest.raises(AssertionError, match="the stream ended"):
            await stream.until("never")


@pytest.mark.walked("to_station")
async def test_one_reader_does_not_take_all_streams(app: FastAPI, road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "STREAMS_OF_ONE", 1)
    name = road.station
    async with served(app) as client, following(client, road, name) as stream:
        await stream.until("registered")
        again = await client.get(f"{STATIONS}/{name}/events", headers=road.world.installer_user.headers)
        assert (again.status_code, again.headers["retry-after"]) == (503, "30")


@pytest.mark.walked("to_station")
async def test_streams_end_when_the_process_is_to_end(app: FastAPI, road: Road) -> None:
    name = road.station
    stop = asyncio.Event()
    async with served(app) as client, following(client, road, name) as stream:
        await stream.until("registered")
        stop.set()
        await end_streams(app, stop)
        with pytest.raises(AssertionError, match="the stream ended"):
            await stream.until("never")


@pytest.mark.walked("to_station")
async def test_a_last_event_id_that_is_none_is_named(road: Road) -> None:
    name = road.station
    for wrong in ("soon", "-1", str(2**63)):
        headers = {**road.world.installer_user.headers, "Last-Event-ID": wrong}
        answer = await road.api.get(f"{STATIONS}/{name}/events", headers=headers)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "last-event-id"
