"""Sends e-mail over SMTP."""

import asyncio
import re
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Protocol, Self

import aiosmtplib
from pydantic import BaseModel, ConfigDict

from activities.gateways.errors import Refused, TryAgain
from models import tracing
from models.clock import Clock, utc_now
from models.settings import Settings

COMMAND_LIMIT_S = 15.0
SEND_LIMIT_S = 60.0
ATTACHMENTS_LIMIT_BYTES = 20 * 1024 * 1024
SUBJECT_LIMIT = 200

_NOTICE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ATOM = r'[^\s@<>()\[\]\\,;:".]+'
_MAILBOX = re.compile(rf"(?=.{{3,254}}$)(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>{_ATOM}(?:\.{_ATOM})*)")
"""``Dot-string@Domain`` of RFC 5321 §4.1.2, and of RFC 6531 §3.3 beyond ASCII; no quoted or literal forms."""
_CONTENT_TYPE = re.compile(r"([a-z]+)/([a-z0-9][a-z0-9.+-]*)")
_TOO_LARGE = 552


class Attachment(BaseModel):
    """A file that goes with a message; ``content_type`` as in ``application/pdf``."""

    model_config = ConfigDict(frozen=True)

    filename: str
    content_type: str
    content: bytes


class MailMessage(BaseModel):
    """One message to one reader. ``notice_id`` stays the same over retries: the Message-ID is made of it."""

    model_config = ConfigDict(frozen=True)

    to: str
    subject: str
    text: str
    notice_id: str
    attachments: tuple[Attachment, ...] = ()


class Mail(Protocol):
    async def send(self, message: MailMessage) -> None:
        """Hands a message to the mail server.

        Raises Refused where the message or its reader is at fault for good; TryAgain for whatever else goes wrong, so a
        server that confirms nothing may get the same Message-ID twice.
        """


class SmtpMail:
    """One connection per message: mail is rare, and a server closes idle ones.

    ``sender`` is an address, with a name or without; ValueError where it is neither.
    """

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        login: tuple[str, str] | None = None,
        starttls: bool = False,
        tls: ssl.SSLContext | None = None,
        command_limit_s: float = COMMAND_LIMIT_S,
        clock: Clock = utc_now,
    ) -> None:
        self._host = host
        self._port = port
        name, address = parseaddr(sender)
        self._sender = _read_address(address, name)
        self._login = login
        self._starttls = starttls
        self._tls = tls
        self._command_limit_s = command_limit_s
        self._clock = clock

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        username, password = settings.smtp_username, settings.smtp_password.get_secret_value()
        return cls(
            settings.smtp_host,
            settings.smtp_port,
            settings.mail_from,
            login=(username, password) if username else None,
            starttls=settings.smtp_starttls,
        )

    @tracing.outgoing("mail.send")
    async def send(self, message: MailMessage) -> None:
        composed = self._compose(message)
        recipient = composed["to"].addresses[0].addr_spec
        try:
            async with asyncio.timeout(SEND_LIMIT_S), self._connection() as server:
                await self._hand_over(server, recipient, composed)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _judged(error) from error

    def _connection(self) -> aiosmtplib.SMTP:
        username, password = self._login or (None, None)
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=username,
            password=password,
            start_tls=self._starttls,
            tls_context=self._tls,
            timeout=self._command_limit_s,
        )

    async def _hand_over(self, server: aiosmtplib.SMTP, recipient: str, composed: EmailMessage) -> None:
        plain = recipient.isascii() and self._sender.addr_spec.isascii()
        if not plain:
            await server.ehlo()
        if not plain and not server.supports_extension("smtputf8"):
            raise Refused("The mail server does not take addresses with letters beyond ASCII.", "/to")
        raw = composed.as_bytes(policy=SMTP if plain else SMTPUTF8)
        options = [] if plain else ["SMTPUTF8", "BODY=8BITMIME"]
        await server.sendmail(self._sender.addr_spec, [recipient], raw, mail_options=options)

    def _compose(self, message: MailMessage) -> EmailMessage:
        """Raises Refused naming the field; what it lets through can't start a header of its own."""
        _check_line("/subject", message.subject, SUBJECT_LIMIT)
        if not _NOTICE_ID.fullmatch(message.notice_id):
            raise Refused("A notice id consists of letters, digits, dots, hyphens and underscores.", "/notice_id")
        composed = EmailMessage(policy=SMTP)
        composed["From"] = self._sender
        composed["To"] = _address(message.to)
        composed["Subject"] = message.subject
        composed["Date"] = format_datetime(self._clock())
        composed["Message-ID"] = f"<{message.notice_id}@{self._sender.domain}>"
        composed["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: keeps holiday replies away
        composed.set_content(message.text, cte="quoted-printable")
        _attach(composed, message.attachments)
        return composed


def _address(text: str) -> Address:
    _check_line("/to", text, 254)
    try:
        return _read_address(text)
    except ValueError as error:
        raise Refused(str(error), "/to") from None


def _read_address(text: str, name: str = "") -> Address:
    """One mailbox, its domain in the letters of DNS; raises ValueError."""
    found = _MAILBOX.fullmatch(text)
    if found is None:
        raise ValueError("The e-mail address is not one.")
    try:
        domain = found["domain"].encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("The e-mail address is not one.") from None
    return Address(name, found["local"], domain)


def _check_line(field: str, text: str, limit: int) -> None:
    if not text or len(text) > limit or not text.isprintable():
        raise Refused(f"{field} must be one line of at most {limit} printable characters.", field)


def _attach(composed: EmailMessage, attachments: tuple[Attachment, ...]) -> None:
    if sum(len(attachment.content) for attachment in attachments) > ATTACHMENTS_LIMIT_BYTES:
        raise Refused(f"The attachments are larger than {ATTACHMENTS_LIMIT_BYTES} bytes.", "/attachments")
    for place, attachment in enumerate(attachments):
        _check_line(f"/attachments/{place}/filename", attachment.filename, 200)
        kind = _CONTENT_TYPE.fullmatch(attachment.content_type)
        if kind is None:
            raise Refused("A content type reads like application/pdf.", f"/attachments/{place}/content_type")
        composed.add_attachment(
            attachment.content, maintype=kind[1], subtype=kind[2], filename=attachment.filename, cte="base64"
        )


def _judged(error: Exception) -> Refused | TryAgain:
    """A 5xx about the reader or the message is final; about us (connection, login, sender) it can be put right."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if not isinstance(error, aiosmtplib.SMTPResponseException):
        return TryAgain(f"The mail server can't be used ({type(error).__name__}).")
    says = f"{error.code} {error.message}"[:500]
    if isinstance(error, aiosmtplib.SMTPRecipientRefused) and error.code >= 500:
        return Refused(f"The mail server refuses the address: {says}", "/to", status=error.code)
    is_final = isinstance(error, aiosmtplib.SMTPDataError) and error.code >= 500
    if is_final or error.code == _TOO_LARGE:
        return Refused(f"The mail server refuses the message: {says}", status=error.code)
    return TryAgain(f"The mail server does not take the message now: {says}", status=error.code)
