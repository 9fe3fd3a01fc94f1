"""The partners' hooks and the calls that came in on them. One SQLite file."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sandbox.database import open_database

HOOKS_LIMIT = 1000
CALLS_PER_HOOK_LIMIT = 1000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS hooks (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
    number INTEGER PRIMARY KEY AUTOINCREMENT, hook TEXT NOT NULL, received_at TEXT NOT NULL, webhook_id TEXT,
    verified INTEGER NOT NULL, why_not TEXT, answered INTEGER NOT NULL, headers TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS calls_hook ON calls (hook, number);
"""


class Hook(BaseModel):
    """How one partner takes calls: the secret it shares with the sender, what it answers and how late."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    secret: Annotated[str, StringConstraints(pattern=r"^whsec_[A-Za-z0-9+/]{32,}={0,2}$")]
    status: int = Field(default=204, ge=200, le=599)
    delay_s: float = Field(default=0, ge=0, le=120)
    times: int | None = Field(default=None, ge=1, le=10_000)
    """So many calls are answered so; later ones 204 and at once."""
    retry_after_s: int | None = Field(default=None, ge=0, le=86_400)
    location: str | None = Field(default=None, max_length=500)


class Full(Exception):  # noqa: N818 -- a fact, named as one
    """No further hook is kept."""


class Store:
    """Survives the program where it has a folder; the oldest calls of a hook make room for new ones."""

    def __init__(self, folder: Path | None) -> None:
        self._db = open_database(folder, "partner", _SCHEMA)

    def close(self) -> None:
        self._db.close()

    def hook(self, name: str) -> Hook | None:
        row = self._db.execute("SELECT value FROM hooks WHERE name = ?", (name,)).fetchone()
        return Hook.model_validate_json(row["value"]) if row else None

    def set_hook(self, name: str, hook: Hook) -> None:
        """Raises Full."""
        if self._db.execute("SELECT count(*) FROM hooks WHERE name <> ?", (name,)).fetchone()[0] >= HOOKS_LIMIT:
            raise Full
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO hooks VALUES (?, ?)", (name, hook.model_dump_json()))

    def keep(
        self, hook: str, headers: dict[str, str], body: bytes, *, verified: bool, why_not: str | None, answered: int
    ) -> None:
        with self._db:
            self._db.execute(
                "INSERT INTO calls (hook, received_at, webhook_id, verified, why_not, answered, headers, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    hook,
                    datetime.now(UTC).isoformat(),
                    headers.get("webhook-id"),
                    verified,
                    why_not,
                    answered,
                    json.dumps(headers),
                    body.decode("utf-8", "replace"),
                ),
            )
            self._db.execute(
                "DELETE FROM calls WHERE hook = ?1 AND number <= (SELECT number FROM calls WHERE hook = ?1"
                " ORDER BY number DESC LIMIT 1 OFFSET ?2)",
                (hook, CALLS_PER_HOOK_LIMIT),
            )

    def calls(self, hook: str, webhook_id: str | None) -> list[dict[str, Any]]:
        """The oldest first."""
        rows = self._db.execute(
            "SELECT * FROM calls WHERE hook = ?1 AND (?2 IS NULL OR webhook_id = ?2) ORDER BY number",
            (hook, webhook_id),
        )
        return [_call(row) for row in rows]

    def forget_calls(self, hook: str) -> None:
        with self._db:
            self._db.execute("DELETE FROM calls WHERE hook = ?", (hook,))


def _call(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "webhook_id": row["webhook_id"],
        "received_at": row["received_at"],
        "verified": bool(row["verified"]),
        "why_not": row["why_not"],
        "answered": row["answered"],
        "headers": json.loads(row["headers"]),
        "body": _json_or_text(row["body"]),
    }


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
