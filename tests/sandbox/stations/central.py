"""``python -m tests.sandbox.stations.central PORT``: answers any number of stations, and keeps nothing."""

import contextlib
import itertools
import resource
import sys
from typing import Any

import orjson
import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.sandbox.stations.plain import VERSIONS

ACCEPTED = {"status": "Accepted"}
NOW = "2026-11-25T12:00:00Z"
ANSWERS: dict[str, dict[str, Any]] = {
    "BootNotification": {**ACCEPTED, "currentTime": NOW, "interval": 300},
    "Heartbeat": {"currentTime": NOW},
    "Authorize": {"idTagInfo": ACCEPTED, "idTokenInfo": ACCEPTED},
}
_numbers = itertools.count(1)


async def _talk(socket: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for text in socket:
            _kind, message_id, action, *_payload = orjson.loads(text)
            answer = ANSWERS.get(action, {})
            if action == "StartTransaction":
                answer = {"transactionId": next(_numbers), "idTagInfo": ACCEPTED}
            await socket.send(orjson.dumps([3, message_id, answer]), text=True)


async def _run(port: int) -> None:
    names = [Subprotocol(name) for name in VERSIONS]
    async with serve(_talk, "127.0.0.1", port, subprotocols=names, compression=None, ping_interval=None) as server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await server.serve_forever()


if __name__ == "__main__":
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(_run(int(sys.argv[1])))
