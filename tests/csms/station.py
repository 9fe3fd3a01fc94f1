"""A station that speaks raw frames over a real socket, and waits for what it wants to see."""

import asyncio
import base64
import itertools
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from csms.listener import CsmsServer
from models.rules.station_certificates import SecurityProfile
from tests.csms.memory import FACTORY_KEY, SERIAL

DEADLINE_S = 10
BOOT = {"chargePointVendor": "Volta", "chargePointModel": "One", "chargePointSerialNumber": SERIAL}
NOW = "2026-11-21T10:00:00Z"


def basic(identity: str, key: bytes | str) -> dict[str, str]:
    password = key if isinstance(key, bytes) else key.encode()
    return {"Authorization": "Basic " + base64.b64encode(identity.encode() + b":" + password).decode()}


async def until(condition: Callable[[], Any]) -> Any:
    """The condition's value once it is true."""
    deadline = time.monotonic() + DEADLINE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.005)
    return value


async def until_async(condition: Callable[[], Awaitable[Any]]) -> Any:
    """As ``until``, for what has to be asked for."""
    deadline = time.monotonic() + DEADLINE_S
    while not (value := await condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.02)
    return value


class RawStation:
    """Keeps the answers to its calls and the calls to it apart."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._ids = itertools.count(1)
        self._frames: asyncio.Queue[list[Any]] = asyncio.Queue()
        self._calls: asyncio.Queue[list[Any]] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for text in self.socket:
            frame = json.loads(text)
            await (self._calls if frame[0] == 2 else self._frames).put(frame)

    async def send(self, frame: Any) -> None:
        await self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def frame(self) -> list[Any]:
        """The next answer of the central system."""
        async with asyncio.timeout(DEADLINE_S):
            return await self._frames.get()

    async def asked(self) -> list[Any]:
        """The next call by the central system."""
        async with asyncio.timeout(DEADLINE_S):
            return await self._calls.get()

    def calls_waiting(self) -> int:
        return self._calls.qsize()

    async def call(self, action: str, payload: Any) -> Any:
        """The answer's payload; a CALLERROR as ``[code, description]``."""
        message_id = f"m{next(self._ids)}"
        await self.send([2, message_id, action, payload])
        answer = await self.frame()
        assert answer[1] == message_id
        return answer[2] if answer[0] == 3 else answer[2:4]

    async def answer(self, call: list[Any], payload: Any) -> None:
        await self.send([3, call[1], payload])

    async def boot(self, **changes: Any) -> Any:
        return await self.call("BootNotification", {**BOOT, **changes})

    async def boot_and_refuse_the_key(self, **changes: Any) -> None:
        assert (await self.boot(**changes))["status"] == "Accepted"
        await self.answer(await self.asked(), {"status": "NotSupported"})

    async def closed(self) -> int | None:
        async with asyncio.timeout(DEADLINE_S):
            await self.socket.wait_closed()
        return self.socket.close_code

    async def end(self) -> None:
        await self.socket.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


@asynccontextmanager
async def station_at(
    server: CsmsServer,
    identity: str = "CP-1",
    key: bytes | str | None = FACTORY_KEY,
    subprotocol: str | None = "ocpp1.6",
    *,
    profile: SecurityProfile = SecurityProfile.BASIC,
    tls: ssl.SSLContext | None = None,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[RawStation]:
    """``key`` None logs in with none. With ``tls`` to the port of ``profile``."""
    login = {} if key is None else basic(identity, key)
    socket = await connect(
        f"{'wss' if tls else 'ws'}://127.0.0.1:{server.port_of(profile)}/ocpp/{identity}",
        additional_headers={**login, **(headers or {})},
        subprotocols=[subprotocol] if subprotocol else None,  # type: ignore[list-item]
        close_timeout=2,
        ssl=tls,
    )
    station = RawStation(socket)
    try:
        yield station
    finally:
        await station.end()
