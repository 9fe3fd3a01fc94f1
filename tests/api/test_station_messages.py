"""What a station and we said to each other, and the connections over which it was said (L1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from api.v1 import station_messages
from models.store import assets, messages
from models.store.messages import Exchange
from models.store.viewer import EVERYTHING
from models.tables.asset import Asset
from models.tables.base import new_id
from models.usecases.work import Desk
from tests.api.road import PROCESS, Road
from tests.api.test_stations import STATIONS, Stream, served
from tests.people import World

pytestmark = pytest.mark.step("L1")

BEGAN = datetime(2026, 11, 21, 10, tzinfo=UTC)
CONNECTION = new_id()


async def said(desk: Desk, name: str, *actions: str, direction: messages.Direction = "received", **fields: Any) -> None:
    """One message a minute."""
    async with desk.work(PROCESS, "test") as work:
        asset = await assets.find(work.session, name, EVERYTHING)
        assert asset is not None
        lines = [
            Exchange(
                id=fields.get("id") or new_id(),
                at=BEGAN + timedelta(minutes=minute),
                asset_id=asset.id,
                connection_id=CONNECTION,
                direction=direction,
                action=action,
                message_id=f"m{minute}",
                payload=fields.get("payload", "{}"),
                answer=fields.get("answer", "{}"),
                error=fields.get("error"),
                took_ms=3,
                size=20,
            )
            for minute, action in enumerate(actions)
        ]
        await messages.add(work.session, lines)


async def found(road: Road, name: str, **params: Any) -> list[str]:
    page = await road.call(road.world.operations, "GET", f"{STATIONS}/{name}/messages", params=params)
    return [item["action"] for item in page["items"]]


@pytest.mark.walked("to_station")
async def test_messages_are_shown_newest_first_and_page_by_page(road: Road, desk: Desk) -> None:
    name = road.station
    await said(desk, name, "BootNotification", "StatusNotification", "Authorize", payload='{"idTag":"…7A2C"}')
    address = f"{STATIONS}/{name}/messages"
    page = await road.call(road.world.operations, "GET", address, params={"limit": 2})
    assert [item["action"] for item in page["items"]] == ["Authorize", "StatusNotification"]
    assert page["items"][0]["payload"] == {"idTag": "…7A2C"}
    assert page["items"][0]["answer"] == {}
    more = {"limit": 2, "cursor": page["next_cursor"]}
    page = await road.call(road.world.operations, "GET", address, params=more)
    assert ([item["action"] for item in page["items"]], page["next_cursor"]) == (["BootNotification"], None)


@pytest.mark.walked("to_station")
async def test_messages_are_found_by_action_direction_time_and_words(road: Road, desk: Desk) -> None:
    name = road.station
    await said(desk, name, "Heartbeat", "MeterValues")
    await said(desk, name, "Reset", direction="sent", answer='{"status":"Rejected"}')
    await said(desk, name, "Teleport", answer=None, error="NotImplemented")
    assert await found(road, name, action="MeterValues") == ["MeterValues"]
    assert await found(road, name, direction="sent") == ["Reset"]
    assert await found(road, name, since="2026-11-21T10:01:00Z") == ["MeterValues"]
    assert await found(road, name, until="2026-11-21T11:01:00+01:00") == ["Teleport", "Reset", "Heartbeat"]
    assert await found(road, name, q="rejected") == ["Reset"]
    assert await found(road, name, q="notimpl") == ["Teleport"]
    assert await found(road, name, q="%") == []
    for wrong in ({"direction": "up"}, {"since": "yesterday"}, {"since": "2026-11-21T10:00:00"}, {"word": "x"}):
        answer = await road.api.get(f"{STATIONS}/{name}/messages", params=wrong, headers=road.world.operations.headers)
        assert answer.status_code == 422, wrong


@pytest.mark.walked("to_station")
async def test_messages_of_another_organisations_station_are_not_there(road: Road, world: World) -> None:
    name = road.station
    for path in ("messages", "messages/live", "connections"):
        address = f"{STATIONS}/{name}/{path}"
        assert (await road.api.get(address, headers=world.other_installer_user.headers)).status_code == 404
        assert (await road.api.get(address, headers=world.requester.headers)).status_code == 403
        assert (await road.api.get(address)).status_code == 401


@pytest.mark.walked("to_station")
async def test_an_installer_does_not_see_what_drivers_do_after_the_activation(
    road: Road, desk: Desk, world: World
) -> None:
    name = road.station
    await said(desk, name, "BootNotification", "Authorize")
    async with desk.database.transaction() as session:
        activated = sa.update(Asset).values(activated_at=BEGAN + timedelta(seconds=30))
        await session.execute(activated)
    address = f"{STATIONS}/{name}/messages"
    seen = await road.call(world.installer_user, "GET", address)
    assert [item["action"] for item in seen["items"]] == ["BootNotification"]
    asked = await road.call(world.installer_user, "GET", address, params={"until": "2027-01-01T00:00:00Z"})
    assert asked == seen
    keeper = await road.call(world.service_user, "GET", address)
    assert len(keeper["items"]) == 2


@pytest.mark.walked("to_station")
async def test_an_installers_stream_tells_nothing_of_what_comes_after_an_activation_meanwhile(
    app: FastAPI, road: Road, desk: Desk, world: World
) -> None:
    name = road.station
    async with served(app) as client:
        headers = world.installer_user.headers
        async with client.stream("GET", f"{STATIONS}/{name}/messages/live", headers=headers) as response:
            stream = LiveMessages(response)
            await said(desk, name, "BootNotification")
            await stream.until("BootNotification")
            async with desk.database.transaction() as session:
                await session.execute(sa.update(Asset).values(activated_at=BEGAN + timedelta(seconds=150)))
            # A minute apart: Authorize was said when the station was active. The last one was written down late.
            await said(desk, name, "Heartbeat", "StatusNotification", "DataTransfer", "Authorize")
            await said(desk, name, "LogStatusNotification")
            seen = [each["action"] for each in await stream.until("LogStatusNotification")]
            assert seen == ["Heartbeat", "StatusNotification", "DataTransfer", "LogStatusNotification"]


@pytest.mark.walked("to_station")
async def test_messages_are_followed_live_and_gone_on_with(app: FastAPI, road: Road, desk: Desk) -> None:
    name = road.station
    await said(desk, name, "BootNotification")
    headers = road.world.operations.headers
    async with served(app) as client:
        async with client.stream("GET", f"{STATIONS}/{name}/messages/live", headers=headers) as response:
            stream = LiveMessages(response)
            (first,) = await stream.until("BootNotification")
            await said(desk, name, "Heartbeat", "MeterValues")
            assert [each["action"] for each in await stream.until("MeterValues")] == ["Heartbeat", "MeterValues"]
        again = {**headers, "Last-Event-ID": first["id"]}
        async with client.stream("GET", f"{STATIONS}/{name}/messages/live", headers=again) as response:
            missed = await LiveMessages(response).until("MeterValues")
            # What may have been written down late comes once more.
            assert [each["action"] for each in missed] == ["BootNotification", "Heartbeat", "MeterValues"]


@pytest.mark.walked("to_station")
async def test_a_message_that_is_written_down_later_than_younger_ones_is_followed_too_and_nothing_twice(
    app: FastAPI, road: Road, desk: Desk
) -> None:
    """By another node, say; also where its clock is behind."""
    name = road.station
    headers = road.world.operations.headers
    async with (
        served(app) as client,
        client.stream("GET", f"{STATIONS}/{name}/messages/live", headers=headers) as response,
    ):
        stream = LiveMessages(response)
        await said(desk, name, "BootNotification")
        await stream.until("BootNotification")
        late = [new_id() for _ in range(3)]
        await said(desk, name, "Heartbeat")
        await stream.until("Heartbeat")
        for number, each in enumerate(late):
            await said(desk, name, f"Late{number}", id=each)
            assert [seen["id"] for seen in await stream.until(f"Late{number}")] == [str(each)]
        ahead = messages.shortly_before(new_id(), timedelta(hours=-1))
        await said(desk, name, "Ahead", id=ahead)
        await stream.until("Ahead")
        await said(desk, name, "Behind")
        assert [each["action"] for each in await stream.until("Behind")] == ["Behind"]


@pytest.mark.walked("to_station")
async def test_a_station_that_says_much_is_followed_all_the_same(
    app: FastAPI, road: Road, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station_messages, "BATCH", 2)
    name = road.station
    async with (
        served(app) as client,
        client.stream("GET", f"{STATIONS}/{name}/messages/live", headers=road.world.operations.headers) as response,
    ):
        actions = [f"Call{number}" for number in range(7)]
        await said(desk, name, *actions)
        assert [each["action"] for each in await LiveMessages(response).until("Call6")] == actions


class LiveMessages(Stream):
    """Told apart by their actions."""

    async def until(self, kind: str) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["action"] != kind:
            seen.append(await self.next())
        return seen


@pytest.mark.walked("to_checked")
async def test_the_connections_of_a_station_are_shown_with_how_they_ended(road: Road, world: World) -> None:
    name = road.station
    address = f"{STATIONS}/{name}/connections"
    (connection,) = (await road.call(world.operations, "GET", address))["items"]
    assert (connection["node"], connection["protocol"], connection["remote_ip"]) == ("csms-1", "ocpp1.6", "192.0.2.7")
    (partners,) = (await road.call(world.installer_user, "GET", address))["items"]
    assert partners == {**connection, "node": None, "remote_ip": None}
    assert (connection["ended_at"], connection["reason"]) == (None, None)
    station = await road.call(world.installer_user, "GET", f"{STATIONS}/{name}")
    assert station["clock_drift_s"] is None
