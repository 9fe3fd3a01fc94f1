"""Messages about transactions: kept until answered, sent in their order (OCPP 1.6 ed.2 §3.7.1, 2.0.1 §E12)."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from sandbox.stations.link import CallError, NoAnswerError, Payload
from sandbox.stations.settings import Knob

if TYPE_CHECKING:
    from sandbox.stations.station import Station


class Outbox:
    """An entry carries the station's own id of the transaction, and the central system's once that is known.

    It sends only while it is open, and keeps a task only while something waits.
    """

    def __init__(self, station: "Station", kept: list[dict[str, Any]]) -> None:
        self.waiting: deque[dict[str, Any]] = deque(kept)
        self._station = station
        self._open = False
        self._sending: asyncio.Task[None] | None = None

    def post(self, action: str, payload: Payload, local_id: str | None = None, number: int | None = None) -> None:
        self.waiting.append({"action": action, "payload": payload, "local_id": local_id, "number": number})
        self._station.keep()
        self._wake()

    def open(self) -> None:
        self._open = True
        self._wake()

    def close(self) -> None:
        self._open = False
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def shuffle(self) -> None:
        """Puts what waits into another order, the same under the same seed."""
        messages = list(self.waiting)
        self._station.dice.of("shuffle").shuffle(messages)
        self.waiting = deque(messages)
        self._station.keep()

    def holds(self, local_id: str) -> bool:
        return any(message["local_id"] == local_id for message in self.waiting)

    def _wake(self) -> None:
        if self._open and self.waiting and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        while self.waiting:
            message = self.waiting[0]
            if await self._deliver(message):
                self._drop(message)
            else:
                await self._station.wait(self._setting(Knob.RETRY_S) * max(1, message.get("attempts", 0)))

    def _drop(self, message: dict[str, Any]) -> None:
        """The queue may have been shuffled while the answer was awaited."""
        at = next(at for at, waiting in enumerate(self.waiting) if waiting is message)
        del self.waiting[at]
        self._station.keep()

    async def _deliver(self, message: dict[str, Any]) -> bool:
        """Whether the message is done with: answered, or refused as often as it is tried."""
        dialect = self._station.dialect
        try:
            answer = await self._station.call(message["action"], dialect.ready_to_send(message))
        except NoAnswerError:
            return False
        except CallError:
            message["attempts"] = message.get("attempts", 0) + 1
            return bool(message["attempts"] >= self._setting(Knob.ATTEMPTS))
        dialect.take_receipt(message, answer)
        return True

    def _setting(self, knob: Knob) -> int:
        return self._station.configuration.seconds(knob)
