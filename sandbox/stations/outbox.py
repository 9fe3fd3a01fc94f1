"""Messages about transactions: kept until answered, sent in their order (OCPP 1.6 ed.2 §3.7.1)."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from sandbox.stations.link import CallError, NoAnswerError, Payload

if TYPE_CHECKING:
    from sandbox.stations.station import Station

START = "StartTransaction"


class Outbox:
    """An entry carries the station's own id of the transaction, and the central system's once that is known."""

    def __init__(self, station: "Station", kept: list[dict[str, Any]]) -> None:
        self.waiting: deque[dict[str, Any]] = deque(kept)
        self._station = station
        self._send_now = asyncio.Event()

    def post(self, action: str, payload: Payload, local_id: str | None = None, number: int | None = None) -> None:
        self.waiting.append({"action": action, "payload": payload, "local_id": local_id, "number": number})
        self._send_now.set()
        self._station.keep()

    async def send(self) -> None:
        """Sends for as long as it is connected."""
        while True:
            self._send_now.clear()
            while self.waiting:
                if await self._deliver(self.waiting[0]):
                    self.waiting.popleft()
                    self._station.keep()
                else:
                    await asyncio.sleep(self._station.waited_s(self._setting("TransactionMessageRetryInterval")))
            await self._send_now.wait()

    async def _deliver(self, message: dict[str, Any]) -> bool:
        """Whether the message is done with: answered, or refused as often as it is tried."""
        try:
            answer = await self._station.call(message["action"], _numbered(message))
        except NoAnswerError:
            return False
        except CallError:
            message["attempts"] = message.get("attempts", 0) + 1
            return bool(message["attempts"] >= self._setting("TransactionMessageAttempts"))
        if message["action"] == START:
            self._take_number(message, answer)
        return True

    def _take_number(self, start: dict[str, Any], answer: Payload) -> None:
        number = int(answer["transactionId"])
        for message in self.waiting:
            if message["local_id"] == start["local_id"]:
                message["number"] = number
        self._station.charging.take_number(start["local_id"], number, answer["idTagInfo"]["status"])

    def _setting(self, name: str) -> int:
        return self._station.configuration.seconds(name)


def _numbered(message: dict[str, Any]) -> Payload:
    payload: Payload = message["payload"]
    if message["action"] == START or message["local_id"] is None:
        return payload
    return {**payload, "transactionId": -1 if message["number"] is None else message["number"]}
