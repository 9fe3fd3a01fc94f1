"""Processes begin, hear of facts and end; each step's result is kept (rules 1, 3 and 4)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from pydantic import BaseModel

from models.errors import NotFound, StageDoesNotAllow
from models.messages.base import Subject
from models.rules.handover import FROM_OUTSIDE, NEEDS_A_LOOK, FactState, state_of
from models.store import placements, processes
from models.store.rebuild import reference_of
from models.tables.handover import Handover, HandoverKind, Process, StepResult
from models.tables.task import TaskKind
from models.usecases import task, timeline
from models.usecases.work import Work

SUBJECT = "process"
"""By this the timeline names what concerns the process itself."""

Result = TypeVar("Result", bound=BaseModel)


async def begin(work: Work, workflow_id: str, kind: str, subject_id: UUID, reference: str) -> None:
    """Make the process and the fact that starts it; only for a fact that creates the process."""
    process = Process(workflow_id=workflow_id, kind=kind, subject_id=subject_id)
    work.session.add(process)
    await _write(work, process, HandoverKind.START, kind, _subject(work, subject_id, reference))


def begin_at_the_end(work: Work, workflow_id: str, kind: str, subject_id: UUID, reference: str) -> None:
    """As ``begin``, for a work that tells the process nothing else."""
    process = Process(workflow_id=workflow_id, kind=kind, subject_id=subject_id, last_number=1)
    fact = _fact(work, process, HandoverKind.START, kind, _subject(work, subject_id, reference))
    work.new_rows += [process, fact]
    work.handed_over.add(workflow_id)


def _subject(work: Work, subject_id: UUID, reference: str) -> dict[str, Any]:
    subject = Subject(subject_id=subject_id, reference=reference, correlation_id=work.correlation_id)
    return subject.model_dump(mode="json")


class Begun(NamedTuple):
    """A process that begins, and what it is about."""

    workflow_id: str
    subject_id: UUID
    reference: str


async def begin_all(work: Work, kind: str, begun: Sequence[Begun]) -> None:
    """As ``begin``, for many of one kind together."""
    work.session.add_all(
        Process(workflow_id=each.workflow_id, kind=kind, subject_id=each.subject_id, last_number=1) for each in begun
    )
    await work.session.flush()  # the processes first: their facts point to them
    for workflow_id, subject_id, reference in begun:
        subject = Subject(subject_id=subject_id, reference=reference, correlation_id=work.correlation_id)
        start = Handover(
            workflow_id=workflow_id,
            number=1,
            kind=HandoverKind.START,
            name=kind,
            payload=subject.model_dump(mode="json"),
            correlation_id=work.correlation_id,
        )
        work.session.add(start)
        work.handed_over.add(workflow_id)
    await work.session.flush()


async def enter(work: Work, workflow_id: str, kind: str, subject_id: UUID) -> None:
    """Enter a process that its parent starts; facts for it can be written from now on."""
    work.session.add(Process(workflow_id=workflow_id, kind=kind, subject_id=subject_id))
    await work.session.flush()


async def hand_over(work: Work, workflow_id: str, name: str, payload: dict[str, Any]) -> bool:
    """Write a fact for a process. False where the process has ended: the fact is kept as a late one."""
    process = await processes.lock(work.session, workflow_id)
    if process is None:
        raise NotFound(f"There is no process {workflow_id}")
    return await _write(work, process, HandoverKind.SIGNAL, name, payload)


async def _write(work: Work, process: Process, kind: HandoverKind, name: str, payload: dict[str, Any]) -> bool:
    process.last_number += 1
    await work.session.flush()  # the process first: its facts point to it
    fact = _fact(work, process, kind, name, payload)
    work.session.add(fact)
    await work.session.flush()
    if fact.late:
        await _record_late(work, process, fact)
    else:
        work.handed_over.add(process.workflow_id)
    return not fact.late


def _fact(work: Work, process: Process, kind: HandoverKind, name: str, payload: dict[str, Any]) -> Handover:
    return Handover(
        workflow_id=process.workflow_id,
        number=process.last_number,
        kind=kind,
        name=name,
        payload=payload,
        correlation_id=work.correlation_id,
        late=process.ended_at is not None,
    )


async def keep_as_late(work: Work, fact: Handover) -> bool:
    """A fact that was on its way when its process ended is a late one. False where the process goes on."""
    process = await processes.find(work.session, fact.workflow_id)
    if process is None or process.ended_at is None:
        return False
    fact.late = True
    await _record_late(work, process, fact)
    if fact.name in NEEDS_A_LOOK:
        reference = await reference_of(work.session, process) or fact.workflow_id
        title = f"Fact {fact.number} ({fact.name.replace('_', ' ')}) came too late: the process had ended"
        await task.ask_to_look(work, process.subject_id, reference, title)
    return True


async def _record_late(work: Work, process: Process, fact: Handover) -> None:
    if fact.name in FROM_OUTSIDE:
        await record(work, process, f"late fact: {fact.name.replace('_', ' ')}", fact, why="the process had ended")


async def record(work: Work, process: Process, what: str, fact: Handover | None = None, *, why: str) -> None:
    """Put on record what was done about a process itself, or about one of its facts."""
    detail: dict[str, Any] = {} if fact is None else {"fact": fact.name, "number": fact.number}
    placement_id = await placements.of_subject(work.session, process.subject_id)
    timeline.record(
        work,
        SUBJECT,
        process.subject_id,
        what,
        placement_id=placement_id,
        why=why,
        workflow_id=process.workflow_id,
        **detail,
    )


async def try_again(work: Work, workflow_id: str, number: int, reason: str) -> Handover:
    """Deliver a waiting fact at once, as if it had never failed; those before it go first.

    Raises NotFound, StageDoesNotAllow.
    """
    fact = await _waiting(work, workflow_id, number, reason, "fact tried again")
    fact.attempts, fact.stuck_at = 0, None
    work.handed_over.add(workflow_id)
    return fact


async def pass_over(work: Work, workflow_id: str, number: int, reason: str) -> Handover:
    """The process goes on without the fact, and will never hear it. Raises NotFound, StageDoesNotAllow."""
    fact = await _waiting(work, workflow_id, number, reason, "fact passed over")
    if fact.kind is HandoverKind.START:
        raise StageDoesNotAllow("This fact starts the process, which can't go on without it; try it again instead")
    fact.skipped_at, fact.stuck_at = work.now, None
    work.handed_over.add(workflow_id)
    return fact


async def _waiting(work: Work, workflow_id: str, number: int, reason: str, what: str) -> Handover:
    """The fact, held until the transaction ends, with its task closed and what is done about it on record."""
    process = await processes.lock(work.session, workflow_id)
    fact = None if process is None else await processes.lock_fact(work.session, workflow_id, number)
    if process is None or fact is None:
        raise NotFound(f"There is no fact {number} for a process '{workflow_id}'")
    state = fact_state(fact)
    if state not in {FactState.WAITING, FactState.STUCK}:
        raise StageDoesNotAllow(f"The fact is {state}; only one that waits can be tried again or passed over")
    await record(work, process, what, fact, why=reason)
    await task.close_task(work, TaskKind.HANDOVER_STUCK, fact.id)
    return fact


def fact_state(fact: Handover) -> FactState:
    return state_of(delivered_at=fact.delivered_at, late=fact.late, stuck_at=fact.stuck_at, skipped_at=fact.skipped_at)


async def settle(work: Work, workflow_id: str, number: int | None = None) -> None:
    """All facts up to ``number``, or all that there are, have had their effect: no run of the process needs them."""
    process = await processes.lock(work.session, workflow_id)
    if process is None:
        raise NotFound(f"There is no process {workflow_id}")
    reached = process.last_number if number is None else number
    process.applied_number = max(process.applied_number, reached)


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
