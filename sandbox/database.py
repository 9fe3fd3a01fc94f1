"""One SQLite file per stand-in, so that what it was told outlives it."""

import sqlite3
from pathlib import Path


def open_database(folder: Path | None, name: str, schema: str) -> sqlite3.Connection:
    """In memory where there is no folder. Calls are short and come from one event loop: no threads are needed."""
    database = sqlite3.connect(folder / f"{name}.sqlite" if folder else ":memory:")
    database.row_factory = sqlite3.Row
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.executescript(schema)
    return database
