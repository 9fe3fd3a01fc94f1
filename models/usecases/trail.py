"""The audit trail: every change of a row stands, before and after, with the entry that says who made it and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.messages.base import Actor
from models.rules import privacy
from models.store.changes import Change
from models.tables.base import new_id
from models.tables.timeline import TimelineEntry

_SUBJECTS = {"placement_request": "placement", "asset": "station"}
"""The timeline's words for what a table holds, where they differ from the table's name."""
_VERBS = ("added", "removed", "changed")


def entries_of(
    entries: Sequence[TimelineEntry],
    changes: Sequence[Change],
    now: datetime,
    actor: Actor,
    correlation_id: str,
) -> Sequence[TimelineEntry]:
    """The entries of one piece of work with all that it changed.

    A change stands with the entry about its own subject, or about what it belongs to, else with the first one; where
    nothing was put on record, it gets an entry of its own.
    """
    if changes and not entries:
        entries = [_entry(changes[0], now, actor, correlation_id)]
    by_subject = {entry.subject_id: entry for entry in reversed(entries) if not entry.refused}
    shown: dict[UUID, list[dict[str, Any]]] = {entry.id: [] for entry in entries}
    for change in changes:
        owner = next((by_subject[owner] for owner in change.owners if owner in by_subject), entries[0])
        shown[owner.id].append(_shown(change))
    for entry in entries:
        entry.changes = shown[entry.id]
    return entries


def is_bare(entry: TimelineEntry) -> bool:
    """Whether nobody has put it on record: rows were changed, and that is all that it tells."""
    return entry.what in {f"{entry.subject} {verb}" for verb in _VERBS}


def _entry(change: Change, now: datetime, actor: Actor, correlation_id: str) -> TimelineEntry:
    own = change.key[0]
    added, removed, changed = _VERBS
    verb = added if change.before is None else removed if change.after is None else changed
    subject = _SUBJECTS.get(change.table, change.table.replace("_", " "))
    return TimelineEntry(
        at=now,
        subject=subject,
        subject_id=own if isinstance(own, UUID) else new_id(),
        actor=str(actor.id or actor.name),
        actor_name=actor.name,
        what=f"{subject} {verb}",
        correlation_id=correlation_id,
    )


def _shown(change: Change) -> dict[str, Any]:
    return {
        "what": change.table,
        "id": "/".join(str(part) for part in change.key),
        "before": None if change.before is None else privacy.row_shown(change.table, change.before),
        "after": None if change.after is None else privacy.row_shown(change.table, change.after),
    }
