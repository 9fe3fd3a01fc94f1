"""How a call of the central system is met: answered, refused, answered late or never."""

from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosed

from sandbox.stations.description import Fault
from sandbox.stations.link import Link, Payload, UnknownActionError
from sandbox.stations.manners import REFUSALS
from sandbox.stations.steps import AnswerLate, NeverAnswer, Refuse

if TYPE_CHECKING:
    from sandbox.stations.station import Station


class Answering:
    def __init__(self, station: "Station") -> None:
        self._station = station

    async def meet(self, link: Link, message_id: str, action: str, payload: Payload) -> None:
        manner = self._station.manners.towards(action)
        if self._station.has(Fault.SILENT) or isinstance(manner, NeverAnswer):
            return
        if isinstance(manner, AnswerLate):
            self._station.spawn(self._answer_late(link, message_id, action, payload, manner.s))
            return
        refused = isinstance(manner, Refuse)
        answer = self._refusal(action) if refused else self._answer(action, payload)
        await _say(link, message_id, answer)

    async def _answer_late(self, link: Link, message_id: str, action: str, payload: Payload, late_s: float) -> None:
        await self._station.wait(late_s)
        await _say(link, message_id, self._answer(action, payload))

    def _answer(self, action: str, payload: Payload) -> list[Any]:
        dialect = self._station.dialect
        try:
            return [3, dialect.answer(action, payload)]
        except UnknownActionError:
            return [4, "NotImplemented", f"{action} is not known here", {}]
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            return [4, dialect.unreadable, f"{action}: {type(error).__name__}: {error}"[:255], {}]

    def _refusal(self, action: str) -> list[Any]:
        if action in REFUSALS:
            return [3, {"status": REFUSALS[action]}]
        return [4, "InternalError", f"{action} is refused", {}]


async def _say(link: Link, message_id: str, answer: list[Any]) -> None:
    kind, *rest = answer
    try:
        await link.send([kind, message_id, *rest])
    except ConnectionClosed:
        return
