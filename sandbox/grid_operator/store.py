"""What the grid operator remembers: requests, events to send, and what it was told to do. One SQLite file."""

import json
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sandbox.database import open_database
from sandbox.grid_operator.protocol import ConnectionRequest, Event, Fault, Policy, as_text

REQUESTS_LIMIT = 200_000
RETRY_LONGEST_S = 10.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    id TEXT PRIMARY KEY, reference TEXT NOT NULL, idempotency_key TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL, status TEXT NOT NULL, received_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS requests_reference ON requests (reference);
CREATE TABLE IF NOT EXISTS posts (
    idempotency_key TEXT PRIMARY KEY, posts INTEGER NOT NULL DEFAULT 0, turned_away INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, webhook_id TEXT NOT NULL UNIQUE, queue TEXT NOT NULL, request_id TEXT,
    event TEXT NOT NULL, body TEXT NOT NULL, callback_url TEXT NOT NULL, signature TEXT NOT NULL,
    sends_left INTEGER NOT NULL, retried INTEGER NOT NULL, planned_at REAL NOT NULL, due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, deliveries INTEGER NOT NULL DEFAULT 0, last_outcome TEXT);
CREATE INDEX IF NOT EXISTS events_open ON events (queue, planned_at, number) WHERE sends_left > 0;
CREATE TABLE IF NOT EXISTS told (name TEXT PRIMARY KEY, value TEXT NOT NULL, until REAL);
"""


class KeyReused(Exception):  # noqa: N818 -- a fact, named as one
    """An idempotency key came again with another body."""


class Full(Exception):  # noqa: N818 -- a fact, named as one
    """No further connection request is kept."""


class Outgoing(BaseModel):
    """One event on its way to a customer."""

    number: int
    webhook_id: str
    queue: str
    request_id: str | None
    event: Event
    body: str
    callback_url: str
    signature: str
    sends_left: int
    retried: bool
    attempts: int


Plan = Callable[[str], Sequence[dict[str, Any]]]
"""Gives a new connection request's first events, from its id."""


class Store:
    """Survives the program where it has a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._db = open_database(folder, "grid_operator", _SCHEMA)

    def close(self) -> None:
        self._db.close()

    def count_post(self, key: str, *, turned_away: bool) -> None:
        with self._db:
            self._db.execute(
                "INSERT INTO posts VALUES (?, 1, ?) ON CONFLICT (idempotency_key)"
                " DO UPDATE SET posts = posts + 1, turned_away = turned_away + excluded.turned_away",
                (key, int(turned_away)),
            )

    def receive(self, key: str, request: ConnectionRequest, plan: Plan) -> tuple[str, bool]:
        """The connection request's id, and whether it was made just now; ``plan`` gives its first events.

        Raises KeyReused and Full.
        """
        body = request.model_dump_json()
        known = self._db.execute("SELECT id, body FROM requests WHERE idempotency_key = ?", (key,)).fetchone()
        if known and known["body"] != body:
            raise KeyReused
        if known:
            return str(known["id"]), False
        if self._db.execute("SELECT count(*) FROM requests").fetchone()[0] >= REQUESTS_LIMIT:
            raise Full
        made = f"GC-{secrets.token_hex(6).upper()}"
        with self._db:
            self._db.execute(
                "INSERT INTO requests VALUES (?, ?, ?, ?, 'received', ?)",
                (made, request.reference, key, body, as_text(datetime.now(UTC))),
            )
            self._insert_events(plan(made))
        return made, True

    def request(self, request_id: str) -> dict[str, Any] | None:
        row = self._db.execute("SELECT * FROM requests WHERE id = ?", (request_id,)).fetchone()
        return _request(row) if row else None

    def requests(self, reference: str | None, limit: int) -> list[dict[str, Any]]:
        """The newest first."""
        rows = self._db.execute(
            "SELECT * FROM requests WHERE ?1 IS NULL OR reference = ?1 ORDER BY rowid DESC LIMIT ?2", (reference, limit)
        )
        return [_request(row) for row in rows]

    def counts(self, reference: str | None, limit: int) -> list[dict[str, Any]]:
        """How often each idempotency key was posted, and which connection request came of it."""
        rows = self._db.execute(
            "SELECT p.idempotency_key, p.posts, p.turned_away, r.reference, r.id AS connection_request_id"
            " FROM posts p LEFT JOIN requests r USING (idempotency_key)"
            " WHERE ?1 IS NULL OR r.reference = ?1 ORDER BY p.rowid DESC LIMIT ?2",
            (reference, limit),
        )
        return [dict(row) for row in rows]

    def set_status(self, request_id: str, status: str) -> None:
        with self._db:
            self._db.execute("UPDATE requests SET status = ? WHERE id = ?", (status, request_id))

    def drop_planned(self, request_id: str) -> None:
        """Events that have not begun to happen are called off."""
        with self._db:
            self._db.execute("DELETE FROM events WHERE request_id = ? AND attempts = 0", (request_id,))

    def add_event(self, row: dict[str, Any]) -> None:
        with self._db:
            self._insert_events([row])

    def _insert_events(self, rows: Sequence[dict[str, Any]]) -> None:
        self._db.executemany(
            "INSERT INTO events (webhook_id, queue, request_id, event, body, callback_url, signature,"
            " sends_left, retried, planned_at, due_at) VALUES (:webhook_id, :queue, :request_id, :event, :body,"
            " :callback_url, :signature, :sends_left, :retried, :planned_at, :planned_at)",
            rows,
        )

    def events(self, request_id: str | None, limit: int) -> list[dict[str, Any]]:
        """Sent and unsent events, the newest first."""
        rows = self._db.execute(
            "SELECT webhook_id, request_id AS connection_request_id, event, body, signature, sends_left, attempts,"
            " deliveries, last_outcome FROM events WHERE ?1 IS NULL OR request_id = ?1 ORDER BY number DESC LIMIT ?2",
            (request_id, limit),
        )
        return [{**dict(row), "body": json.loads(row["body"])} for row in rows]

    def due(self, limit: int) -> list[Outgoing]:
        """The next event of each queue, where its time has come: within a queue each waits for the one before."""
        rows = self._db.execute(
            "SELECT * FROM events e WHERE sends_left > 0 AND due_at <= ? AND NOT EXISTS (SELECT 1 FROM events f"
            " WHERE f.queue = e.queue AND f.sends_left > 0 AND (f.planned_at, f.number) < (e.planned_at, e.number))"
            " ORDER BY due_at LIMIT ?",
            (datetime.now(UTC).timestamp(), limit),
        )
        return [Outgoing.model_validate(dict(row)) for row in rows]

    def begin(self, event: Outgoing) -> None:
        """The event happens: the request takes its status, at the first attempt to tell of it."""
        if event.request_id and event.attempts == 0 and event.signature == "good":
            self.set_status(event.request_id, event.event)

    def finish(self, event: Outgoing, *, delivered: bool, outcome: str) -> None:
        """After an attempt: one sending less, or another attempt later, at most ten seconds later."""
        ended = delivered or not event.retried
        wait_s = 0.0 if ended else min(RETRY_LONGEST_S, 0.2 * 2 ** min(event.attempts, 10))
        with self._db:
            self._db.execute(
                "UPDATE events SET attempts = attempts + 1, deliveries = deliveries + ?, sends_left = sends_left - ?,"
                " due_at = ?, last_outcome = ? WHERE number = ?",
                (int(delivered), int(ended), datetime.now(UTC).timestamp() + wait_s, outcome[:500], event.number),
            )

    def policy(self) -> Policy:
        text = self._told("policy")
        return Policy.model_validate_json(text) if text else Policy()

    def fault(self) -> Fault:
        text = self._told("fault")
        return Fault.model_validate_json(text) if text else Fault()

    def tell(self, name: str, value: BaseModel, for_s: float | None = None) -> None:
        until = datetime.now(UTC).timestamp() + for_s if for_s else None
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO told VALUES (?, ?, ?)", (name, value.model_dump_json(), until))

    def _told(self, name: str) -> str | None:
        row = self._db.execute(
            "SELECT value FROM told WHERE name = ? AND (until IS NULL OR until > ?)",
            (name, datetime.now(UTC).timestamp()),
        ).fetchone()
        return str(row["value"]) if row else None


def _request(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "connection_request_id": row["id"],
        "reference": row["reference"],
        "status": row["status"],
        "received_at": row["received_at"],
        "idempotency_key": row["idempotency_key"],
        "request": json.loads(row["body"]),
    }
