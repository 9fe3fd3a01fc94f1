"""The WebSocket server that stations connect to: ``/ocpp/<identity>``, OCPP-J 1.6 §3."""

import asyncio
import contextlib
import functools
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast
from uuid import uuid4

import structlog
from structlog.contextvars import bound_contextvars
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.frames import CloseCode
from websockets.server import ServerProtocol

from csms import metrics, protocols
from csms.admission import Doorkeeper
from csms.authentication import Authenticator
from csms.entrance import Bounds, Crowd, Entrance, Proxies, Visit
from csms.guard import Guard
from csms.limits import Limits
from csms.ports import KeyKind, OpenConnection, StationRecords, StoredKey
from csms.registry import OvertakenError, Registry
from csms.secure_listener import SecureListener
from csms.session import Front, StationSession
from csms.station_socket import StationSocket
from csms.tls import Tls
from csms.watch import Watch
from models.clock import Clock, utc_now
from models.rules.station_certificates import SecurityProfile

log = structlog.get_logger()

FRAME_LIMIT_BYTES = 256 * 1024
FRAMES_BUFFERED = 8
CALLS_IN_WORK = 1_000
"""Of all stations of a node, at once; whoever came first is next, so that one station can take one place only."""
HANDSHAKE_S = 20
PING_EVERY_S = 30
PONG_WITHIN_S = 20
CLOSE_WITHIN_S = 5
_KEEPING: dict[str, Any] = {
    "max_queue": FRAMES_BUFFERED,
    "ping_interval": PING_EVERY_S,
    "ping_timeout": PONG_WITHIN_S,
    "close_timeout": CLOSE_WITHIN_S,
}
RECORD_AGAIN_AFTER_S = (1, 5, 30, 120)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where to listen: None closes the port of a security profile, 0 takes a free one."""

    plain: int | None = None
    tls: int | None = None
    client_tls: int | None = None


class CsmsServer:
    """Listens on ``host`` while it is entered. ``port`` is that of security profile 1; ``ports`` names all instead."""

    def __init__(
        self,
        records: StationRecords,
        *,
        host: str,
        port: int | None = None,
        node: str,
        clock: Clock = utc_now,
        limits: Limits | None = None,
        ports: Ports | None = None,
        tls: Tls | None = None,
        lowest: SecurityProfile = SecurityProfile.BASIC,
        bounds: Bounds | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        self.registry = Registry()
        limits = limits or Limits()
        guard = Guard(limits.handling_s, CALLS_IN_WORK)
        self._front = Front(records, Authenticator(), clock, limits, guard)
        self._doorkeeper = Doorkeeper(self._front, self.registry, lowest)
        self._host, self._node, self._tls = host, node, tls
        self._ports = ports or Ports(plain=port)
        self._crowd = Crowd(bounds or Bounds(), proxies or Proxies())
        self._servers: dict[SecurityProfile, Server] = {}
        self._watch = Watch(self.registry, records, tls)
        self._closing = asyncio.Event()

    @property
    def port(self) -> int:
        return self.port_of(SecurityProfile.BASIC)

    def port_of(self, profile: SecurityProfile) -> int:
        """Raises RuntimeError where it is not listened for."""
        if profile not in self._servers:
            raise RuntimeError("the server is not listening")
        return int(self._servers[profile].sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        await self._front.records.node_started(self._node)
        wanted = (
            (SecurityProfile.BASIC, self._ports.plain, None),
            (SecurityProfile.TLS, self._ports.tls, self._tls),
            (SecurityProfile.CLIENT_CERTIFICATE, self._ports.client_tls, self._tls),
        )
        for profile, port, tls in wanted:
            if port is not None:
                self._servers[profile] = await self._listen(Entrance(profile, self._crowd, tls), port)
                log.info(
                    "csms_listening", host=self._host, port=self.port_of(profile), node=self._node, profile=profile
                )
        self._watch.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        await self._watch.end()
        for server in self._servers.values():
            server.close(code=CloseCode.SERVICE_RESTART, reason="service restart")
        for server in self._servers.values():
            await server.wait_closed()
        self._front.authenticator.close()
        await self._front.records.close()

    async def _listen(self, entrance: Entrance, port: int) -> Server:
        server = serve(
            self._serve_station,
            self._host,
            port,
            process_request=self._doorkeeper.admit,
            select_subprotocol=lambda _, offered: protocols.best_of(offered),
            create_connection=cast("type[ServerConnection]", functools.partial(StationSocket, entrance)),
            # Off: it costs memory per station, and a small frame could unpack to a large one.
            compression=None,
            max_size=FRAME_LIMIT_BYTES,
            open_timeout=HANDSHAKE_S,
            server_header=None,
            **_KEEPING,
        )
        if entrance.tls is not None:
            listener = SecureListener(entrance, entrance.tls, functools.partial(_made, entrance, server))
            await listener.start(self._host, port)
            server.server = cast("asyncio.Server", listener)
        return await server

    async def _serve_station(self, socket: ServerConnection) -> None:
        held = cast("StationSocket", socket)
        held.visit.end()
        admission, station = held.admission, held.admission.station
        with bound_contextvars(identity=station.identity):
            if socket.subprotocol is None:
                log.warning("no_common_subprotocol", offered=_offered(socket))
                metrics.HANDSHAKES_REJECTED.labels("subprotocol").inc()
                ours = " or ".join(each.subprotocol for each in protocols.PROTOCOLS)
                await socket.close(CloseCode.PROTOCOL_ERROR, f"offer the subprotocol {ours}")
                return
        opened = OpenConnection(
            uuid4(),
            self._node,
            admission.remote_ip,
            socket.subprotocol,
            admission.key.kind if admission.key else KeyKind.CERTIFICATE,
            admission.profile,
            admission.certificate,
            admission.is_first_use,
        )
        with bound_contextvars(identity=station.identity, connection=str(opened.connection_id)):
            await self._serve_session(StationSession(self._front, station, opened, held), admission.key)

    async def _serve_session(self, session: StationSession, key: StoredKey | None) -> None:
        try:
            replacing = await self._take_place(session, key)
        except OvertakenError:
            log.warning("connection_overtaken")
            await session.close(CloseCode.NORMAL_CLOSURE, "replaced by a newer connection")
            return
        except Exception:
            log.exception("connection_not_recorded")
            await session.close(CloseCode.TRY_AGAIN_LATER, "try again later")
            # A part of it may stand in the rows, and the station would seem to be on-line.
            await self._record_end(session, "not recorded")
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

    async def _take_place(self, session: StationSession, key: StoredKey | None) -> asyncio.Task[None] | None:
        """The new socket is the station's one from here on; an older one is closed behind its back."""
        station, records = session.station, self._front.records
        async with self.registry.arriving(station.asset_id):
            if key is not None and key.kind is KeyKind.PROPOSED:
                await records.key_confirmed(station, key.key_hash)
            await records.connected(station, session.opened)
            old = self.registry.enter(session)
        log.info("station_connected", opened_by=session.opened.opened_by, profile=session.opened.profile)
        return asyncio.create_task(old.replace()) if old is not None else None


def _made(entrance: Entrance, server: Server, visit: Visit) -> StationSocket:
    """What ``serve`` makes of a connection that it has accepted itself."""
    protocol = ServerProtocol(
        # OCPP-J 1.6 §3.2: without a common one the handshake ends without one, and the socket is closed after it.
        select_subprotocol=lambda _, offered: protocols.best_of(offered),
        max_size=FRAME_LIMIT_BYTES,
    )
    return StationSocket(entrance, protocol, server, visit=visit, **_KEEPING)


def _offered(socket: ServerConnection) -> str:
    headers = socket.request.headers if socket.request else None
    return ", ".join(headers.get_all("Sec-WebSocket-Protocol"))[:100] if headers else ""
