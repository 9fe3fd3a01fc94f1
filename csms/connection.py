"""One station's socket as calls in both directions (OCPP-J 1.6 §4).

What comes is read as it comes (``Inbox``). A station's calls are handled one after the other by a task, so the answers
to our own calls are read while a handler runs, and a handler may even call the station.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple
from uuid import uuid4

import structlog
from opentelemetry.trace import SpanKind
from structlog.contextvars import bound_contextvars, get_contextvars
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from csms import frames, metrics
from csms.frames import Call, CallError, CallResult, ErrorCode, Ignored, Payload, Unreadable
from csms.inbox import GARBAGE, Inbox
from csms.limits import Limits
from csms.message_log import Noted
from csms.station_socket import Message, StationSocket
from models import tracing

log = structlog.get_logger()

UNTRACED = frozenset({"Heartbeat", "MeterValues"})
"""So frequent, and of so little consequence each, that they begin no trace."""
FREQUENT = frozenset({"StatusNotification", "Authorize", "StartTransaction", "StopTransaction", "TransactionEvent"})
"""What is bound for their log lines is bound when there is one."""


class CallRefusedError(Exception):
    """The station's call is answered with a CALLERROR."""

    def __init__(self, code: ErrorCode, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class CallFailedError(Exception):
    """The station answered our call with a CALLERROR, or with something that is no answer."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


class NoAnswerError(Exception):
    """Our call was sent and no answer came; it can't be known whether the station did it."""


class NotSentError(Exception):
    """Our call was not sent: the socket had ended, or the station was busy with earlier calls for too long."""


class Answer(NamedTuple):
    """``afterwards`` runs once the answer is on its way: what may follow it only."""

    payload: Payload
    afterwards: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class _Pending:
    """Our one call that waits; its answer is None where the socket ended first."""

    message_id: str
    answer: asyncio.Future[CallResult | CallError | None]


CallHandler = Callable[[Call], Awaitable[Answer]]


class StationConnection:
    def __init__(
        self,
        socket: StationSocket,
        handler: CallHandler,
        actions: frozenset[str],
        limits: Limits,
        error_words: Mapping[ErrorCode, str],
        note: Callable[[Noted], None],
    ) -> None:
        self._socket = socket
        self._handler = handler
        self._actions = actions
        self._limits = limits
        self._error_words = error_words
        self._note = note
        self._inbox = Inbox(socket, limits, self._take)
        self._is_traced = tracing.is_on()
        self._turn = asyncio.Lock()
        self._pending: _Pending | None = None

    async def serve(self) -> str:
        """Reads and handles until the socket ends; returns why it ended."""
        handling = asyncio.create_task(self._handle_calls())
        self._inbox.over.add_done_callback(self._give_up_asking)
        self._socket.tell(self._inbox)
        try:
            reason = await asyncio.shield(self._inbox.over)
        finally:
            self._inbox.end("given up")
            await self._drain(handling)
        if reason == GARBAGE:
            await self.close(CloseCode.POLICY_VIOLATION, reason)
        return reason

    async def call(self, action: str, payload: Payload) -> Payload:
        """Calls the station, one call at a time.

        Raises CallFailedError, NoAnswerError (it may have been done) or NotSentError (it was not).
        """
        with tracing.span(f"ocpp.call {action}", SpanKind.CLIENT, _about(action)):
            await self._take_turn()
            return await self._ask_in_turn(action, payload)

    async def is_alive(self, within_s: float) -> bool:
        """Whether the other end still answers a ping."""
        try:
            async with asyncio.timeout(within_s):
                await (await self._socket.ping())
        except (TimeoutError, ConnectionClosed):
            return False
        return True

    def stop_reading(self) -> None:
        """Nothing more of this socket is taken in; what was received is still handled."""
        self._inbox.end("replaced")

    async def close(self, code: int, reason: str) -> None:
        await self._socket.close(code, reason)

    async def _ask_in_turn(self, action: str, payload: Payload) -> Payload:
        began_s = time.perf_counter()
        message_id = str(uuid4())
        text = frames.write_call(message_id, action, payload)
        answer: Payload | None = None
        error: str | None = None
        try:
            answer = await self._ask(action, message_id, text)
        except CallFailedError as failure:
            error = failure.code
            raise
        except NoAnswerError:
            error = "no answer"
            raise
        except NotSentError:
            error = "not sent"
            raise
        finally:
            self._turn.release()
            took_s = time.perf_counter() - began_s
            metrics.COMMANDS.labels(action, "failed" if answer is None else "answered").inc()
            metrics.ANSWERING.labels(action).observe(took_s)
            self._note(Noted("sent", action, message_id, payload, answer, error, took_s, len(text)))
        return answer

    async def _take_turn(self) -> None:
        try:
            async with asyncio.timeout(self._limits.call_s):
                await self._turn.acquire()
        except TimeoutError:
            raise NotSentError("the station is busy with earlier calls") from None

    async def _ask(self, action: str, message_id: str, text: str) -> Payload:
        if self._inbox.over.done():
            raise NotSentError("the socket has ended")
        pending = _Pending(message_id, asyncio.get_running_loop().create_future())
        self._pending = pending
        try:
            async with asyncio.timeout(self._limits.call_s):
                await self._socket.send(text)
                answer = await pending.answer
        except TimeoutError:
            raise NoAnswerError(f"no answer to {action} within {self._limits.call_s} s") from None
        except ConnectionClosed:
            raise NoAnswerError(f"the socket ended while {action} was sent") from None
        finally:
            self._pending = None
        if answer is None:
            raise NoAnswerError(f"the socket ended before the answer to {action}")
        if isinstance(answer, CallError):
            raise CallFailedError(answer.code, answer.description)
        return answer.payload

    def _take(self, message: Message) -> bool:
        """Passes one frame on; False where it was none."""
        match frames.read(message) if isinstance(message, str) else frames.BINARY:
            case Call() as call:
                self._inbox.put(call)
            case CallResult() | CallError() as answer:
                self._resolve(answer)
            case Ignored(cause, meant):
                metrics.DROPPED.labels("ignored").inc()
                log.warning("frame_ignored", cause=cause)
                self._note(Noted("received", None, None, None, None, cause, 0, len(message)))
                return meant
            case Unreadable(message_id, cause) as frame:
                metrics.DROPPED.labels("unreadable").inc()
                log.warning("frame_unreadable", cause=cause)
                self._note(Noted("received", None, message_id, None, None, cause, 0, len(message)))
                self._inbox.put(frame)
                return False
        return True

    def _resolve(self, frame: CallResult | CallError) -> None:
        pending = self._pending
        if pending is None or pending.message_id != frame.message_id or pending.answer.done():
            metrics.DROPPED.labels("late").inc()
            log.info("late_answer_dropped", message_id=frame.message_id[:36])
            self._note(Noted("received", None, frame.message_id, None, None, "an answer that nobody waits for", 0, 0))
            return
        pending.answer.set_result(frame)

    async def _handle_calls(self) -> None:
        """Until the socket has ended and nothing is left."""
        while (frame := await self._inbox.next()) is not None:
            if isinstance(frame, Unreadable):
                await self._send(self._error(frame.message_id, ErrorCode.RPC_FRAMEWORK_ERROR, frame.cause))
                continue
            label = frame.action if frame.action in self._actions else "unknown"
            if label in UNTRACED or (label in FREQUENT and not self._is_traced):
                await self._handle(frame, label)
                continue
            with _bound(frame), tracing.span(f"ocpp.receive {label}", SpanKind.SERVER, _about(label)):
                await self._handle(frame, label)

    async def _handle(self, call: Call, label: str) -> None:
        answer: Answer | None = None
        began_s = time.perf_counter()
        try:
            answer = await self._handler(call)
            text, result = frames.write_result(call.message_id, answer.payload), "answered"
        except CallRefusedError as refusal:
            with _bound(call):
                log.warning("call_refused", code=refusal.code, cause=refusal.description)
            text, result = self._error(call.message_id, refusal.code, refusal.description), refusal.code
        except Exception:
            with _bound(call):
                log.exception("call_not_handled")
            text = self._error(call.message_id, ErrorCode.INTERNAL_ERROR, "Try again later.")
            result = ErrorCode.INTERNAL_ERROR
        await self._send(text)
        took_s = time.perf_counter() - began_s
        metrics.CALLS.count(label, result, took_s)
        error = None if answer is not None else result
        given = None if answer is None else answer.payload
        size = len(call.raw)
        self._note(Noted("received", call.action, call.message_id, call.payload, given, error, took_s, size))
        if answer is not None and answer.afterwards is not None:
            answer.afterwards()

    def _error(self, message_id: str, code: ErrorCode, description: str) -> str:
        return frames.write_error(message_id, self._error_words.get(code, code.value), description)

    async def _send(self, text: str) -> None:
        """Waits for whoever reads slowly, for a while."""
        try:
            if self._socket.say(text):
                return
            async with asyncio.timeout(self._limits.sending_s):
                await self._socket.send(text)
        except ConnectionClosed:
            log.info("answer_not_sent", cause="the socket has ended")
        except TimeoutError:
            # It would not read our close either.
            log.warning("station_does_not_read", within_s=self._limits.sending_s)
            self._socket.transport.abort()

    def _give_up_asking(self, _: asyncio.Future[str]) -> None:
        if self._pending is not None and not self._pending.answer.done():
            self._pending.answer.set_result(None)

    async def _drain(self, handling: asyncio.Task[None]) -> None:
        """What was received is handled to the end, if it does not take long: it may not come again."""
        try:
            async with asyncio.timeout(self._limits.draining_s):
                await asyncio.shield(handling)
        except TimeoutError:
            log.warning("calls_not_handled_at_the_end", calls=len(self._inbox))
        finally:
            handling.cancel()


def _bound(call: Call) -> AbstractContextManager[None]:
    """What is logged in the block names the call; where it does already, it stays so."""
    known = get_contextvars().get("correlation_id")
    return bound_contextvars(correlation_id=known or str(uuid4()), action=call.action, message_id=call.message_id[:36])


def _about(action: str) -> dict[str, str | None]:
    """The action, and the station and the correlation id as they are bound for the log."""
    bound = get_contextvars()
    return {
        "ocpp.action": action,
        "stationmaster.station": bound.get("identity"),
        tracing.CORRELATION: bound.get("correlation_id"),
    }
