"""The kept messages and what the server was told to do. One SQLite file."""

import email
import email.policy
import sqlite3
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.database import open_database

MESSAGES_LIMIT = 2000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    n INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, recipients TEXT NOT NULL, raw BLOB NOT NULL,
    received_at TEXT NOT NULL, encrypted INTEGER NOT NULL, username TEXT);
CREATE TABLE IF NOT EXISTS told (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Fault(BaseModel):
    """How the server misbehaves. ``refuse`` answers ``code``; ``drop`` closes the connection after the message."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["ok", "refuse", "drop"] = "ok"
    code: int = Field(default=451, ge=400, le=599)
    at: Literal["recipient", "message"] = "recipient"
    to: str = Field(default="", max_length=254)
    times: int | None = Field(default=None, ge=1, le=10_000)
    keep: bool = False


class Store:
    """Survives the program where it has a folder; the oldest messages make room for new ones."""

    def __init__(self, folder: Path | None) -> None:
        self._db = open_database(folder, "mailbox", _SCHEMA)

    def close(self) -> None:
        self._db.close()

    def keep(self, sender: str, recipients: list[str], raw: bytes, *, encrypted: bool, username: str | None) -> None:
        with self._db:
            n = self._db.execute(
                "INSERT INTO messages (sender, recipients, raw, received_at, encrypted, username)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (sender, "\n".join(recipients), raw, datetime.now(UTC).isoformat(), encrypted, username),
            ).lastrowid
            self._db.execute("DELETE FROM messages WHERE n <= ?", ((n or 0) - MESSAGES_LIMIT,))

    def messages(self, to: str | None, limit: int) -> list[dict[str, Any]]:
        """The newest first; ``to`` is a recipient of the envelope."""
        rows = self._db.execute(
            "SELECT * FROM messages WHERE ?1 IS NULL"
            " OR instr(char(10) || lower(recipients) || char(10), char(10) || lower(?1) || char(10)) > 0"
            " ORDER BY n DESC LIMIT ?2",
            (to, limit),
        )
        return [_message(row) for row in rows]

    def message(self, n: int) -> dict[str, Any] | None:
        row = self._db.execute("SELECT * FROM messages WHERE n = ?", (n,)).fetchone()
        return _message(row) if row else None

    def raw(self, n: int) -> bytes | None:
        row = self._db.execute("SELECT raw FROM messages WHERE n = ?", (n,)).fetchone()
        return bytes(row["raw"]) if row else None

    def empty(self) -> None:
        with self._db:
            self._db.execute("DELETE FROM messages")

    def fault(self) -> Fault:
        row = self._db.execute("SELECT value FROM told WHERE name = 'fault'").fetchone()
        return Fault.model_validate_json(row["value"]) if row else Fault()

    def set_fault(self, fault: Fault) -> None:
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO told VALUES ('fault', ?)", (fault.model_dump_json(),))

    def use_fault(self, fault: Fault) -> None:
        """One time fewer; after the last the server behaves again."""
        if fault.times is not None:
            self.set_fault(fault.model_copy(update={"times": fault.times - 1}) if fault.times > 1 else Fault())


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 -- what that policy makes
    return message


def content(part: EmailMessage) -> bytes:
    """The decoded bytes of one part."""
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _message(row: sqlite3.Row) -> dict[str, Any]:
    message = parsed(row["raw"])
    body = message.get_body(("plain", "html"))
    return {
        "n": row["n"],
        "received_at": row["received_at"],
        "from": row["sender"],
        "to": str(row["recipients"]).split("\n"),
        "encrypted": bool(row["encrypted"]),
        "username": row["username"],
        "subject": str(message["subject"] or ""),
        "message_id": str(message["message-id"] or ""),
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": str(body.get_content()).replace("\r\n", "\n") if body else "",
        "attachments": [
            {
                "filename": part.get_filename(),
                "content_type": part.get_content_type(),
                "size_bytes": len(content(part)),
            }
            for part in message.iter_attachments()
        ],
    }
