"""Who may come in: the identity in the path, the security profile, the certificate or the key, and our own bounds."""

import http
import re
from dataclasses import replace
from typing import cast
from urllib.parse import unquote, urlsplit

import structlog
from structlog.contextvars import bound_contextvars
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import MultipleValuesError
from websockets.http11 import Request, Response

from csms import metrics
from csms.authentication import TooManyWaitingError, password_of
from csms.entrance import Admission
from csms.ports import KnownStation, StoredKey
from csms.registry import Registry
from csms.session import Front
from csms.station_socket import StationSocket
from csms.throttle import Guesses
from models.rules.station_certificates import SecurityProfile, Verdict

log = structlog.get_logger()

PATH = "/ocpp/"
# OCPP 2.0.1 part 4 §3.1.1 (identifierString without the colon, at most 48 characters), and the dot that some 1.6 use.
IDENTITY = re.compile(r"[A-Za-z0-9*_=+|@.\-]{1,48}")
RETRY_AFTER_S = "30"


class RefusedError(Exception):
    """The handshake ends with this status; ``reason`` is ours alone (metrics, log)."""

    def __init__(self, status: http.HTTPStatus, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Doorkeeper:
    """``lowest`` is the security profile that every station must use at least."""

    def __init__(
        self, front: Front, registry: Registry, lowest: SecurityProfile, guesses: Guesses | None = None
    ) -> None:
        self._front = front
        self._registry = registry
        self._lowest = lowest
        self._guesses = guesses or Guesses()

    async def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """None lets the handshake go on; else it is refused by an answer."""
        socket = cast("StationSocket", connection)
        remote_ip = socket.entrance.crowd.proxies.client_of(socket.visit.address, _header(request, "X-Forwarded-For"))
        identity = _identity(request.path)
        with bound_contextvars(identity=identity, remote_ip=remote_ip):
            try:
                socket.admission = await self._identify(socket, request, identity, remote_ip)
            except RefusedError as refusal:
                return _refuse(socket, refusal)
            except Exception:
                log.exception("handshake_failed")
                return _refuse(socket, _later("no_records"))
        return None

    async def _identify(
        self, socket: StationSocket, request: Request, identity: str | None, remote_ip: str
    ) -> Admission:
        if identity is None:
            raise RefusedError(http.HTTPStatus.NOT_FOUND, "unknown_path")
        if socket.visit.is_beyond:
            raise _later("crowded")
        station = await self._front.records.identify(identity)
        if station is None:
            self._count_guess(remote_ip)
            raise RefusedError(http.HTTPStatus.NOT_FOUND, "unknown_identity")
        if len(self._registry) >= socket.entrance.crowd.bounds.sockets and self._registry.get(station.asset_id) is None:
            raise _later("full")
        profile = _profile(socket, request)
        if profile < max(self._lowest, station.security_profile):
            # Before its password is looked at: it has just gone over the wire in a way in which none should.
            raise RefusedError(http.HTTPStatus.FORBIDDEN, "profile_too_low")
        if profile is SecurityProfile.CLIENT_CERTIFICATE:
            return await self._by_certificate(socket, station, remote_ip)
        return Admission(station, remote_ip, profile, key=await self._key_of(station, request, remote_ip))

    async def _by_certificate(self, socket: StationSocket, station: KnownStation, remote_ip: str) -> Admission:
        """OCPP 2.0.1 part 2 §A00: the certificate names the station whose identity is in the path."""
        tls = socket.entrance.tls
        presented = tls.presented(socket) if tls is not None else None
        if presented is None:
            raise RefusedError(http.HTTPStatus.UNAUTHORIZED, "no_certificate")
        judgement = await self._front.records.judge(station, presented)
        if judgement.verdict is not Verdict.ACCEPTED:
            log.warning("certificate_refused", fingerprint=presented.fingerprint, name=presented.common_name[:50])
            raise RefusedError(http.HTTPStatus.FORBIDDEN, judgement.verdict.value)
        certified = replace(station, is_certified=True)
        return Admission(
            certified,
            remote_ip,
            SecurityProfile.CLIENT_CERTIFICATE,
            certificate=presented,
            is_first_use=judgement.is_first_use,
        )

    async def _key_of(self, station: KnownStation, request: Request, remote_ip: str) -> StoredKey:
        """An address that has guessed too often waits, but for a key that was right before."""
        authenticator = self._front.authenticator
        password = password_of(_header(request, "Authorization"), station.identity)
        if password and (known := authenticator.remembered(station, password)):
            return known
        self._check_guesses(remote_ip)
        try:
            key = await authenticator.key_for(station, password) if password else None
        except TooManyWaitingError:
            raise _later("busy") from None
        if key is None:
            self._count_guess(remote_ip)
            challenge = 'Basic realm="ocpp", charset="UTF-8"'
            reason = "wrong_key" if password else "no_credentials"
            raise RefusedError(http.HTTPStatus.UNAUTHORIZED, reason, WWW_Authenticate=challenge)
        return key

    def _count_guess(self, remote_ip: str) -> None:
        self._check_guesses(remote_ip)
        self._guesses.count(remote_ip)

    def _check_guesses(self, remote_ip: str) -> None:
        if self._guesses.are_too_many(remote_ip):
            raise RefusedError(http.HTTPStatus.TOO_MANY_REQUESTS, "guessing", Retry_After=RETRY_AFTER_S)


def _profile(socket: StationSocket, request: Request) -> SecurityProfile:
    """That of the port, or TLS where a proxy of ours says that it has ended that."""
    entrance = socket.entrance
    by_proxy = socket.visit.address in entrance.crowd.proxies and _header(request, "X-Forwarded-Proto") in {
        "https",
        "wss",
    }
    return max(entrance.profile, SecurityProfile.TLS) if by_proxy else entrance.profile


def _identity(path: str) -> str | None:
    """The identity at the end of the path; None where the path is not ours or no station can have it."""
    plain = unquote(urlsplit(path).path)
    identity = plain.removeprefix(PATH)
    return identity if plain.startswith(PATH) and IDENTITY.fullmatch(identity) else None


def _header(request: Request, name: str) -> str | None:
    try:
        return request.headers.get(name)
    except MultipleValuesError:
        return None


def _later(reason: str) -> RefusedError:
    return RefusedError(http.HTTPStatus.SERVICE_UNAVAILABLE, reason, Retry_After=RETRY_AFTER_S)


def _refuse(socket: ServerConnection, refusal: RefusedError) -> Response:
    metrics.HANDSHAKES_REJECTED.labels(refusal.reason).inc()
    log.warning("handshake_refused", status=refusal.status.value, reason=refusal.reason)
    response = socket.respond(refusal.status, f"{refusal.status.phrase}\n")
    for name, value in refusal.headers.items():
        response.headers[name] = value
    return response
