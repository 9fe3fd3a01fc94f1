"""A central system that is nothing but a socket: it answers, and checks every frame against the standard's schemas."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from ocpp.messages import get_validator
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

VERSIONS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}
ANSWER_WITHIN_S = 10

Payload = dict[str, Any]


@dataclass
class Asked:
    """A call by a station, and when it came by our clock."""

    message_id: str
    action: str
    payload: Payload


@dataclass
class Peer:
    """One station as the central system sees it, over all its sockets."""

    identity: str
    asked: list[Asked] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    subject: str | None = None
    socket: ServerConnection | None = None
    pending: dict[str, tuple[str, asyncio.Future[list[Any]]]] = field(default_factory=dict)

    def of(self, action: str) -> list[Payload]:
        return [asked.payload for asked in self.asked if asked.action == action]

    def events(self, kind: str | None = None) -> list[Payload]:
        return [event for event in self.of("TransactionEvent") if kind in {None, event["eventType"]}]


class PlainCsms:
    """``answers`` overrides what is answered, by action. ``faults`` lists each frame that the schemas refuse."""

    def __init__(self) -> None:
        self.peers: dict[str, Peer] = {}
        self.faults: list[str] = []
        self.paths: list[str] = []
        self.answers: dict[str, Callable[[Payload], Payload]] = {}
        self.numbers = 0
        self._server: Server | None = None
        self.port = 0

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        self._server = await serve(
            self._talk,
            "127.0.0.1",
            self.port,
            ssl=tls,
            subprotocols=[Subprotocol(name) for name in VERSIONS],
            compression=None,
            ping_interval=None,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def peer(self, identity: str) -> Peer:
        return self.peers.setdefault(identity, Peer(identity))

    async def call(self, identity: str, action: str, payload: Payload, within_s: float = ANSWER_WITHIN_S) -> Payload:
        """Asks a station; its answer is checked too. A CALLERROR comes back as ``{"error": code}``."""
        peer = self.peer(identity)
        assert peer.socket is not None, f"{identity} is not connected"
        _check(peer.socket, 2, action, payload)
        message_id = str(uuid4())
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        peer.pending[message_id] = (action, future)
        await peer.socket.send(json.dumps([2, message_id, action, payload]))
        async with asyncio.timeout(within_s):
            frame = await future
        return {"error": frame[2]} if frame[0] == 4 else frame[2]

    async def _talk(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        peer = self.peer(socket.request.path.rsplit("/", 1)[-1])
        self.paths.append(socket.request.path)
        peer.socket = socket
        peer.authorizations.append(socket.request.headers.get("Authorization"))
        peer.subject = _subject(socket)
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                await self._take(peer, socket, str(text))
        if peer.socket is socket:
            peer.socket = None

    async def _take(self, peer: Peer, socket: ServerConnection, text: str) -> None:
        try:
            frame = json.loads(text)
            kind, message_id = frame[0], frame[1]
            action = frame[2] if kind == 2 else peer.pending[message_id][0]
            payload = frame[3] if kind == 2 else frame[2]
        except (ValueError, LookupError, TypeError):
            peer.unreadable.append(text)
            return
        if kind == 2 and action == "Teleport":
            peer.unreadable.append(text)
            await socket.send(json.dumps([4, message_id, "NotImplemented", "", {}]))
            return
        if kind != 4:
            self._note(socket, kind, action, payload)
        if kind == 2:
            peer.asked.append(Asked(message_id, action, payload))
            await socket.send(json.dumps([3, message_id, self._answered(action, payload)]))
        else:
            peer.pending.pop(message_id)[1].set_result(frame)

    def _note(self, socket: ServerConnection, kind: int, action: str, payload: Payload) -> None:
        try:
            _check(socket, kind, action, payload)
        except Exception as error:  # noqa: BLE001 -- each is told by the test that looks
            self.faults.append(f"{action}: {str(error)[:300]}")

    def _answered(self, action: str, payload: Payload) -> Payload:
        if action in self.answers:
            return self.answers[action](payload)
        self.numbers += action == "StartTransaction"
        now, accepted = datetime.now(UTC).isoformat(), {"status": "Accepted"}
        answers: dict[str, Payload] = {
            "Authorize": {"idTokenInfo" if isinstance(payload.get("idToken"), dict) else "idTagInfo": accepted},
            "BootNotification": {**accepted, "currentTime": now, "interval": 300},
            "Heartbeat": {"currentTime": now},
            "SignCertificate": accepted,
            "StartTransaction": {"transactionId": self.numbers, "idTagInfo": accepted},
        }
        return answers.get(action, {})


def _check(socket: ServerConnection, kind: int, action: str, payload: Payload) -> None:
    version = VERSIONS[str(socket.subprotocol)]
    validator = get_validator(kind, action, version, parse_float=Decimal)
    validator.validate(json.loads(json.dumps(payload), parse_float=Decimal))


def _subject(socket: ServerConnection) -> str | None:
    tls = socket.transport.get_extra_info("ssl_object")
    certificate = tls.getpeercert() if tls is not None else None
    if not certificate:
        return None
    return next(str(value) for part in certificate["subject"] for name, value in part if name == "commonName")


@contextlib.asynccontextmanager
async def plain_csms(tls: ssl.SSLContext | None = None) -> AsyncIterator[PlainCsms]:
    """Fails at the end where any frame was not as the standard has it."""
    csms = PlainCsms()
    await csms.start(tls)
    try:
        yield csms
        assert not csms.faults, csms.faults
    finally:
        await csms.stop()
