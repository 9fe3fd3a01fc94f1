"""The station's end of OCPP-J: calls and answers over one socket."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

ANSWER_WITHIN_S = 30
REPEATABLE_CALLS = 20

Payload = dict[str, Any]
FrameLog = Callable[[str, Any], None]


class NoAnswerError(Exception):
    """The central system did not answer, or the socket ended first."""


class CallError(Exception):
    """The central system answered with a CALLERROR."""


class UnknownActionError(Exception):
    """The station does not know the central system's request."""


class Sent(NamedTuple):
    message_id: str
    action: str
    payload: Payload


class Link:
    """``handler`` gets each call of the central system as it came: message id, action, payload."""

    def __init__(
        self,
        socket: ClientConnection,
        handler: Callable[[str, str, Payload], Awaitable[None]],
        log: FrameLog,
        sent: deque[Sent],
    ) -> None:
        self._socket = socket
        self._handler = handler
        self._log = log
        self._sent = sent
        self._turn = asyncio.Lock()
        self._pending: dict[str, asyncio.Future[list[Any] | None]] = {}

    async def read(self) -> None:
        """Reads until the socket ends."""
        try:
            async for text in self._socket:
                await self._take(text)
        except ConnectionClosed:
            pass
        finally:
            # No cancelling: a caller could not tell it from its own end.
            for future in self._pending.values():
                if not future.done():
                    future.set_result(None)

    async def call(self, action: str, payload: Payload, message_id: str | None = None) -> Payload:
        """Calls the central system, one call at a time. Raises NoAnswerError and CallError."""
        async with self._turn:
            frame = await self._exchange(Sent(message_id or str(uuid4()), action, payload))
        if frame[0] == 4:
            raise CallError(f"{action}: {' '.join(str(part) for part in frame[2:4])}")
        answer: Payload = frame[2]
        return answer

    async def _exchange(self, call: Sent) -> list[Any]:
        future: asyncio.Future[list[Any] | None] = asyncio.get_running_loop().create_future()
        self._pending[call.message_id] = future
        try:
            await self.send([2, *call])
            self._sent.append(call)
            async with asyncio.timeout(ANSWER_WITHIN_S):
                answer = await future
        except (TimeoutError, ConnectionClosed):
            raise NoAnswerError(call.action) from None
        finally:
            del self._pending[call.message_id]
        if answer is None:
            raise NoAnswerError(call.action)
        return answer

    async def send(self, frame: Any) -> None:
        """Sends a frame; a text is sent as it is. Raises ConnectionClosed."""
        self._log("out", frame)
        if isinstance(frame, str):
            await self._socket.send(frame)
        else:
            await self._socket.send(orjson.dumps(frame), text=True)

    async def close(self) -> None:
        await self._socket.close()

    def abort(self) -> None:
        """As when the power goes: no good-bye."""
        self._socket.transport.abort()

    async def _take(self, text: str | bytes) -> None:
        try:
            frame = orjson.loads(text)
            kind, message_id = frame[0], frame[1]
        except (orjson.JSONDecodeError, LookupError, TypeError):
            self._log("in", str(text)[:1000])
            return
        self._log("in", frame)
        if kind == 2 and len(frame) == 4:
            await self._handler(message_id, frame[2], frame[3])
        elif kind in {3, 4} and (future := self._pending.get(message_id)) is not None and not future.done():
            future.set_result(frame)
