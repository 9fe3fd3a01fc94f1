"""A station of any version that is ready for commands, and answers them as a test has it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from ocpp.messages import MessageType, get_validator

from csms.listener import CsmsServer
from csms.outcome import Outcome
from models.messages.commands import Command
from tests.csms.memory import MemoryRecords
from tests.csms.station import RawStation, station_at, until
from tests.csms.station_of_2 import StationOf2

VERSIONS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}
OF_2 = ("ocpp2.0.1", "ocpp2.1")
KEPT_ITS_KEY = {"setVariableResult": [{"attributeStatus": "Rejected"}]}

Call = tuple[str, dict[str, Any]]
Answer = Callable[[str, dict[str, Any]], Any]
"""The payload of the answer; a list is a frame without its message id, for what is no answer."""


@asynccontextmanager
async def ready(server: CsmsServer, subprotocol: str) -> AsyncIterator[RawStation]:
    """Its boot is accepted, and it has kept its factory key."""
    async with station_at(server, subprotocol=subprotocol) as station:
        if subprotocol == "ocpp1.6":
            await station.boot_and_refuse_the_key()
        else:
            assert (await StationOf2(station).boot())["status"] == "Accepted"
            await station.answer(await station.asked(), KEPT_ITS_KEY)
        yield station


async def command(
    server: CsmsServer, records: MemoryRecords, station: RawStation, asked: Command, answer: Any = None
) -> tuple[list[Call], Outcome]:
    """What the station was asked, each by the schema of its version, and what came of it.

    ``answer``: one for every call, or a function of action and payload; without it: Accepted.
    """
    calls: list[Call] = []
    session = await until(lambda: server.registry.get(records.kept["CP-1"].station.asset_id))
    answering = asyncio.create_task(_answer_all(station, {"status": "Accepted"} if answer is None else answer, calls))
    try:
        outcome: Outcome = await session.execute(asked)
    finally:
        answering.cancel()
        done = await asyncio.gather(answering, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError), done[0]
    return calls, outcome


async def _answer_all(station: RawStation, answer: Any, calls: list[Call]) -> None:
    version = VERSIONS[str(station.socket.subprotocol)]
    while True:
        frame = await station.asked()
        action, payload = frame[2:]
        get_validator(MessageType.Call, action, version).validate(payload)
        calls.append((action, payload))
        said = answer(action, payload) if callable(answer) else answer
        await station.send([said[0], frame[1], *said[1:]] if isinstance(said, list) else [3, frame[1], said])
