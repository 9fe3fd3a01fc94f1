"""The WebSocket server that stations connect to: ``/ocpp/<identity>``, OCPP-J 1.6 §3."""

import asyncio
import contextlib
import http
import re
from dataclasses import dataclass
from types import TracebackType
from typing import Self, cast
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import structlog
from structlog.contextvars import bound_contextvars
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import MultipleValuesError
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from csms import metrics, protocols
from csms.authentication import Authenticator, TooManyWaitingError, password_of
from csms.connection import Limits
from csms.ports import KeyKind, KnownStation, OpenConnection, StationRecords, StoredKey
from csms.registry import Registry
from csms.session import Front, StationSession
from models.clock import Clock, utc_now

log = structlog.get_logger()

PATH = "/ocpp/"
# OCPP 2.0.1 part 4 §3.1.1 (identifierString without the colon, at most 48 characters), and the dot that some 1.6 use.
IDENTITY = re.compile(r"[A-Za-z0-9*_=+|@.\-]{1,48}")
FRAME_LIMIT_BYTES = 256 * 1024
FRAMES_BUFFERED = 16
HANDSHAKE_S = 20
PING_EVERY_S = 30
PONG_WITHIN_S = 20
CLOSE_WITHIN_S = 5
RETRY_AFTER_S = "30"
RECORD_AGAIN_AFTER_S = (1, 5, 30, 120)


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was found at the other end in the handshake, and the key that it showed."""

    station: KnownStation
    key: StoredKey


class StationSocket(ServerConnection):
    """A socket, and once its handshake is done the station that it is of."""

    admission: Admission


class CsmsServer:
    """Listens on ``host:port`` while it is entered; port 0 takes a free one (see ``port``)."""

    def __init__(
        self,
        records: StationRecords,
        *,
        host: str,
        port: int,
        node: str,
        clock: Clock = utc_now,
        limits: Limits | None = None,
    ) -> None:
        self.registry = Registry()
        self._front = Front(records, Authenticator(), clock, limits or Limits())
        self._host, self._port, self._node = host, port, node
        self._server: Server | None = None
        self._closing = asyncio.Event()

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the server is not listening")
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        await self._front.records.node_started(self._node)
        self._server = await serve(
            self._serve_station,
            self._host,
            self._port,
            process_request=self._admit,
            select_subprotocol=_subprotocol,
            create_connection=StationSocket,
            # Off: it costs memory per station, and a small frame could unpack to a large one.
            compression=None,
            max_size=FRAME_LIMIT_BYTES,
            max_queue=FRAMES_BUFFERED,
            open_timeout=HANDSHAKE_S,
            ping_interval=PING_EVERY_S,
            ping_timeout=PONG_WITHIN_S,
            close_timeout=CLOSE_WITHIN_S,
            server_header=None,
        )
        log.info("csms_listening", host=self._host, port=self.port, node=self._node)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        if self._server is not None:
            self._server.close(code=CloseCode.SERVICE_RESTART, reason="service restart")
            await self._server.wait_closed()
        self._front.authenticator.close()
        await self._front.records.close()

    async def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """Refuses the handshake of an unknown identity (404) and of one with a wrong key (401)."""
        identity = _identity(request.path)
        if identity is None:
            return _refuse(socket, http.HTTPStatus.NOT_FOUND, "unknown_path")
        with bound_contextvars(identity=identity, remote_ip=_remote_ip(socket)):
            try:
                return await self._identify(cast("StationSocket", socket), request, identity)
            except Exception:
                log.exception("handshake_failed")
                response = _refuse(socket, http.HTTPStatus.SERVICE_UNAVAILABLE, "no_records")
                response.headers["Retry-After"] = RETRY_AFTER_S
                return response

    async def _identify(self, socket: StationSocket, request: Request, identity: str) -> Response | None:
        station = await self._front.records.identify(identity)
        if station is None:
            return _refuse(socket, http.HTTPStatus.NOT_FOUND, "unknown_identity")
        password = password_of(_authorization(request), identity)
        try:
            key = await self._front.authenticator.key_for(station, password) if password else None
        except TooManyWaitingError:
            response = _refuse(socket, http.HTTPStatus.SERVICE_UNAVAILABLE, "busy")
            response.headers["Retry-After"] = RETRY_AFTER_S
            return response
        if key is None:
            response = _refuse(socket, http.HTTPStatus.UNAUTHORIZED, "wrong_key" if password else "no_credentials")
            response.headers["WWW-Authenticate"] = 'Basic realm="ocpp", charset="UTF-8"'
            return response
        socket.admission = Admission(station, key)
        return None

    async def _serve_station(self, socket: ServerConnection) -> None:
        admission = cast("StationSocket", socket).admission
        station, key = admission.station, admission.key
        with bound_contextvars(identity=station.identity):
            if socket.subprotocol is None:
                log.warning("no_common_subprotocol", offered=_offered(socket))
                metrics.HANDSHAKES_REJECTED.labels("subprotocol").inc()
                ours = " or ".join(each.subprotocol for each in protocols.PROTOCOLS)
                await socket.close(CloseCode.PROTOCOL_ERROR, f"offer the subprotocol {ours}")
                return
        opened = OpenConnection(uuid4(), self._node, _remote_ip(socket), socket.subprotocol, key.kind)
        with bound_contextvars(identity=station.identity, connection=str(opened.connection_id)):
            await self._serve_session(StationSession(self._front, station, opened, socket), key)

    async def _serve_session(self, session: StationSession, key: StoredKey) -> None:
        try:
            replacing = await self._take_place(session, key)
        except Exception:
            log.exception("connection_not_recorded")
            await session.close(CloseCode.TRY_AGAIN_LATER, "try again later")
            return
        metrics.CONNECTIONS.inc()
        reason = "failed"
        try:
            reason = await session.serve()
        finally:
            metrics.CONNECTIONS.dec()
            self.registry.leave(session)
            log.info("station_disconnected", reason=reason)
            await self._record_end(session, reason)
            if replacing is not None:
                await asyncio.wait({replacing})

    async def _record_end(self, session: StationSession, reason: str) -> None:
        """Tried again for a while: a station that never comes back would otherwise stay online for ever."""
        for delay_s in (*RECORD_AGAIN_AFTER_S, None):
            try:
                await self._front.records.disconnected(session.station, session.opened.connection_id, reason)
            except Exception:
                log.exception("end_not_recorded", next_try_in_s=delay_s)
            else:
                return
            if delay_s is None or self._closing.is_set():
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay_s):
                    await self._closing.wait()

    async def _take_place(self, session: StationSession, key: StoredKey) -> asyncio.Task[None] | None:
        """The new socket is the station's one from here on; an older one is closed behind its back."""
        station, records = session.station, self._front.records
        async with self.registry.arriving(station.asset_id):
            if key.kind is KeyKind.PROPOSED:
                await records.key_confirmed(station, key.key_hash)
            await records.connected(station, session.opened)
            old = self.registry.enter(session)
        log.info("station_connected", opened_by=key.kind)
        return asyncio.create_task(old.replace()) if old is not None else None


def _identity(path: str) -> str | None:
    """The identity at the end of the path; None where the path is not ours or no station can have it."""
    plain = unquote(urlsplit(path).path)
    identity = plain.removeprefix(PATH)
    return identity if plain.startswith(PATH) and IDENTITY.fullmatch(identity) else None


def _authorization(request: Request) -> str | None:
    try:
        return request.headers.get("Authorization")
    except MultipleValuesError:
        return None


def _refuse(socket: ServerConnection, status: http.HTTPStatus, reason: str) -> Response:
    metrics.HANDSHAKES_REJECTED.labels(reason).inc()
    log.warning("handshake_refused", status=status.value, reason=reason)
    return socket.respond(status, f"{status.phrase}\n")


def _subprotocol(_: ServerConnection, offered: object) -> Subprotocol | None:
    """OCPP-J 1.6 §3.2: without a common one the handshake ends without one, and the socket is closed after it."""
    return protocols.best_of(offered) if isinstance(offered, list | tuple) else None


def _offered(socket: ServerConnection) -> str:
    headers = socket.request.headers if socket.request else None
    return ", ".join(headers.get_all("Sec-WebSocket-Protocol"))[:100] if headers else ""


def _remote_ip(socket: ServerConnection) -> str:
    address = socket.remote_address
    return str(address[0]) if address else "unknown"
