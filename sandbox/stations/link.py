"""The station's end of OCPP-J: calls and answers over one socket."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

ANSWER_WITHIN_S = 30

Payload = dict[str, Any]
RequestHandler = Callable[[str, Payload], Awaitable[Payload | None]]
FrameLog = Callable[[str, Any], None]


class NoAnswerError(Exception):
    """The central system did not answer, or the socket ended first."""


class CallError(Exception):
    """The central system answered with a CALLERROR."""


class UnknownActionError(Exception):
    """The station does not know the central system's request."""


class Link:
    def __init__(self, socket: ClientConnection, handler: RequestHandler, log: FrameLog) -> None:
        self._socket = socket
        self._handler = handler
        self._log = log
        self._turn = asyncio.Lock()
        self._pending: dict[str, asyncio.Future[list[Any]]] = {}

    async def read(self) -> None:
        """Reads until the socket ends."""
        try:
            async for text in self._socket:
                await self._take(json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            for future in self._pending.values():
                future.cancel()

    async def call(self, action: str, payload: Payload) -> Payload:
        """Calls the central system, one call at a time. Raises NoAnswerError and CallError."""
        async with self._turn:
            message_id = str(uuid4())
            future = asyncio.get_running_loop().create_future()
            self._pending[message_id] = future
            try:
                await self.send([2, message_id, action, payload])
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    frame = await asyncio.shield(future)
            except (TimeoutError, ConnectionClosed):
                raise NoAnswerError(action) from None
            except asyncio.CancelledError:
                if future.cancelled():
                    raise NoAnswerError(action) from None
                raise
            finally:
                del self._pending[message_id]
        if frame[0] == 4:
            raise CallError(f"{action}: {frame[2]} {frame[3]}")
        answer: Payload = frame[2]
        return answer

    async def send(self, frame: Any) -> None:
        """Sends a frame; a text is sent as it is."""
        self._log("out", frame)
        await self._socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def close(self) -> None:
        await self._socket.close()

    def abort(self) -> None:
        """As when the power goes: no good-bye."""
        self._socket.transport.abort()

    async def _take(self, frame: list[Any]) -> None:
        self._log("in", frame)
        if frame[0] == 2:
            await self._answer(frame[1], frame[2], frame[3])
        elif (future := self._pending.get(frame[1])) is not None and not future.done():
            future.set_result(frame)

    async def _answer(self, message_id: str, action: str, payload: Payload) -> None:
        try:
            answer = await self._handler(action, payload)
        except UnknownActionError:
            await self.send([4, message_id, "NotImplemented", f"{action} is not known here", {}])
            return
        if answer is not None:
            await self.send([3, message_id, answer])
