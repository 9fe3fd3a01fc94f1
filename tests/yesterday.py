"""A database as it was on an earlier day: everything that was committed since is lost, sequences included."""

import psycopg
from psycopg import sql

_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
_SEQUENCES = "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"


class Yesterday:
    """The content of a database, to go back to while others are connected."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._rows: dict[str, bytes] = {}
        self._numbers: dict[str, tuple[int, bool]] = {}
        with psycopg.connect(url) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            for (table,) in connection.execute(_TABLES).fetchall():
                with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
                    self._rows[table] = b"".join(bytes(part) for part in copy)
            for (name,) in connection.execute(_SEQUENCES).fetchall():
                state = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))
                self._numbers[name] = connection.execute(state).fetchone() or (1, False)

    def restore(self) -> None:
        with psycopg.connect(self._url) as connection:
            # As a restore does it: without triggers, and without asking whether references are there yet.
            connection.execute("SET session_replication_role = replica")
            everything = sql.SQL(", ").join(sql.Identifier(table) for table in self._rows)
            connection.execute(sql.SQL("TRUNCATE {}").format(everything))
            for table, rows in self._rows.items():
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                    copy.write(rows)
            for name, (last, drawn) in self._numbers.items():
                connection.execute("SELECT setval(%s, %s, %s)", (name, last, drawn))
