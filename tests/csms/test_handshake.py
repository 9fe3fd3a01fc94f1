"""Who gets in, and how the others are told (OCPP.md 12, 14; P13)."""

import asyncio
import http.client
from http import HTTPStatus
from uuid import UUID

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.frames import CloseCode
from websockets.http11 import Response
from websockets.typing import Subprotocol

from csms import authentication
from csms.listener import CsmsServer
from csms.ports import KnownStation, OpenConnection
from tests.csms.memory import MemoryRecords
from tests.csms.station import DEADLINE_S, basic, station_at, until

pytestmark = pytest.mark.step("P13")


async def refused(server: CsmsServer, path: str, headers: dict[str, str] | None = None) -> Response:
    with pytest.raises(InvalidStatus) as refusal:
        await connect(
            f"ws://127.0.0.1:{server.port}{path}", additional_headers=headers, subprotocols=[Subprotocol("ocpp1.6")]
        )
    return refusal.value.response


@pytest.mark.step("O12")
async def test_an_unregistered_identity_gets_404_until_it_is_registered(
    server: CsmsServer, records: MemoryRecords
) -> None:
    headers = basic("CP-NEW", "factory-secret")
    assert (await refused(server, "/ocpp/CP-NEW", headers)).status_code == HTTPStatus.NOT_FOUND
    records.register("CP-NEW")
    async with station_at(server, "CP-NEW") as station:
        assert (await station.call("Heartbeat", {}))["currentTime"]


@pytest.mark.parametrize(
    "path", ["/", "/ocpp", "/ocpp/", "/ocpp/CP-1/more", "/other/CP-1", "/ocpp/CP%00", "/ocpp/" + "x" * 49, "/ocpp/%ff"]
)
async def test_a_path_that_names_no_station_gets_404(server: CsmsServer, path: str) -> None:
    assert (await refused(server, path, basic("CP-1", "factory-secret"))).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.step("O12")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("CP-1", "wrong"),
        basic("CP-2", "factory-secret"),
        basic("CP-1", ""),
        basic("CP-1", "x" * 5000),
        {"Authorization": "Basic not-base-64!"},
        {"Authorization": "Bearer factory-secret"},
        {"Authorization": "Basic"},
    ],
)
async def test_wrong_credentials_get_401_and_the_scheme_to_use(server: CsmsServer, headers: dict[str, str]) -> None:
    response = await refused(server, "/ocpp/CP-1", headers)
    assert response.status_code == HTTPStatus.UNAUTHORIZED
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


async def test_a_station_is_told_to_come_again_while_the_records_are_down(
    server: CsmsServer, records: MemoryRecords
) -> None:
    records.broken = True
    response = await refused(server, "/ocpp/CP-1", basic("CP-1", "factory-secret"))
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.headers["Retry-After"]


async def test_a_socket_of_which_only_a_part_was_recorded_does_not_leave_its_station_online(
    server: CsmsServer, records: MemoryRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = asyncio.Event()

    async def half(station: KnownStation, connection: OpenConnection) -> None:
        records.kept[station.identity].connection = connection
        raise ConnectionError("the database is down")

    async def disconnected(station: KnownStation, connection_id: UUID, reason: str) -> None:
        await MemoryRecords.disconnected(records, station, connection_id, reason)
        ended.set()

    monkeypatch.setattr(records, "connected", half)
    monkeypatch.setattr(records, "disconnected", disconnected)
    url, headers = f"ws://127.0.0.1:{server.port}/ocpp/CP-1", basic("CP-1", "factory-secret")
    async with (
        asyncio.timeout(DEADLINE_S),
        connect(url, additional_headers=headers, subprotocols=[Subprotocol("ocpp1.6")]) as socket,
    ):
        await socket.wait_closed()
        await ended.wait()
    assert socket.close_code == CloseCode.TRY_AGAIN_LATER
    assert records.kept["CP-1"].connection is None


async def test_a_storm_of_logins_is_told_to_come_again(server: CsmsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "WAITING_LIMIT", 0)
    response = await refused(server, "/ocpp/CP-1", basic("CP-1", "factory-secret"))
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.headers["Retry-After"]


@pytest.mark.step("O12")
@pytest.mark.parametrize("subprotocol", ["ocpp2.0", "ocpp1.5", None])
async def test_without_a_common_subprotocol_the_handshake_ends_without_one_and_the_socket_closes(
    server: CsmsServer, records: MemoryRecords, subprotocol: str | None
) -> None:
    async with station_at(server, subprotocol=subprotocol) as station:
        assert station.socket.subprotocol is None
        assert await station.closed() == 1002
    assert records.kept["CP-1"].connection is None


@pytest.mark.parametrize(
    ("offered", "spoken"),
    [
        (["ocpp1.6", "ocpp2.0.1", "ocpp2.1"], "ocpp2.1"),
        (["ocpp1.6", "ocpp2.0.1"], "ocpp2.0.1"),
        (["ocpp2.0", "ocpp1.6"], "ocpp1.6"),
    ],
)
async def test_of_the_versions_that_a_station_offers_the_newest_is_spoken(
    server: CsmsServer, records: MemoryRecords, offered: list[str], spoken: str
) -> None:
    url, key = f"ws://127.0.0.1:{server.port}/ocpp/CP-1", basic("CP-1", "factory-secret")
    async with connect(url, additional_headers=key, subprotocols=[Subprotocol(each) for each in offered]) as socket:
        assert socket.subprotocol == spoken
        held = await until(lambda: records.kept["CP-1"].connection)
        assert held.protocol == spoken


async def test_plain_http_is_told_to_use_a_websocket(server: CsmsServer) -> None:
    def ask() -> int:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        client.request("GET", "/ocpp/CP-1", headers=basic("CP-1", "factory-secret"))
        status = client.getresponse().status
        client.close()
        return status

    assert await asyncio.to_thread(ask) == HTTPStatus.UPGRADE_REQUIRED


async def test_the_connection_is_recorded_with_node_and_address_and_its_end_too(
    server: CsmsServer, records: MemoryRecords
) -> None:
    kept = records.kept["CP-1"]
    assert records.nodes == ["test-node"]
    async with station_at(server):
        opened = await until(lambda: kept.connection)
        assert (opened.node, opened.remote_ip, opened.protocol) == ("test-node", "127.0.0.1", "ocpp1.6")
    await until(lambda: kept.connection is None and kept.ended)


@pytest.mark.step("O14")
async def test_a_second_socket_replaces_the_first_whose_late_end_does_not_take_the_station_offline(
    server: CsmsServer, records: MemoryRecords
) -> None:
    kept = records.kept["CP-1"]
    async with station_at(server) as old:
        first = await until(lambda: kept.connection)
        async with station_at(server) as new:
            assert await old.closed() == 1000
            await until(lambda: kept.ended == ["replaced"])
            assert kept.connection is not None
            assert kept.connection != first
            assert await new.call("Heartbeat", {})


@pytest.mark.step("O14")
async def test_a_stranger_does_not_take_over_a_stations_session(server: CsmsServer, records: MemoryRecords) -> None:
    async with station_at(server) as station:
        mine = await until(lambda: records.kept["CP-1"].connection)
        await refused(server, "/ocpp/CP-1", basic("CP-1", "guessed"))
        assert records.kept["CP-1"].connection is mine
        assert await station.call("Heartbeat", {})


async def test_a_shutdown_tells_stations_that_the_service_restarts(records: MemoryRecords) -> None:
    async with (
        CsmsServer(records, host="127.0.0.1", port=0, node="n") as server,
        station_at(server) as station,
    ):
        await until(lambda: records.kept["CP-1"].connection)
        await server.__aexit__(None, None, None)
        assert await station.closed() == 1012
    assert records.kept["CP-1"].connection is None
