"""What the OCPP front is measured against: ``python -m bench.ocpp_servers stock|echo <port>``.

``stock`` is a central system as the ``ocpp`` package has it, with handlers that do nothing and store nothing; ``echo``
is a server of ``websockets`` that sends each frame back.
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import uvloop
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

_OCPP = Subprotocol("ocpp1.6")


class Empty(ChargePoint):  # type: ignore[misc]
    """Answers, and does nothing."""

    @on("MeterValues")  # type: ignore[untyped-decorator]
    def meter_values(self, **_: Any) -> call_result.MeterValues:
        return call_result.MeterValues()

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def heartbeat(self, **_: Any) -> call_result.Heartbeat:
        return call_result.Heartbeat(datetime.now(UTC).isoformat())

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    def status(self, **_: Any) -> call_result.StatusNotification:
        return call_result.StatusNotification()

    @on("Authorize")  # type: ignore[untyped-decorator]
    def authorise(self, **_: Any) -> call_result.Authorize:
        return call_result.Authorize(IdTagInfo(AuthorizationStatus.accepted))

    @on("StartTransaction")  # type: ignore[untyped-decorator]
    def on_start(self, **_: Any) -> call_result.StartTransaction:
        return call_result.StartTransaction(1, IdTagInfo(AuthorizationStatus.accepted))

    @on("StopTransaction")  # type: ignore[untyped-decorator]
    def on_stop(self, **_: Any) -> call_result.StopTransaction:
        return call_result.StopTransaction(IdTagInfo(AuthorizationStatus.accepted))


async def _stock(socket: ServerConnection) -> None:
    await Empty("bench", socket).start()


async def _echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


async def _serve(kind: str, port: int) -> None:
    handler = {"stock": _stock, "echo": _echo}[kind]
    async with serve(handler, "127.0.0.1", port, subprotocols=[_OCPP], compression=None, ping_interval=None):
        await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(sys.argv[1], int(sys.argv[2])))
