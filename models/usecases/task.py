"""The inbox: tasks are opened and closed by the steps of a process, claimed and released by people."""

from uuid import UUID

from models.errors import Forbidden, NotFound, StageDoesNotAllow, TaskTaken
from models.rules.access import Role
from models.store import tasks
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import timeline
from models.usecases.work import Work

CLOSED_BY_PEOPLE = frozenset({TaskKind.UNEXPECTED_FACT, TaskKind.HANDOVER_STUCK})
"""Nothing else tells that these are done."""


async def open_task(
    work: Work,
    kind: TaskKind,
    role: Role,
    organisation_id: UUID,
    subject_id: UUID,
    reference: str,
    title: str,
    *,
    working_days: int | None = None,
) -> None:
    """Put a task into an inbox; the same task that is still open gets the new title, and a due date if it had none."""
    due_at = None if working_days is None else work.terms.due_at(work.now, working_days)
    known = await tasks.open_of(work.session, kind, subject_id)
    if known is not None:
        known.title, known.due_at = title, known.due_at or due_at
        return
    work.session.add(
        Task(
            kind=kind,
            role=role,
            organisation_id=organisation_id,
            subject_id=subject_id,
            reference=reference,
            title=title,
            due_at=due_at,
        )
    )
    await work.session.flush()


async def close_task(work: Work, kind: TaskKind, subject_id: UUID) -> None:
    """The task is done, by whoever did what it asked for."""
    task = await tasks.open_of(work.session, kind, subject_id)
    if task is not None:
        task.state, task.done_by, task.done_at = TaskState.DONE, work.actor.id, work.now


async def claim(work: Work, task_id: UUID, roles: frozenset[Role]) -> Task:
    """Raises NotFound, Forbidden (another organisation or role), TaskTaken, StageDoesNotAllow (done)."""
    task = await _mine(work, task_id, roles)
    if task.claimed_by not in {None, work.actor.id}:
        raise TaskTaken("Somebody else has claimed this task; ask them to release it")
    task.claimed_by, task.claimed_at = work.actor.id, work.now
    timeline.record(work, "task", task.id, "task claimed", kind=task.kind, reference=task.reference)
    return task


async def release(work: Work, task_id: UUID, roles: frozenset[Role]) -> Task:
    """Raises as ``claim`` does; only the one who claimed a task can release it."""
    task = await _mine(work, task_id, roles)
    if task.claimed_by != work.actor.id:
        raise TaskTaken("You have not claimed this task")
    task.claimed_by, task.claimed_at = None, None
    timeline.record(work, "task", task.id, "task released", kind=task.kind, reference=task.reference)
    return task


async def finish(work: Work, task_id: UUID, roles: frozenset[Role]) -> Task:
    """A task that no process closes is done. Raises as ``claim`` does, and StageDoesNotAllow for the others."""
    task = await _mine(work, task_id, roles)
    if task.kind not in CLOSED_BY_PEOPLE:
        raise StageDoesNotAllow("This task is done when what it asks for is decided")
    task.state, task.done_by, task.done_at = TaskState.DONE, work.actor.id, work.now
    timeline.record(work, "task", task.id, "task finished", kind=task.kind, reference=task.reference)
    return task


async def _mine(work: Work, task_id: UUID, roles: frozenset[Role]) -> Task:
    task = await tasks.lock(work.session, task_id)
    if task is None or task.organisation_id != work.actor.organisation_id:
        raise NotFound("There is no such task in your inbox")
    if task.role not in roles:
        raise Forbidden(f"The task is for {task.role}")
    if task.state is not TaskState.OPEN:
        raise StageDoesNotAllow("The task is done already")
    return task
