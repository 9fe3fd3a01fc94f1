"""Every decision and every fact is put on record: who, when, what, why."""

from typing import Any
from uuid import UUID

from models.tables.timeline import TimelineEntry
from models.usecases.work import Work


def record(
    work: Work,
    subject: str,
    subject_id: UUID,
    what: str,
    *,
    placement_id: UUID | None = None,
    why: str | None = None,
    refused: bool = False,
    aimed_at: str | None = None,
    **detail: Any,
) -> None:
    """Written at the end of the work, with what the work changed. ``aimed_at`` is the reference of a refused attempt's
    target."""
    work.entries.append(
        TimelineEntry(
            at=work.now,
            placement_id=placement_id,
            subject=subject,
            subject_id=subject_id,
            actor=str(work.actor.id or work.actor.name),
            actor_name=work.actor.name,
            what=what,
            why=why,
            refused=refused,
            detail=detail,
            changes=[],  # a default that is made for each row takes ten times as long
            reference=aimed_at,
            correlation_id=work.correlation_id,
        )
    )
