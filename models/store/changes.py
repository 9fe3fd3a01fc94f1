"""What a transaction changes in the rows, seen as it is written: each row with its changed columns before and after."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

NOT_FOLLOWED = frozenset(
    {
        "timeline_entry",
        # How facts travel, and who is logged in: each has its own record.
        "process",
        "handover",
        "step_result",
        "notice",
        "notice_attempt",
        "driver_notice",
        "text_message",
        "request_count",
        "grid_call",
        "plan_call",
        "idempotency_key",
        "login_session",
        # What stations tell comes at high rates and is kept as their events (rule 5).
        "station_connection",
        "past_connection",
        "station_event",
        "evse",
        "charging_transaction",
        "meter_reading",
        "raw_frame",
        "station_report",
        "station_message",
        "station_upkeep",
        "wanted_spread",
        "station_setting",
        "station_firmware",
        "station_list",
    }
)
_COLUMNS_NOT_FOLLOWED = frozenset(
    {
        "created_at",
        "last_seen_at",
        "clock_drift_s",
        "failures",
        "failing_since",
        "retry_at",
        "last_error",
        "traceparent",
        "tell_at",
    }
)
"""What is filled in by itself, and what tells how a station or an endpoint does at this moment."""


@dataclass
class Change:
    """One row: None is how it stood before it was made, or after it was removed."""

    table: str
    key: tuple[Any, ...]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    owners: tuple[UUID, ...] = ()
    """The row's own id first, then those of the rows that it points to."""


class Changes:
    """Follows a session from when it is made. Statements that name no row (bulk updates) are not seen."""

    def __init__(self, session: AsyncSession) -> None:
        self._seen: dict[tuple[str, tuple[Any, ...]], Change] = {}
        sa.event.listen(session.sync_session, "before_flush", self._note)

    def note_new(self, rows: Sequence[SQLModel]) -> None:
        """Rows that are written past the session."""
        for row in rows:
            self._add(row, None, _values(row))

    def made(self) -> Sequence[Change]:
        """Those that changed something in the end, in the order in which they were first seen."""
        return [each for each in map(_in_the_end, self._seen.values()) if each is not None]

    def _note(self, session: Session, *_: object) -> None:
        self.note_new(list(session.new))
        for row in session.dirty:
            before, after = _differences(row)
            if after:
                self._add(row, before, after)
        for row in session.deleted:
            self._add(row, _values(row), None)

    def _add(self, row: Any, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        table = sa.inspect(type(row)).local_table.name
        if table in NOT_FOLLOWED:
            return
        key = tuple(sa.inspect(type(row)).primary_key_from_instance(row))
        earlier = self._seen.setdefault((table, key), Change(table, key, before, after, _owners(row)))
        if earlier.after is not None and after is not None:
            earlier.after = earlier.after | after
        elif after is None:
            earlier.after = None
        if earlier.before is not None and before is not None:
            earlier.before = before | earlier.before


def _in_the_end(change: Change) -> Change | None:
    """Without the columns that came back to what they were."""
    before, after = change.before, change.after
    if before is None or after is None:
        return None if before is after else change
    moved = {name for name, value in after.items() if before.get(name) != value}
    if not moved:
        return None
    return Change(
        change.table,
        change.key,
        {name: before.get(name) for name in after if name in moved},
        {name: value for name, value in after.items() if name in moved},
        change.owners,
    )


def _values(row: Any) -> dict[str, Any]:
    state = sa.inspect(row)
    return {
        name: value for name, value in state.dict.items() if name in _followed(state.mapper) and value not in (None, [])
    }


def _differences(row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    state = sa.inspect(row)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in _followed(state.mapper) & state.committed_state.keys():
        history = state.attrs[name].history
        if history.has_changes():
            before[name] = history.deleted[0] if history.deleted else None
            after[name] = history.added[0] if history.added else None
    return before, after


@functools.cache
def _followed(mapper: Any) -> frozenset[str]:
    return frozenset({attribute.key for attribute in mapper.column_attrs}) - _COLUMNS_NOT_FOLLOWED


def _owners(row: Any) -> tuple[UUID, ...]:
    values = sa.inspect(row).dict
    pointed_to = (value for name, value in values.items() if name.endswith("_id"))
    return tuple(value for value in (values.get("id"), *pointed_to) if isinstance(value, UUID))
