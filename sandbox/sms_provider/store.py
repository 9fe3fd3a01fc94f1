"""Messages, what is still to be told of them, and what the provider was told to do. One SQLite file."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sandbox.database import open_database
from sandbox.sms_provider.protocol import Asked, Fault, new_sid

MESSAGES_LIMIT = 5000
TRIES_LIMIT = 5

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    n INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL UNIQUE, direction TEXT NOT NULL, sender TEXT NOT NULL,
    recipient TEXT NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL, error_code INTEGER, callback_url TEXT,
    created_at TEXT NOT NULL, sent_at TEXT);
CREATE INDEX IF NOT EXISTS messages_recipient ON messages (recipient, n);
CREATE TABLE IF NOT EXISTS callbacks (
    n INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, params TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    outcome TEXT);
CREATE TABLE IF NOT EXISTS opted_out (number TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS told (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """Survives the program where it has a folder; the oldest messages make room for new ones."""

    def __init__(self, folder: Path | None) -> None:
        self._db = open_database(folder, "sms_provider", _SCHEMA)

    def close(self) -> None:
        self._db.close()

    def take(self, asked: Asked) -> sqlite3.Row:
        """To be sent."""
        return self._keep(new_sid(), "outbound-api", asked, "queued")

    def receive(self, sid: str, text: Asked) -> None:
        """From a phone; told again it is one."""
        if self.message(sid) is None:
            self._keep(sid, "inbound", text, "received")

    def _keep(self, sid: str, direction: str, said: Asked, status: str) -> sqlite3.Row:
        with self._db:
            n = self._db.execute(
                "INSERT INTO messages (sid, direction, sender, recipient, body, status, callback_url, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (sid, direction, said.sender, said.to, said.body, status, said.callback_url, _now()),
            ).lastrowid
            self._db.execute("DELETE FROM messages WHERE n <= ?", ((n or 0) - MESSAGES_LIMIT,))
        return self._db.execute("SELECT * FROM messages WHERE n = ?", (n,)).fetchone()  # type: ignore[no-any-return]

    def message(self, sid: str) -> sqlite3.Row | None:
        return self._db.execute("SELECT * FROM messages WHERE sid = ?", (sid,)).fetchone()  # type: ignore[no-any-return]

    def messages(self, to: str | None, sender: str | None, limit: int) -> Sequence[sqlite3.Row]:
        """The newest first."""
        return self._db.execute(
            "SELECT * FROM messages WHERE (?1 IS NULL OR recipient = ?1) AND (?2 IS NULL OR sender = ?2)"
            " ORDER BY n DESC LIMIT ?3",
            (to, sender, limit),
        ).fetchall()

    def queued(self) -> Sequence[sqlite3.Row]:
        return self._db.execute("SELECT * FROM messages WHERE status = 'queued' ORDER BY n LIMIT 100").fetchall()

    def become(self, sid: str, status: str, error_code: int | None = None) -> None:
        with self._db:
            self._db.execute(
                "UPDATE messages SET status = ?, error_code = ?, sent_at = ? WHERE sid = ?",
                (status, error_code, _now(), sid),
            )

    def tell(self, url: str, params: Mapping[str, str]) -> None:
        with self._db:
            self._db.execute("INSERT INTO callbacks (url, params) VALUES (?, ?)", (url, json.dumps(dict(params))))

    def next_callback(self) -> sqlite3.Row | None:
        """The oldest that is still to be told: so they come in order."""
        return self._db.execute(  # type: ignore[no-any-return]
            "SELECT * FROM callbacks WHERE outcome IS NULL ORDER BY n LIMIT 1"
        ).fetchone()

    def note_callback(self, n: int, outcome: str, *, again: bool) -> None:
        with self._db:
            self._db.execute(
                "UPDATE callbacks SET tries = tries + 1,"
                " outcome = CASE WHEN ?2 AND tries + 1 < ?3 THEN NULL ELSE ?1 END WHERE n = ?4",
                (outcome, again, TRIES_LIMIT, n),
            )

    def callbacks(self, limit: int) -> Sequence[sqlite3.Row]:
        return self._db.execute("SELECT * FROM callbacks ORDER BY n DESC LIMIT ?", (limit,)).fetchall()

    def opts_out(self) -> bool:
        """Whether the provider keeps phones that text STOP from being written to, as it does where nobody has asked
        for anything else."""
        return self._told("opt_out") == "true"

    def set_opt_out(self, *, handled: bool) -> None:
        self._tell("opt_out", "true" if handled else "false")

    def opt(self, number: str, *, out: bool) -> None:
        with self._db:
            if out:
                self._db.execute("INSERT OR IGNORE INTO opted_out VALUES (?)", (number,))
            else:
                self._db.execute("DELETE FROM opted_out WHERE number = ?", (number,))

    def is_opted_out(self, number: str) -> bool:
        return self._db.execute("SELECT 1 FROM opted_out WHERE number = ?", (number,)).fetchone() is not None

    def fault(self) -> Fault:
        said = self._told("fault")
        return Fault.model_validate_json(said) if said else Fault()

    def set_fault(self, fault: Fault) -> None:
        self._tell("fault", fault.model_dump_json())

    def use_fault(self, fault: Fault) -> None:
        """One time fewer; after the last the provider behaves again."""
        if fault.times is not None:
            self.set_fault(fault.model_copy(update={"times": fault.times - 1}) if fault.times > 1 else Fault())

    def _told(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM told WHERE name = ?", (name,)).fetchone()
        return row["value"] if row else None

    def _tell(self, name: str, value: str) -> None:
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (name, value))


def _now() -> str:
    return datetime.now(UTC).isoformat()
