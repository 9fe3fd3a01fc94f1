"""The SMTP side: takes messages in, or misbehaves as it was told."""

import asyncio
import hmac
import ssl
from dataclasses import dataclass
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.mailbox.store import Fault, Store
from sandbox.serving import HOST

MESSAGE_LIMIT_BYTES = 10 * 1024 * 1024
IDLE_LIMIT_S = 60


@dataclass(frozen=True)
class SmtpOptions:
    port: int
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None


class Intake:
    """The handler that ``aiosmtpd`` calls; its method names are given by it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        fault = self._store.fault()
        if fault.mode == "refuse" and fault.at == "recipient" and _is_meant(fault, [address]):
            self._store.use_fault(fault)
            return f"{fault.code} The recipient is refused, as told"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self._store.fault()
        if fault.mode == "ok" or not _is_meant(fault, envelope.rcpt_tos):
            self._keep(session, envelope)
            return "250 OK"
        if fault.mode == "refuse" and fault.at == "message":
            self._store.use_fault(fault)
            return f"{fault.code} The message is refused, as told"
        if fault.mode == "drop":
            self._store.use_fault(fault)
            if fault.keep:
                self._keep(session, envelope)
            cast("asyncio.WriteTransport", server.transport).abort()
            return "421 Dropped, as told"
        self._keep(session, envelope)
        return "250 OK"

    def _keep(self, session: Session, envelope: Envelope) -> None:
        login = session.auth_data
        self._store.keep(
            envelope.mail_from or "",
            envelope.rcpt_tos,
            envelope.original_content or b"",
            encrypted=session.ssl is not None,
            username=login.login.decode() if isinstance(login, LoginPassword) else None,
        )


async def start_smtp(store: Store, options: SmtpOptions) -> asyncio.Server:
    intake = Intake(store)

    def protocol() -> SMTP:
        return SMTP(
            intake,
            hostname="mailbox.sandbox",
            data_size_limit=MESSAGE_LIMIT_BYTES,
            enable_SMTPUTF8=True,
            timeout=IDLE_LIMIT_S,
            tls_context=options.tls,
            require_starttls=options.tls is not None,
            auth_required=options.login is not None,
            auth_require_tls=options.tls is not None,
            authenticator=lambda _server, _session, _envelope, _mechanism, data: _check(options, data),
        )

    return await asyncio.get_running_loop().create_server(protocol, HOST, options.port)


def _check(options: SmtpOptions, data: object) -> AuthResult:
    if options.login is None or not isinstance(data, LoginPassword):
        return AuthResult(success=False, handled=False)
    expected = "\0".join(options.login).encode()
    return AuthResult(
        success=hmac.compare_digest(data.login + b"\0" + data.password, expected), handled=False, auth_data=data
    )


def _is_meant(fault: Fault, recipients: list[str]) -> bool:
    return not fault.to or fault.to.casefold() in {address.casefold() for address in recipients}
