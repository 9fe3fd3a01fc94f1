"""Processes begin, hear of facts and end; each step's result is kept (rules 1, 3 and 4)."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from models.errors import NotFound
from models.messages.base import Subject
from models.store import processes
from models.tables.handover import Handover, HandoverKind, Process, StepResult
from models.usecases.work import Work

Result = TypeVar("Result", bound=BaseModel)


async def begin(work: Work, workflow_id: str, kind: str, subject_id: UUID, reference: str) -> None:
    """Make the process and the fact that starts it; only for a fact that creates the process."""
    await enter(work, workflow_id, kind, subject_id)
    subject = Subject(subject_id=subject_id, reference=reference, correlation_id=work.correlation_id)
    await _write(work, workflow_id, HandoverKind.START, kind, subject.model_dump(mode="json"))


async def enter(work: Work, workflow_id: str, kind: str, subject_id: UUID) -> None:
    """Enter a process that its parent starts; facts for it can be written from now on."""
    work.session.add(Process(workflow_id=workflow_id, kind=kind, subject_id=subject_id))
    await work.session.flush()


async def hand_over(work: Work, workflow_id: str, name: str, payload: dict[str, Any]) -> bool:
    """Write a fact for a process. False where the process has ended: the fact is kept as a late one."""
    return await _write(work, workflow_id, HandoverKind.SIGNAL, name, payload)


async def _write(work: Work, workflow_id: str, kind: HandoverKind, name: str, payload: dict[str, Any]) -> bool:
    process = await processes.lock(work.session, workflow_id)
    if process is None:
        raise NotFound(f"There is no process {workflow_id}")
    process.last_number += 1
    late = process.ended_at is not None
    work.session.add(
        Handover(
            workflow_id=workflow_id,
            number=process.last_number,
            kind=kind,
            name=name,
            payload=payload,
            correlation_id=work.correlation_id,
            late=late,
        )
    )
    await work.session.flush()
    if not late:
        work.handed_over.add(workflow_id)
    return not late


async def keep_as_late(work: Work, fact: Handover) -> bool:
    """A fact that was on its way when its process ended is a late one. False where the process goes on."""
    process = await processes.find(work.session, fact.workflow_id)
    fact.late = process is not None and process.ended_at is not None
    return fact.late


async def end(work: Work, workflow_id: str) -> None:
    """The process has reached its end; facts from now on are late."""
    process = await processes.lock(work.session, workflow_id)
    if process is None:
        raise NotFound(f"There is no process {workflow_id}")
    process.ended_at = work.now


async def once(
    work: Work,
    workflow_id: str,
    step: str,
    occurrence: str,
    result_type: type[Result],
    take: Callable[[], Awaitable[Result]],
    again: Callable[[], Awaitable[Result]] | None = None,
) -> Result:
    """Take the step, or give what it gave when it was taken before; or what ``again`` gives in its place.

    ``again`` is for results that tell where things stand: the rows may have moved on since. A retry that overlaps with
    the first try waits for that: the rows would refuse what it has just done.
    """
    await processes.lock_step(work.session, workflow_id, step, occurrence)
    kept = await processes.step_result(work.session, workflow_id, step, occurrence)
    if kept is not None:
        return result_type.model_validate(kept.result) if again is None else await again()
    result = await take()
    work.session.add(
        StepResult(workflow_id=workflow_id, step=step, occurrence=occurrence, result=result.model_dump(mode="json"))
    )
    if occurrence.startswith("fact-"):
        await processes.note_applied(work.session, workflow_id, int(occurrence.removeprefix("fact-")))
    await work.session.flush()
    return result
