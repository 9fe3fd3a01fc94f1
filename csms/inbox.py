"""What a station sends until it is handled: read as it comes, held to a rate, its calls in a bounded queue."""

import asyncio
from collections import deque
from collections.abc import Callable

import structlog

from csms import metrics
from csms.frames import Call, Unreadable
from csms.limits import Limits
from csms.station_socket import Message, StationSocket
from csms.throttle import Throttle

log = structlog.get_logger()

GARBAGE = "too many unreadable messages"


class Inbox:
    """``take`` passes one message on, to ``put`` where it is to be handled in its turn; False where it was none.

    ``over`` says, once, why nothing more is taken in.
    """

    def __init__(self, socket: StationSocket, limits: Limits, take: Callable[[Message], bool]) -> None:
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._socket = socket
        self._limits = limits
        self._take = take
        self._unread: deque[Message] = deque()
        self._calls: deque[Call | Unreadable] = deque()
        self._idle: asyncio.Future[None] | None = None
        self._throttle = Throttle(limits.messages_per_s, limits.burst)
        self._resting: asyncio.TimerHandle | None = None
        self._is_slowed = False
        self._unreadable = 0

    def __len__(self) -> int:
        return len(self._calls)

    def hear(self, message: Message) -> None:
        if not self.over.done():
            self._unread.append(message)
            self._read()

    def gone(self) -> None:
        closed = self._socket.protocol.close_rcvd
        self.end(f"closed with {closed.code}" if closed else "connection lost")

    def put(self, frame: Call | Unreadable) -> None:
        self._calls.append(frame)
        self._wake()

    async def next(self) -> Call | Unreadable | None:
        """None where the socket has ended and nothing is left."""
        while not self._calls:
            if self.over.done():
                return None
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        frame = self._calls.popleft()
        if self._unread:
            self._read()
        return frame

    def end(self, reason: str) -> None:
        """Of what is not read yet nothing was answered: it comes again."""
        if self.over.done():
            return
        self.over.set_result(reason)
        self._unread.clear()
        if self._resting is not None:
            self._resting.cancel()
        self._socket.go_on()
        self._wake()

    def _read(self) -> None:
        """Reads on, unless the station has to wait: it sends too fast, or has as many calls in the queue as it may."""
        while self._unread and self._resting is None and len(self._calls) < self._limits.queued_calls:
            message = self._unread.popleft()
            self._unreadable = 0 if self._take(message) else self._unreadable + 1
            if self._unreadable == self._limits.unreadable_in_a_row:
                log.warning("station_sends_garbage", frames_in_a_row=self._unreadable)
                self.end(GARBAGE)
                return
            self._slow(self._throttle.delay_s(len(message)))
        if self._unread or self._resting is not None:
            self._socket.rest()
        else:
            self._socket.go_on()

    def _slow(self, delay_s: float) -> None:
        if delay_s > 0:
            if not self._is_slowed:
                log.warning("station_sends_too_fast", messages_per_s=self._limits.messages_per_s)
            metrics.THROTTLED.inc()
            self._resting = asyncio.get_running_loop().call_later(delay_s, self._rested)
        self._is_slowed = delay_s > 0

    def _rested(self) -> None:
        self._resting = None
        self._read()

    def _wake(self) -> None:
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)
