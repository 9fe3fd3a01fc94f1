"""The inbox: tasks are opened and closed by the steps of a process, claimed, released and passed on by people."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models.errors import Forbidden, InvalidInput, NotFound, StageDoesNotAllow, TaskTaken
from models.messages.task import ChangeDueDate, Reassign
from models.rules.access import Role
from models.rules.deadlines import LATE_FACT_DAYS, REMIND_BEFORE_DAYS
from models.store import deadlines, delegations, organisations, tasks
from models.store.viewer import Viewer
from models.tables.access import Principal
from models.tables.deadline import Due
from models.tables.placement import PlacementRequest
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import timeline
from models.usecases.work import Work

CLOSED_BY_PEOPLE = frozenset(
    {
        TaskKind.UNEXPECTED_FACT,
        TaskKind.HANDOVER_STUCK,
        TaskKind.OVERDUE,
        TaskKind.DIFFERS_FROM_ROWS,
        TaskKind.WELCOME_FAILED,
        TaskKind.REVIEW_SESSION,
        TaskKind.SETTLE_AGAIN,
        TaskKind.SESSION_STUCK,
    }
)
"""Nothing else tells that these are done; an overdue task's end also ends who looks after it. A stuck session that goes
on in a new run of its process does not say so, and one that does not is told of anew."""
LATEST_DUE = timedelta(days=3 * 366)


@dataclass(frozen=True)
class Hands:
    """Who works on tasks: by their roles; ``manages`` names the tasks that they can pass on whoever holds them."""

    roles: frozenset[Role]
    manages: Viewer | None = None


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
    for_stage: Due | None = None,
) -> None:
    """Put a task into an inbox; the same task that is still open gets the new title, and a due date if it had none.

    It is due in ``working_days``, or with the stage that it stands for: the row that has just entered it.
    """
    known = await tasks.open_of(work.session, kind, subject_id)
    if known is None:
        known = Task(
            kind=kind,
            role=role,
            organisation_id=organisation_id,
            subject_id=subject_id,
            reference=reference,
            title=title,
        )
        work.session.add(known)
    known.title = title
    if for_stage is not None:
        await fall_due_with(work, known, for_stage)
    elif working_days is not None and known.due_at is None:
        due = work.terms.due_at(work.now, working_days)
        known.fall_due(due, work.terms.remind_at(work.now, due, REMIND_BEFORE_DAYS))
    await work.session.flush()


def open_first(
    work: Work, kind: TaskKind, role: Role, organisation_id: UUID, subject: PlacementRequest, title: str
) -> None:
    """Put a task about a new subject into an inbox, due with its first stage: none can be open about it yet."""
    first = Task(
        kind=kind,
        role=role,
        organisation_id=organisation_id,
        subject_id=subject.id,
        reference=subject.reference,
        title=title,
    )
    first.fall_due(subject.due_at, subject.remind_at)
    subject.tell_at = None
    work.new_rows.append(first)


async def ask_to_look(work: Work, subject_id: UUID, reference: str, title: str) -> None:
    """Something has come that no step was waiting for: operations is to see what it means."""
    operator = await organisations.operator(work.session)
    await open_task(
        work,
        TaskKind.UNEXPECTED_FACT,
        Role.OPERATIONS,
        operator.id,
        subject_id,
        reference,
        title,
        working_days=LATE_FACT_DAYS,
    )


async def fall_due_with(work: Work, task: Task, stage: Due) -> None:
    """The task tells of the stage's deadline from now on, so that nobody is told twice."""
    if task.due_at != stage.due_at:
        await _put_off(work, task, stage.due_at, stage.remind_at)
    stage.tell_at = None


async def close_task(work: Work, kind: TaskKind, subject_id: UUID) -> None:
    """The task is done, by whoever did what it asked for."""
    task = await tasks.open_of(work.session, kind, subject_id)
    if task is not None:
        await _close(work, task)


async def claim(work: Work, task_id: UUID, hands: Hands) -> Task:
    """A deputy takes what the other one has claimed, and gives it up again to them.

    Raises NotFound, Forbidden (another organisation or role), TaskTaken, StageDoesNotAllow (done).
    """
    task = await _mine(work, task_id, hands.roles)
    holder = task.claimed_by
    if holder == work.actor.id:
        return task
    absent = await _absent_holder(work, task)
    if holder is not None and absent is None and task.claimed_for != work.actor.id:
        raise TaskTaken("Somebody else has claimed this task; ask them to release it")
    task.claimed_by, task.claimed_at, task.claimed_for = work.actor.id, work.now, absent
    await _record(work, task, "task claimed", absent)
    return task


async def release(work: Work, task_id: UUID, hands: Hands) -> Task:
    """Raises as ``claim`` does; only the one who claimed a task, or their deputy, can release it."""
    task = await _mine(work, task_id, hands.roles)
    absent = await _absent_holder(work, task)
    if work.actor.id is None or (task.claimed_by != work.actor.id and absent is None):
        raise TaskTaken("You have not claimed this task")
    task.claimed_by, task.claimed_at, task.claimed_for = None, None, None
    await _record(work, task, "task released", absent)
    return task


async def reassign(work: Work, task_id: UUID, wanted: Reassign, hands: Hands) -> Task:
    """Give a task to a colleague of its organisation: by its holder, or by who manages it; by anybody who could claim
    it while nobody has.

    Raises NotFound, Forbidden, TaskTaken, StageDoesNotAllow, InvalidInput (nobody who could do it).
    """
    if hands.manages is None:
        task = await _mine(work, task_id, hands.roles)
    else:
        task = await _managed(work, task_id, hands.manages)
    absent = await _absent_holder(work, task)
    if hands.manages is None and absent is None and task.claimed_by not in {None, work.actor.id}:
        raise TaskTaken("Somebody else has claimed this task; ask them to pass it on")
    person = await work.session.get(Principal, wanted.to)
    if person is None or person.organisation_id != task.organisation_id or person.disabled_at is not None:
        raise InvalidInput("There is no such person in the task's organisation", field="/to")
    if task.role.value not in person.roles:
        raise InvalidInput(f"{person.name} is not of the role '{task.role}'", field="/to")
    task.claimed_by, task.claimed_at, task.claimed_for = person.id, work.now, None
    await _record(work, task, "task reassigned", absent, why=wanted.reason, to=person.name)
    return task


async def change_due_date(work: Work, task_id: UUID, wanted: ChangeDueDate, hands: Hands) -> Task:
    """Another due date, of which people are told anew. Raises NotFound, StageDoesNotAllow, InvalidInput."""
    if hands.manages is None:
        raise Forbidden("Only operations and administration change what was promised")
    if wanted.due_at > work.now + LATEST_DUE:
        raise InvalidInput("This is too far ahead; name a date within three years", field="/due_at")
    known = await tasks.find(work.session, task_id, hands.manages)
    # What the task is about is locked before it, as everywhere.
    stage = None if known is None else await deadlines.lock_stage(work.session, known.subject_id)
    task = await _managed(work, task_id, hands.manages)
    before = task.due_at
    remind = work.terms.remind_at(work.now, wanted.due_at, REMIND_BEFORE_DAYS)
    if stage is not None and before is not None and stage.due_at == before:
        stage.due_at, stage.remind_at = wanted.due_at, remind
    await _put_off(work, task, wanted.due_at, remind)
    said = {"before": None if before is None else before.isoformat(), "after": wanted.due_at.isoformat()}
    await _record(work, task, "due date changed", None, why=wanted.reason, **said)
    return task


async def finish(work: Work, task_id: UUID, hands: Hands) -> Task:
    """A task that no process closes is done. Raises as ``claim`` does, and StageDoesNotAllow for the others."""
    task = await _mine(work, task_id, hands.roles)
    if task.kind not in CLOSED_BY_PEOPLE:
        raise StageDoesNotAllow("This task is done when what it asks for is decided")
    await _close(work, task)
    await _record(work, task, "task finished", await _absent_holder(work, task))
    return task


async def held_by(work: Work) -> Collection[UUID]:
    """Whose tasks are the actor's now: their own, and those of whom they stand in for."""
    own = [] if work.actor.id is None else [work.actor.id]
    return [*own, *await _delegators(work)]


async def _close(work: Work, task: Task) -> None:
    task.state, task.done_by, task.done_at, task.tell_at = TaskState.DONE, work.actor.id, work.now, None
    if task.escalated_at is not None:
        await close_task(work, TaskKind.OVERDUE, task.id)


async def _put_off(work: Work, task: Task, due_at: datetime | None, remind_at: datetime | None) -> None:
    """Due anew: whoever looked after it while it was overdue need not any more."""
    if task.escalated_at is not None:
        await close_task(work, TaskKind.OVERDUE, task.id)
    task.fall_due(due_at, remind_at)


async def _mine(work: Work, task_id: UUID, roles: frozenset[Role]) -> Task:
    task = await tasks.lock(work.session, task_id)
    if task is None or task.organisation_id != work.actor.organisation_id:
        raise NotFound("There is no such task in your inbox")
    if task.role not in roles:
        raise Forbidden(f"The task is for {task.role}")
    return _still_open(task)


async def _managed(work: Work, task_id: UUID, viewer: Viewer) -> Task:
    task = None if await tasks.find(work.session, task_id, viewer) is None else await tasks.lock(work.session, task_id)
    if task is None:
        raise NotFound("There is no such task")
    return _still_open(task)


def _still_open(task: Task) -> Task:
    if task.state is not TaskState.OPEN:
        raise StageDoesNotAllow("The task is done already")
    return task


async def _absent_holder(work: Work, task: Task) -> UUID | None:
    """Who holds the task while they are away, where the actor stands in for them."""
    return task.claimed_by if task.claimed_by in await _delegators(work) else None


async def _delegators(work: Work) -> Collection[UUID]:
    """Whom the actor stands in for today."""
    if work.actor.id is None:
        return ()
    today = work.now.astimezone(work.terms.zone).date()
    return await delegations.delegators_of(work.session, work.actor.id, today)


async def _record(
    work: Work, task: Task, what: str, absent: UUID | None, *, why: str | None = None, **detail: str | None
) -> None:
    """On record in the actor's own name, with whom they did it for."""
    if absent is not None:
        detail["for"] = (await work.session.get_one(Principal, absent)).name
    placement_id = await tasks.placement_of(work.session, task)
    said: dict[str, Any] = {"kind": task.kind.value, "reference": task.reference, **detail}
    timeline.record(work, "task", task.id, what, placement_id=placement_id, why=why, **said)
