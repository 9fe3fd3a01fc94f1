"""Our mail client, against a real SMTP server in a program of its own."""

import asyncio
import ssl
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from activities.gateways.errors import Refused, TryAgain
from activities.gateways.mail import Attachment, MailMessage, SmtpMail
from tests.certificates import make_certificate
from tests.sandbox_programs import Program, free_port, get, put, running

SENDER = "Stationmaster <noreply@charging.example>"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.step("P4", "P18", "N")


@pytest.fixture
def reader(mailbox: Program) -> Iterator[str]:
    put(mailbox, "/control/fault", {})
    yield f"{uuid.uuid4().hex}@city.example"
    put(mailbox, "/control/fault", {})


def _mail(program: Program, **options: Any) -> SmtpMail:
    port = int(program.environment["SANDBOX_SMTP_PORT"])
    return SmtpMail("127.0.0.1", port, SENDER, clock=lambda: NOON, **options)


def _message(reader: str, **changes: Any) -> MailMessage:
    fields = {"to": reader, "subject": "Your request PR-2026-000042", "text": "It stands.\n", "notice_id": "n-1"}
    return MailMessage.model_validate({**fields, **changes})


def _received(program: Program, reader: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(program, "/messages", to=reader)
    return found


async def test_a_message_arrives_with_its_headers(mailbox: Program, reader: str) -> None:
    text = "Beste mevrouw Çelik,\n\nuw laadpaal staat er — en laadt.\n.\nGroet\n" + "lang " * 400 + "\n"
    await _mail(mailbox).send(_message(reader, subject="Laadpaal geplaatst: Coöperatie", text=text))
    (found,) = _received(mailbox, reader)
    headers = dict(found["headers"])
    assert found["text"] == text
    assert found["subject"] == "Laadpaal geplaatst: Coöperatie"
    assert (found["from"], headers["From"], headers["To"]) == ("noreply@charging.example", SENDER, reader)
    assert headers["Date"] == "Sat, 21 Nov 2026 12:00:00 +0000"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Type"] == 'text/plain; charset="utf-8"'


async def test_the_message_id_is_the_same_on_every_try(mailbox: Program, reader: str) -> None:
    put(mailbox, "/control/fault", {"mode": "drop", "keep": True, "times": 1})
    message = _message(reader, notice_id="0193-" + "a" * 60)
    with pytest.raises(TryAgain):
        await _mail(mailbox).send(message)
    await _mail(mailbox).send(message)
    ids = [found["message_id"] for found in _received(mailbox, reader)]
    assert ids == [f"<{message.notice_id}@charging.example>"] * 2


async def test_attachments_arrive_byte_for_byte(mailbox: Program, reader: str) -> None:
    report = Attachment(filename="Rapport Coöp.pdf", content_type="application/pdf", content=bytes(range(256)) * 40)
    await _mail(mailbox).send(_message(reader, attachments=(report,)))
    (found,) = _received(mailbox, reader)
    assert found["attachments"] == [
        {"filename": report.filename, "content_type": "application/pdf", "size_bytes": len(report.content)}
    ]
    assert found["text"] == "It stands.\n"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "Hello\r\nBcc: everyone@example.org"),
        ("subject", "Hello\nX: y"),
        ("subject", "Hello\x85X: y"),
        ("subject", ""),
        ("to", "a@city.example\r\nRCPT TO:<b@city.example>"),
        ("to", "a@city.example, b@city.example"),
        ("to", "A <a@city.example>"),
        ("to", "a@city.example> SIZE=1"),
        ("to", "nobody"),
        ("to", "@city.example"),
        ("to", "a@"),
        ("to", "a..b@city.example"),
        ("to", "a@city..example"),
        ("to", "a@[127.0.0.1]"),
        ("to", ""),
        ("notice_id", "n-1>\r\nX: y"),
        ("notice_id", ""),
    ],
)
async def test_no_field_can_start_a_header_or_a_command(mailbox: Program, field: str, value: str) -> None:
    before = get(mailbox, "/messages")
    with pytest.raises(Refused) as refused:
        await _mail(mailbox).send(_message("a@city.example", **{field: value}))
    assert refused.value.field == f"/{field}"
    assert get(mailbox, "/messages") == before


@pytest.mark.parametrize(("field", "value"), [("filename", 'x"\r\nX: y'), ("content_type", "text/html; x=y\r\nX: y")])
async def test_no_attachment_can_start_a_header(mailbox: Program, field: str, value: str) -> None:
    fields = {"filename": "a.pdf", "content_type": "application/pdf", "content": b"%PDF", field: value}
    with pytest.raises(Refused) as refused:
        await _mail(mailbox).send(_message("a@city.example", attachments=(Attachment.model_validate(fields),)))
    assert refused.value.field == f"/attachments/0/{field}"


@pytest.mark.parametrize("at", ["recipient", "message"])
async def test_a_temporary_refusal_is_tried_again(mailbox: Program, reader: str, at: str) -> None:
    put(mailbox, "/control/fault", {"mode": "refuse", "code": 451, "at": at})
    with pytest.raises(TryAgain, match="451"):
        await _mail(mailbox).send(_message(reader))


@pytest.mark.parametrize(("at", "field"), [("recipient", "/to"), ("message", None)])
async def test_a_permanent_refusal_is_final(mailbox: Program, reader: str, at: str, field: str | None) -> None:
    put(mailbox, "/control/fault", {"mode": "refuse", "code": 550, "at": at})
    with pytest.raises(Refused, match="550") as refused:
        await _mail(mailbox).send(_message(reader))
    assert refused.value.field == field


async def test_an_internationalised_domain_is_written_as_in_dns(mailbox: Program) -> None:
    local = uuid.uuid4().hex
    await _mail(mailbox).send(_message(f"{local}@gemeente-súdwest.example"))
    assert len(_received(mailbox, f"{local}@xn--gemeente-sdwest-cvb.example")) == 1


@pytest.mark.parametrize("sender", ["", "Stationmaster", "Stationmaster <>", "a@b@c"])
def test_a_sender_that_is_no_address_is_refused_at_the_start(sender: str) -> None:
    with pytest.raises(ValueError, match="e-mail address"):
        SmtpMail("127.0.0.1", 25, sender)


async def test_no_mail_server_means_try_again() -> None:
    with pytest.raises(TryAgain, match="can't be used"):
        await SmtpMail("127.0.0.1", free_port(), SENDER).send(_message("a@city.example"))


async def test_a_silent_mail_server_is_given_up() -> None:
    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(TryAgain, match="can't be used"):
            await SmtpMail("127.0.0.1", port, SENDER, command_limit_s=0.2).send(_message("a@city.example"))


async def test_an_address_beyond_ascii_is_sent_where_the_server_takes_it(mailbox: Program) -> None:
    reader = f"çelik-{uuid.uuid4().hex}@city.example"
    await _mail(mailbox).send(_message(reader))
    (found,) = _received(mailbox, reader)
    assert dict(found["headers"])["To"] == reader


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, Path]]:
    """A server that demands encryption and a login, and the certificate it shows."""
    made = make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")
    environment = {
        "SANDBOX_SMTP_CERTIFICATE": str(made.certificate),
        "SANDBOX_SMTP_CERTIFICATE_KEY": str(made.key),
        "SANDBOX_SMTP_USERNAME": "stationmaster",
        "SANDBOX_SMTP_PASSWORD": "sesame",
    }
    with running("mailbox", environment) as program:
        yield program, made.certificate


async def test_mail_goes_encrypted_and_logged_in(guarded: tuple[Program, Path]) -> None:
    program, certificate = guarded
    trusting = ssl.create_default_context(cafile=str(certificate))
    await _mail(program, starttls=True, tls=trusting, login=("stationmaster", "sesame")).send(_message("a@x.example"))
    (found,) = _received(program, "a@x.example")
    assert (found["encrypted"], found["username"]) == (True, "stationmaster")


async def test_a_certificate_we_do_not_trust_gets_no_mail(guarded: tuple[Program, Path]) -> None:
    with pytest.raises(TryAgain, match="can't be used"):
        await _mail(guarded[0], starttls=True).send(_message("b@x.example"))
    assert _received(guarded[0], "b@x.example") == []


async def test_a_wrong_password_can_be_put_right_and_is_not_shown(guarded: tuple[Program, Path]) -> None:
    program, certificate = guarded
    trusting = ssl.create_default_context(cafile=str(certificate))
    with pytest.raises(TryAgain, match="535") as told:
        await _mail(program, starttls=True, tls=trusting, login=("stationmaster", "Sesam")).send(
            _message("c@x.example")
        )
    assert "Sesam" not in str(told.value)


async def test_mail_is_not_sent_in_clear_where_encryption_is_asked_for(mailbox: Program, reader: str) -> None:
    with pytest.raises(TryAgain):
        await _mail(mailbox, starttls=True).send(_message(reader))
    assert _received(mailbox, reader) == []
