"""What one station, one address or a crowd can take of a node, and that the others do not feel it (OCPP.md 21)."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response
from websockets.typing import Subprotocol

from csms import listener, throttle
from csms.entrance import Bounds, Crowd, Proxies
from csms.events import ConnectorStatus
from csms.limits import Limits
from csms.listener import CsmsServer, Ports
from csms.ports import KnownStation
from csms.throttle import Guesses
from csms.tls import Tls
from tests.certificates import client_context
from tests.csms.memory import FACTORY_KEY, MemoryRecords
from tests.csms.security.secured import TLS, Trust
from tests.csms.station import RawStation, basic, station_at, until

pytestmark = pytest.mark.step("O21")

HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


@asynccontextmanager
async def node(records: MemoryRecords, **more: object) -> AsyncIterator[CsmsServer]:
    async with CsmsServer(records, host=HERE, port=0, node="n", **more) as server:  # type: ignore[arg-type]
        yield server


async def refused(server: CsmsServer, identity: str, key: str, address: str = HERE) -> Response:
    with pytest.raises(InvalidStatus) as refusal:
        await connect(
            f"ws://{HERE}:{server.port}/ocpp/{identity}",
            additional_headers=basic(identity, key),
            subprotocols=[Subprotocol("ocpp1.6")],
            local_addr=(address, 0),
        )
    return refusal.value.response


async def comes_in(server: CsmsServer, address: str) -> bool:
    async with connect(
        f"ws://{HERE}:{server.port}/ocpp/CP-1",
        additional_headers=basic("CP-1", FACTORY_KEY),
        subprotocols=[Subprotocol("ocpp1.6")],
        local_addr=(address, 0),
    ) as held:
        await held.send('[2,"h","Heartbeat",{}]')
        return bool(json.loads(await held.recv())[:2] == [3, "h"])


@pytest.mark.step("O12", "O14", "O29")
async def test_who_guesses_is_slowed_by_address_and_a_known_station_beside_it_is_not(
    server: CsmsServer, records: MemoryRecords
) -> None:
    async with station_at(server) as station:
        mine = await until(lambda: records.kept["CP-1"].connection)
        for number in range(throttle.GUESSES_AT_ONCE):
            unknown = number % 3 == 0
            response = await refused(server, "CP-NOBODY" if unknown else "CP-1", f"guess {number}")
            assert response.status_code == (404 if unknown else 401)
        records.register("CP-2")
        for identity, key in (("CP-1", "one more"), ("CP-NOBODY", "x"), ("CP-2", FACTORY_KEY)):
            response = await refused(server, identity, key)
            assert (response.status_code, response.headers["Retry-After"]) == (429, "30")
        assert records.kept["CP-1"].connection is mine
        assert await station.call("Heartbeat", {})
    assert await comes_in(server, HERE), "its key was right before"
    assert (await refused(server, "CP-1", "guess", ELSEWHERE)).status_code == 401


def test_guesses_are_forgotten_in_time_and_their_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(throttle.Throttle.__init__, "__defaults__", (lambda: now,))
    monkeypatch.setattr(throttle, "ADDRESSES_REMEMBERED", 2)
    guesses = Guesses(at_once=2, per_s=0.1)
    for _ in range(50):
        guesses.count("a")
    assert guesses.are_too_many("a")
    now = 10.0
    assert not guesses.are_too_many("a"), "what was refused anyway adds nothing"
    for address in ("b", "c"):
        guesses.count(address)
        guesses.count(address)
    assert [guesses.are_too_many(address) for address in "abc"] == [False, True, True]


async def test_silent_sockets_of_one_address_keep_that_one_waiting_and_no_other(records: MemoryRecords) -> None:
    async with node(records, bounds=Bounds(per_address=5)) as server:
        silent = [socket.create_connection((HERE, server.port)) for _ in range(5)]
        await until(lambda: len(server._crowd) == 5)
        response = await refused(server, "CP-1", FACTORY_KEY)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
        assert await comes_in(server, ELSEWHERE)
        for each in silent:
            each.close()
        await until(lambda: len(server._crowd) == 0)
        assert await comes_in(server, HERE)


async def test_those_that_came_before_the_crowd_grew_too_large_are_let_in(records: MemoryRecords) -> None:
    async with node(records, bounds=Bounds(per_address=5)) as server:
        early, late = [await asyncio.open_connection(HERE, server.port) for _ in range(2)], []
        await until(lambda: len(server._crowd) == 2)
        late += [await asyncio.open_connection(HERE, server.port) for _ in range(6)]
        await until(lambda: len(server._crowd) == 8)
        statuses = [await status_of(connection) for connection in (late[-1], early[0], early[1])]
        assert statuses == [b"503", b"101", b"101"]
        for _, writer in (*early, *late):
            writer.close()


async def status_of(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> bytes:
    """What the handshake of a station on this connection ends with."""
    reader, writer = connection
    headers = {
        "Host": "x",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "ocpp1.6",
        **basic("CP-1", FACTORY_KEY),
    }
    lines = ["GET /ocpp/CP-1 HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode())
    async with asyncio.timeout(5):
        return (await reader.readline()).split()[1]


async def test_a_crowd_of_half_open_sockets_is_bounded_over_all_addresses(records: MemoryRecords) -> None:
    async with node(records, bounds=Bounds(handshakes=6, per_address=3)) as server:
        silent = [
            socket.create_connection((HERE, server.port), source_address=(f"127.0.0.{3 + number % 3}", 0))
            for number in range(30)
        ]
        assert await until(lambda: len(server._crowd)) <= 2 * 6
        for each in silent:
            each.close()
        await until(lambda: len(server._crowd) == 0)
        assert await comes_in(server, HERE)


@pytest.mark.step("O30")
async def test_over_the_bound_no_tls_handshake_is_begun_for_that_address(records: MemoryRecords, trust: Trust) -> None:
    async with node(records, ports=Ports(tls=0), tls=Tls(trust.files), bounds=Bounds(per_address=2)) as server:
        address = (HERE, server.port_of(TLS))
        silent = [socket.create_connection(address) for _ in range(2)]
        await until(lambda: len(server._crowd) == 2)
        one_more = socket.create_connection(address)
        one_more.settimeout(5)
        assert await asyncio.to_thread(one_more.recv, 1) == b""
        tls = client_context(trust.root.certificate)
        async with connect(
            f"wss://{HERE}:{address[1]}/ocpp/CP-1",
            additional_headers=basic("CP-1", FACTORY_KEY),
            subprotocols=[Subprotocol("ocpp1.6")],
            local_addr=(ELSEWHERE, 0),
            ssl=tls,
        ) as held:
            await held.send('[2,"h","Heartbeat",{}]')
            assert json.loads(await held.recv())[:2] == [3, "h"]
        for each in (*silent, one_more):
            each.close()


async def test_a_full_node_sends_a_new_station_elsewhere_and_lets_its_own_come_back(records: MemoryRecords) -> None:
    records.register("CP-2")
    async with node(records, bounds=Bounds(sockets=1)) as server, station_at(server) as first:
        assert await first.call("Heartbeat", {})
        response = await refused(server, "CP-2", FACTORY_KEY)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
        async with station_at(server) as again:
            assert await again.call("Heartbeat", {})


@pytest.mark.parametrize("frame", ['[2,"f","Heartbeat",{}]', "x" * 4000, "[" * 200])
async def test_a_flood_of_one_station_is_held_to_its_own_rate_while_another_is_served(
    records: MemoryRecords, frame: str
) -> None:
    """Of its frames the flood gets its burst answered and what its rate allows, however long the other needs."""
    records.register("CP-2")
    limits = Limits(messages_per_s=5, burst=20, unreadable_in_a_row=5000)
    async with node(records, limits=limits) as server, station_at(server) as flood, station_at(server, "CP-2") as other:
        began_s = time.monotonic()
        sending = asyncio.create_task(_send_all(flood, frame, 3000))
        answered = [await other.call("StatusNotification", STATUS) for _ in range(15)]
        assert answered == [{}] * 15
        allowed = limits.burst + limits.messages_per_s * (time.monotonic() - began_s)
        assert flood._frames.qsize() <= allowed + 1
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        assert len(records.kept["CP-2"].events) == 15
        session = server.registry.get(records.kept["CP-1"].station.asset_id)
        assert session is not None
        session._connection._socket.transport.abort()
        assert await until(lambda: records.kept["CP-1"].ended), "thousands of frames that wait keep no dead socket"


async def _send_all(station: RawStation, frame: str, times: int) -> None:
    for _ in range(times):
        await station.send(frame)


class SlowRecords(MemoryRecords):
    """Each status takes some turns of the loop; how many are under way at once is counted."""

    running = most = 0

    async def status(self, station: KnownStation, event: ConnectorStatus, at: datetime) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        for _ in range(20):
            await asyncio.sleep(0)
        self.running -= 1
        await super().status(station, event, at)


async def test_the_calls_in_work_at_once_are_bounded_over_all_stations_and_each_has_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listener, "CALLS_IN_WORK", 2)
    records = SlowRecords()
    names = [f"CP-{number}" for number in range(6)]
    for name in names:
        records.register(name)

    async def say(server: CsmsServer, name: str, times: int) -> None:
        async with station_at(server, name) as station:
            for _ in range(times):
                assert await station.call("StatusNotification", STATUS) == {}

    async with node(records) as server:
        await asyncio.gather(*(say(server, name, 5) for name in names))
    assert records.most == 2
    assert [len(records.kept[name].events) for name in names] == [5] * 6


async def test_a_station_that_does_not_read_is_cut_off_and_the_others_are_not(records: MemoryRecords) -> None:
    records.register("CP-2")
    limits = Limits(sending_s=0.3, messages_per_s=10**6, burst=10**6)
    async with node(records, limits=limits) as server, station_at(server, "CP-2") as other:
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        narrow.connect((HERE, server.port))
        async with connect(
            f"ws://{HERE}:{server.port}/ocpp/CP-1",
            sock=narrow,
            additional_headers=basic("CP-1", FACTORY_KEY),
            subprotocols=[Subprotocol("ocpp1.6")],
            max_queue=1,
            ping_interval=None,
            close_timeout=0.1,
        ) as deaf:
            session = await until(lambda: server.registry.get(records.kept["CP-1"].station.asset_id))
            raw = session._connection._socket.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            sending = asyncio.create_task(_talk(deaf))
            await until(lambda: records.kept["CP-1"].ended)
            assert await other.call("Heartbeat", {})
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def _talk(deaf: object) -> None:
    for number in range(100_000):
        await deaf.send(json.dumps([2, f"{number:0250}", "Heartbeat", {}]))  # type: ignore[attr-defined]


def test_whoever_has_a_whole_network_of_addresses_counts_as_one() -> None:
    guesses, crowd = Guesses(at_once=3), Crowd(Bounds(per_address=3), Proxies())
    for number in range(4):
        guesses.count(f"2001:db8:1:2::{number:x}")
        crowd.enter(f"2001:db8:1:2::{number:x}")
    assert guesses.are_too_many("2001:db8:1:2:ffff::1")
    assert crowd.is_too_large("2001:db8:1:2:ffff::1")
    for other in ("2001:db8:1:3::1", "192.0.2.1", "::ffff:192.0.2.1"):
        assert not guesses.are_too_many(other)
        assert not crowd.is_too_large(other)
