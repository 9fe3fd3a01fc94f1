"""A station's WebSocket. What comes goes straight to whoever listens: a task that waits for each message costs more
than most of what is done with it.
"""

import asyncio
from contextvars import copy_context
from struct import Struct
from typing import Any, Protocol, cast

from websockets.asyncio.server import ServerConnection
from websockets.frames import DATA_OPCODES, CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State

from csms import metrics
from csms.entrance import Admission, Entrance, Visit, address_of

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

Message = str | bytes
_WHOLE_TEXT, _MASKED, _HEAD_MASKED = 0x81, 0x80, 6
_SMALL, _MEDIUM = 125, 65_535
_HEAD, _LONG_HEAD = Struct("!BB"), Struct("!BBH")
PARTS_LIMIT = 1_000
"""Frames of one message, which have a bound on their length together only."""


def whole_text(data: bytes) -> bytes | None:
    """The text where the data is one masked frame of a whole text, no more and no less (RFC 6455 §5.2)."""
    if len(data) < _HEAD_MASKED or data[0] != _WHOLE_TEXT:
        return None
    told, begin = data[1] ^ _MASKED, _HEAD_MASKED
    if told > _SMALL:
        if told > _SMALL + 1:
            return None
        told, begin = int.from_bytes(data[2:4]), _HEAD_MASKED + 2
    return apply_mask(data[begin:], data[begin - 4 : begin]) if told == len(data) - begin else None


class Listener(Protocol):
    def hear(self, message: Message) -> None: ...

    def gone(self) -> None:
        """No more will come."""


class StationSocket(ServerConnection):
    """A socket, and once its handshake is done the station that it is of."""

    admission: Admission

    def __init__(self, entrance: Entrance, *rest: Any, visit: Visit | None = None, **named: Any) -> None:
        super().__init__(*rest, **named)
        self.entrance = entrance
        self._visit = visit
        self._listener: Listener | None = None
        self._early: list[Message] = []
        self._parts: list[Frame] = []
        self._is_resting = False

    @property
    def visit(self) -> Visit:
        if self._visit is None:
            raise RuntimeError("the socket is not connected yet")
        return self._visit

    def tell(self, listener: Listener) -> None:
        """From now on each message goes to the listener, in this context."""
        self._listener, self._context = listener, copy_context()
        early, self._early = self._early, []
        self.go_on()
        for message in early:
            listener.hear(message)
        if self.connection_lost_waiter.done():
            listener.gone()

    def rest(self) -> None:
        """Reads nothing, which stops the station by TCP's own means. What was read already still comes."""
        if not self._is_resting and not self.transport.is_closing():
            self._is_resting = True
            self.transport.pause_reading()

    def go_on(self) -> None:
        if self._is_resting:
            self._is_resting = False
            if not self.transport.is_closing():
                self.transport.resume_reading()

    def say(self, text: str) -> bool:
        """Sends at once; False, and nothing is sent, where the station has not read yet what was sent before."""
        if self.protocol.state is not State.OPEN or self.transport.get_write_buffer_size():
            return False
        data = text.encode()
        size = len(data)
        if size > _MEDIUM:
            self.protocol.send_text(data)
            self.send_data()
            return True
        # RFC 6455 §5.2; to write a frame takes the protocol longer than all else that is done here.
        head = _HEAD.pack(_WHOLE_TEXT, size) if size <= _SMALL else _LONG_HEAD.pack(_WHOLE_TEXT, _SMALL + 1, size)
        self.transport.write(head + data)
        return True

    def data_received(self, data: bytes) -> None:
        """What comes is one whole message, mostly; all else the protocol's parser takes apart."""
        is_between = self.protocol.state is State.OPEN and not self._parts and not self.protocol.reader.buffer
        text = whole_text(data) if is_between else None
        if text is None:
            super().data_received(data)
        else:
            self._take(text, is_text=True)

    def process_event(self, event: Request | Response | Frame) -> None:
        if not isinstance(event, Frame) or event.opcode not in DATA_OPCODES:
            super().process_event(event)
        elif event.fin and event.opcode is Opcode.TEXT:
            self._take(event.data, is_text=True)
        else:
            self._gather(event)

    def _gather(self, frame: Frame) -> None:
        self._parts.append(frame)
        if len(self._parts) > PARTS_LIMIT:
            self._fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
        elif frame.fin:
            parts, self._parts = self._parts, []
            self._take(b"".join(each.data for each in parts), is_text=parts[0].opcode is Opcode.TEXT)

    def _take(self, data: Any, *, is_text: bool) -> None:
        try:
            message = str(data, "utf-8") if is_text else bytes(data)
        except UnicodeDecodeError as error:
            self._fail(CloseCode.INVALID_DATA, f"{error.reason} at position {error.start}")
            return
        if self._listener is not None:
            self._context.run(self._listener.hear, message)
            return
        self._early.append(message)
        if len(self._early) == self.max_queue_high:
            self.rest()

    def _fail(self, code: CloseCode, reason: str) -> None:
        self.protocol.fail(code, reason)
        self.send_data()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._visit is None:
            self._visit = self.entrance.crowd.enter(address_of(transport.get_extra_info("peername")))
            # One over the bound is told so by its handshake, which costs little; beyond reason nobody is.
            if self.entrance.crowd.is_too_large(self._visit.address, times=2):
                metrics.HANDSHAKES_REJECTED.labels("crowded").inc()
                self._visit.end()
                cast("asyncio.Transport", transport).abort()
                return
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.visit.end()
        if hasattr(self, "transport"):
            super().connection_lost(exc)
        if self._listener is not None:
            self._context.run(self._listener.gone)
