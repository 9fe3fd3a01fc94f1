"""The mailbox takes real SMTP, shows what came, and misbehaves as told."""

import smtplib
import uuid
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.sandbox_programs import Program, get, put, start_program

pytestmark = pytest.mark.step("P4", "P18")


@pytest.fixture
def reader(mailbox: Program) -> Iterator[str]:
    put(mailbox, "/control/fault", {})
    yield f"{uuid.uuid4().hex}@example.org"
    put(mailbox, "/control/fault", {})


def _send(program: Program, reader: str, subject: str = "Hello") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "us@example.org", reader, subject
    message["Message-ID"] = "<one@example.org>"
    message.set_content("It stands.\n")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="report.pdf")
    with smtplib.SMTP("127.0.0.1", int(program.environment["SANDBOX_SMTP_PORT"]), timeout=10) as server:
        server.send_message(message)


def test_a_message_can_be_read_as_it_came(mailbox: Program, reader: str) -> None:
    _send(mailbox, reader, "Grüße")
    (found,) = get(mailbox, "/messages", to=reader.upper())
    assert (found["from"], found["to"], found["subject"]) == ("us@example.org", [reader], "Grüße")
    assert (found["message_id"], found["text"]) == ("<one@example.org>", "It stands.\n")
    assert found["attachments"] == [{"filename": "report.pdf", "content_type": "application/pdf", "size_bytes": 4}]
    assert get(mailbox, f"/messages/{found['n']}") == found
    assert httpx.get(f"{mailbox.url}/messages/{found['n']}/attachments/0").content == b"%PDF"
    assert b"Subject: " in httpx.get(f"{mailbox.url}/messages/{found['n']}/raw").content


def test_messages_are_found_by_their_whole_address_only(mailbox: Program, reader: str) -> None:
    _send(mailbox, f"x{reader}")
    assert get(mailbox, "/messages", to=reader) == []


@pytest.mark.parametrize("code", [451, 550])
def test_a_recipient_is_refused_so_many_times(mailbox: Program, reader: str, code: int) -> None:
    put(mailbox, "/control/fault", {"mode": "refuse", "code": code, "to": reader, "times": 1})
    _send(mailbox, f"other-{reader}")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        _send(mailbox, reader)
    assert refused.value.recipients[reader][0] == code
    _send(mailbox, reader)
    assert len(get(mailbox, "/messages", to=reader)) == 1


def test_a_message_is_refused_after_it_was_sent(mailbox: Program, reader: str) -> None:
    put(mailbox, "/control/fault", {"mode": "refuse", "code": 554, "at": "message"})
    with pytest.raises(smtplib.SMTPDataError):
        _send(mailbox, reader)
    assert get(mailbox, "/messages", to=reader) == []


@pytest.mark.parametrize(("keep", "kept"), [(False, 0), (True, 1)])
def test_the_connection_is_dropped_before_the_message_is_confirmed(
    mailbox: Program, reader: str, keep: bool, kept: int
) -> None:
    put(mailbox, "/control/fault", {"mode": "drop", "keep": keep, "times": 1})
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        _send(mailbox, reader)
    assert len(get(mailbox, "/messages", to=reader)) == kept
    _send(mailbox, reader)
    assert len(get(mailbox, "/messages", to=reader)) == kept + 1


def test_messages_outlive_a_kill_and_the_mailbox_can_be_emptied(tmp_path: Path) -> None:
    first = start_program("mailbox", {"SANDBOX_STATE": str(tmp_path)})
    try:
        _send(first, "a@example.org")
    finally:
        first.kill()
    again = first.started_again()
    try:
        assert len(get(again, "/messages")) == 1
        assert httpx.delete(f"{again.url}/messages").status_code == 204
        assert get(again, "/messages") == []
    finally:
        assert again.stop() == 0


def test_an_unknown_message_is_said_to_be_unknown(mailbox: Program) -> None:
    assert httpx.get(f"{mailbox.url}/messages/999999").status_code == 404
    assert httpx.get(f"{mailbox.url}/messages/999999/raw").status_code == 404
