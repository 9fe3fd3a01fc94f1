"""Listening with TLS: bounds come before the handshake, and each handshake takes the certificate that is there by then.

``asyncio``'s own server would do both only after the handshake, which costs us a hundred times what accepting does.
"""

import asyncio
import errno
import socket
from collections.abc import Callable
from ssl import SSLError

import structlog

from csms import metrics
from csms.entrance import Entrance, Visit, address_of
from csms.station_socket import StationSocket
from csms.tls import Tls
from models.rules.station_certificates import SecurityProfile

log = structlog.get_logger()

TLS_HANDSHAKE_S = 15
TLS_SHUTDOWN_S = 5
BACKLOG = 1024
ACCEPTED_AT_ONCE = 64
"""Then those that are connected already have their turn."""
BREATH_S = 1.0
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class SecureListener:
    """What a WebSocket server asks of an ``asyncio.Server``. ``make`` gives the WebSocket's side of one connection."""

    def __init__(self, entrance: Entrance, tls: Tls, make: Callable[[Visit], StationSocket]) -> None:
        self._entrance, self._tls, self._make = entrance, tls, make
        self._loop = asyncio.get_running_loop()
        self._handshakes: set[asyncio.Task[None]] = set()
        self.sockets: tuple[socket.socket, ...] = ()

    async def start(self, host: str, port: int) -> None:
        """On every address of ``host``; port 0 takes a free one. Raises OSError where one is taken."""
        found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        opened = []
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            listening = socket.create_server(address, family=family, backlog=BACKLOG)
            listening.setblocking(False)
            opened.append(listening)
        self.sockets = tuple(opened)
        for listening in self.sockets:
            self._listen(listening)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def is_serving(self) -> bool:
        return bool(self.sockets)

    def close(self) -> None:
        for listening in self.sockets:
            self._loop.remove_reader(listening.fileno())
            listening.close()
        self.sockets = ()
        for handshake in tuple(self._handshakes):
            handshake.cancel()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._handshakes, return_exceptions=True)

    def _listen(self, listening: socket.socket) -> None:
        if listening in self.sockets:
            self._loop.add_reader(listening.fileno(), self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                accepted, peer = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                log.error("no_room_for_sockets", reason=error.strerror)  # noqa: TRY400 - the system's own words
                self._loop.remove_reader(listening.fileno())
                self._loop.call_later(BREATH_S, self._listen, listening)
                return
            self._begin(accepted, address_of(peer))

    def _begin(self, accepted: socket.socket, address: str) -> None:
        visit = self._entrance.crowd.enter(address)
        if visit.is_beyond:
            metrics.HANDSHAKES_REJECTED.labels("crowded").inc()
            visit.end()
            accepted.close()
            return
        accepted.setblocking(False)
        task = self._loop.create_task(self._secure(accepted, visit))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def _secure(self, accepted: socket.socket, visit: Visit) -> None:
        by_certificate = self._entrance.profile is SecurityProfile.CLIENT_CERTIFICATE
        try:
            await self._loop.connect_accepted_socket(
                lambda: self._make(visit),
                accepted,
                ssl=self._tls.context(client_certificate=by_certificate),
                ssl_handshake_timeout=TLS_HANDSHAKE_S,
                ssl_shutdown_timeout=TLS_SHUTDOWN_S,
            )
        except (OSError, asyncio.CancelledError) as error:  # an SSLError is an OSError
            visit.end()
            metrics.HANDSHAKES_REJECTED.labels("tls").inc()
            log.warning("tls_handshake_failed", remote_ip=visit.address, reason=_reason(error))
        except BaseException:
            visit.end()
            raise


def _reason(error: BaseException) -> str:
    if isinstance(error, SSLError):
        return str(getattr(error, "verify_message", "") or error.reason or error)[:200]
    return type(error).__name__
