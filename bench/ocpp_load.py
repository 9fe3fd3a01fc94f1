"""Stations that say what they have to say as fast as they are answered; a process of its own.

They speak the wire themselves: frames with a mask of zeros, which costs next to nothing, so that one core of theirs is
enough for one core of whoever answers. Tells what it saw as JSON.
"""

import argparse
import asyncio
import base64
import itertools
import json
import random
import re
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvloop

CONNECTING_AT_ONCE = 200
PATIENCE_S = 120.0
TOKENS = 1_000_000
_TRANSACTION = re.compile(rb'"transactionId":\s*(\d+)')
_LONG, _LONGER = 126, 127
METER_VALUES, HEARTBEATS, STATUSES = 35, 7, ("Preparing", "Charging", "Finishing", "Available")
"""Of one charge, beside two Authorize, its start and its stop: 70, 14, 8, 4, 2 and 2 in a hundred."""


def identity_of(number: int) -> str:
    return f"BENCH-{number}"


def key_of(number: int) -> str:
    return f"{number:040X}"


def token_of(number: int) -> str:
    return f"BENCH{number:08d}"


@dataclass
class Seen:
    """What all stations saw."""

    answers: int = 0
    errors: int = 0
    cards_refused: int = 0
    latencies_s: dict[str, list[float]] = field(default_factory=dict)
    closed: int = 0


class Station(asyncio.Protocol):
    """One socket; one call at a time."""

    def __init__(self, number: int, seen: Seen, next_call: Callable[["Station"], tuple[str, str] | None]) -> None:
        self.number = number
        self.transaction = b"0"
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._next_call = next_call
        self._seen = seen
        self._data = b""
        self._ids = itertools.count(1)
        self._asked = ("", 0.0)
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        login = base64.b64encode(f"{identity_of(self.number)}:{key_of(self.number)}".encode()).decode()
        transport.write(
            f"GET /ocpp/{identity_of(self.number)} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n"
            f"Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: Basic {login}\r\n\r\n".encode()
        )

    def connection_lost(self, _: Exception | None) -> None:
        self._seen.closed += 1
        if not self.open.done():
            self.open.set_exception(ConnectionError(self._data[:80].decode(errors="replace")))

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self.open.done() and not self._opened():
            return
        while (frame := self._frame()) is not None:
            self._take(*frame)

    def say(self) -> None:
        """Says the next thing, if there is one."""
        call = self._next_call(self)
        if call is not None:
            action, payload = call
            self._asked = (action, time.perf_counter())
            self._write(0x81, b'[2,"%d","%s",%s]' % (next(self._ids), action.encode(), payload.encode()))

    def end(self) -> None:
        self._transport.abort()

    def _opened(self) -> bool:
        head, found, rest = self._data.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self.open.set_exception(ConnectionError(head[:60].decode()))
            self._transport.abort()
            return False
        self._data = rest
        self.open.set_result(None)
        return True

    def _frame(self) -> tuple[int, bytes] | None:
        data = self._data
        if len(data) < 2:
            return None
        size, begins = data[1], 2
        if size == _LONG:
            size, begins = struct.unpack_from("!H", data, 2)[0], 4
        elif size == _LONGER:
            size, begins = struct.unpack_from("!Q", data, 2)[0], 10
        if len(data) < begins + size:
            return None
        self._data = data[begins + size :]
        return data[0] & 0x0F, data[begins : begins + size]

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == 9:
            self._write(0x8A, payload)
        elif kind == 1:
            self._answered(payload)

    def _answered(self, payload: bytes) -> None:
        action, asked_s = self._asked
        if payload[1:2] == b"2" and b'"%s"' % action.encode() not in payload:
            return  # a call of the central system
        self._seen.answers += 1
        self._seen.errors += payload[1:2] == b"4"
        self._seen.cards_refused += action == "Authorize" and b'"Accepted"' not in payload
        self._seen.latencies_s.setdefault(action, []).append(time.perf_counter() - asked_s)
        if action == "StartTransaction" and (found := _TRANSACTION.search(payload)):
            self.transaction = found[1]
        self.say()

    def _write(self, head: int, payload: bytes) -> None:
        size = len(payload)
        length = bytes((0x80 | size,)) if size < _LONG else b"\xfe" + struct.pack("!H", size)
        self._transport.write(bytes((head,)) + length + b"\0\0\0\0" + payload)


def charges() -> Callable[[Station], tuple[str, str] | None]:
    """One charge after the other, each station in its own."""
    told: dict[int, Iterator[tuple[str, str]]] = {}

    def next_call(station: Station) -> tuple[str, str]:
        saying = told.get(station.number)
        if saying is None:
            saying = told[station.number] = _life(station, random.randrange(METER_VALUES))
        return next(saying)

    return next_call


def _life(station: Station, metered: int) -> Iterator[tuple[str, str]]:
    """``metered``: how far the first charge has come, so that not all stations say the same thing at once."""
    meter_wh = 0
    while True:
        read = range(meter_wh + 25, meter_wh + 25 * (METER_VALUES - metered) + 1, 25)
        yield from charge(station, token_of(random.randrange(TOKENS)), meter_wh, read)
        metered, meter_wh = 0, read[-1]


def charge(station: Station, token: str, start_wh: int, read: Sequence[int]) -> Iterator[tuple[str, str]]:
    """What a station says of one, with the states of its meter; the last of them is the one at its stop."""
    card = json.dumps({"idTag": token})
    yield "Authorize", card
    yield "StatusNotification", _status(STATUSES[0])
    start = {"connectorId": 1, "idTag": token, "meterStart": start_wh, "timestamp": _now()}
    yield "StartTransaction", json.dumps(start)
    yield "StatusNotification", _status(STATUSES[1])
    for number, meter_wh in enumerate(read, start=1):
        yield "MeterValues", _meter_values(station.transaction.decode(), meter_wh)
        if number % 5 == 0:
            yield "Heartbeat", "{}"
    yield "StatusNotification", _status(STATUSES[2])
    yield "Authorize", card
    stop = {"transactionId": int(station.transaction), "meterStop": read[-1], "timestamp": _now(), "idTag": token}
    yield "StopTransaction", json.dumps(stop)
    yield "StatusNotification", _status(STATUSES[3])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _status(status: str) -> str:
    return json.dumps({"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": _now()})


def _meter_values(transaction: str, meter_wh: int) -> str:
    return (
        f'{{"connectorId":1,"transactionId":{transaction},"meterValue":[{{"timestamp":"{_now()}","sampledValue":['
        f'{{"value":"{meter_wh}","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"}},'
        f'{{"value":"7360.5","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"}},'
        f'{{"value":"16.0","context":"Sample.Periodic","measurand":"Current.Import","phase":"L1","unit":"A"}}]}}]}}'
    )


def once(action: str) -> Callable[[Station], tuple[str, str] | None]:
    """Each station says one thing, once for each time that it is asked to."""
    due: set[int] = set()

    def next_call(station: Station) -> tuple[str, str] | None:
        if station.number in due:
            due.discard(station.number)
            return None
        due.add(station.number)
        payload = {"idTag": token_of(random.randrange(TOKENS))} if action == "Authorize" else {}
        return action, json.dumps(payload)

    return next_call


class InTurn:
    """Stations that ask about cards one after the other, each as soon as the one before is answered.

    It is every ``step``-th card of the million, and on from the first.
    """

    def __init__(self, count: int, step: int) -> None:
        self.stations: list[Station] = []
        self._asked = 0
        self._count = count
        self._step = step
        self._waits = False

    def __call__(self, _: Station) -> tuple[str, str] | None:
        if not self.stations:
            return None
        self._waits = not self._waits
        if not self._waits:
            asyncio.get_running_loop().call_soon(self.stations[self._asked % len(self.stations)].say)
            return None
        if self._asked == self._count:
            return None
        self._asked += 1
        return "Authorize", json.dumps({"idTag": token_of(self._asked * self._step % TOKENS)})


async def connected(port: int, numbers: range, seen: Seen, say: Any) -> tuple[list[Station], int]:
    """All of them, as fast as they are let in; who is refused comes again. How often that was is told too."""
    room, refused = asyncio.Semaphore(CONNECTING_AT_ONCE), 0
    loop = asyncio.get_running_loop()

    async def one(number: int) -> Station:
        nonlocal refused
        while True:
            async with room:
                try:
                    _, station = await loop.create_connection(lambda: Station(number, seen, say), "127.0.0.1", port)
                    await station.open
                except OSError:
                    refused += 1
                else:
                    station.say()
                    return station
            await asyncio.sleep(0.2)

    async with asyncio.timeout(PATIENCE_S):
        return list(await asyncio.gather(*(one(number) for number in numbers))), refused


async def mixed(port: int, count: int, seconds: float) -> dict[str, Any]:
    """Charges flat out; what was answered after a while of warming up."""
    seen = Seen()
    stations, _ = await connected(port, range(count), seen, charges())
    await asyncio.sleep(min(2.0, seconds / 3))
    print(json.dumps({"warm": True}), flush=True)
    before, began_s = seen.answers, time.perf_counter()
    await asyncio.sleep(seconds)
    told: dict[str, Any] = {
        "answers": seen.answers - before,
        "seconds": time.perf_counter() - began_s,
        "errors": seen.errors,
    }
    told["p99_ms"] = {action: _p99_ms(times) for action, times in seen.latencies_s.items()}
    for station in stations:
        station.end()
    return told


async def storm(port: int, count: int, action: str) -> dict[str, Any]:
    """All come at once, and each says one thing; how long until the last is answered. Then they stay, idle."""
    seen = Seen()
    began_s = time.perf_counter()
    stations, refused = await connected(port, range(count), seen, once(action))
    async with asyncio.timeout(PATIENCE_S):
        while seen.answers < count:  # noqa: ASYNC110 - counted where the answers come in
            await asyncio.sleep(0.01)
    times = seen.latencies_s[action]
    told = {"seconds": time.perf_counter() - began_s, "refused": refused, "errors": seen.errors}
    print(json.dumps({**told, "p99_ms": _p99_ms(times), "p50_ms": _p99_ms(times, 0.5)}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    closed = seen.closed
    for station in stations:
        station.end()
    return {"closed": closed}


def _p99_ms(times: list[float], share: float = 0.99) -> float:
    return sorted(times)[int((len(times) - 1) * share)] * 1000


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.ocpp_load")
    arguments.add_argument("kind", choices=["mixed", "storm"])
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--stations", type=int, default=200)
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--action", default="Authorize")
    said = arguments.parse_args()
    running = (
        mixed(said.port, said.stations, said.seconds)
        if said.kind == "mixed"
        else storm(said.port, said.stations, said.action)
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(running)), flush=True)


if __name__ == "__main__":
    main()
