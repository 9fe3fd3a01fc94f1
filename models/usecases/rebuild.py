"""The rows' side of a rebuild: what ought to run, where it stands, what a lost workflow has to hear again (rule 4)."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from models.errors import NotFound
from models.messages.base import Actor, Progress, Subject
from models.rules.access import Role
from models.rules.rebuild import InRows, compared
from models.store import organisations, processes
from models.store import rebuild as rows
from models.tables.handover import Process
from models.tables.task import TaskKind
from models.usecases import (
    command,
    commissioning,
    notice,
    placement,
    process,
    session_process,
    subscriber,
    task,
    upkeep,
    work_order,
)
from models.usecases.work import Work

REBUILD = Actor(id=None, name="rebuild")

_LOAD: dict[str, Callable[[Work, UUID], Awaitable[Progress]]] = {
    placement.WORKFLOW: placement.load,
    work_order.WORKFLOW: work_order.load,
    commissioning.WORKFLOW: commissioning.load,
    command.WORKFLOW: command.load,
    upkeep.WORKFLOW: upkeep.load,
    subscriber.WORKFLOW: subscriber.load,
    session_process.WORKFLOW: session_process.load,
}
FACTS_AT_ONCE = 1000
KINDS = (*_LOAD, notice.DELIVERY)
"""The processes that have rows. Of a delivery it counts only whether it runs: it knows nothing but its endpoint."""


async def standing(work: Work, workflow_id: str) -> InRows | None:
    """How a process stands in the rows; None where they do not know it."""
    found = await rows.known(work.session, workflow_id)
    if found is None:
        return None
    known = found.process
    load = _LOAD.get(known.kind)
    progress = None if load is None or known.ended_at is not None else await load(work, known.subject_id)
    return InRows(
        subject_id=known.subject_id,
        ended=known.ended_at is not None,
        last_number=known.last_number,
        applied_number=known.applied_number,
        delivered_number=found.delivered_number,
        waiting=found.waiting,
        standing=None if progress is None else compared(progress.model_dump(mode="json")),
    )


async def open_process(work: Work, workflow_id: str) -> Process | None:
    """The process, held until the transaction ends; None where there is none, or none that goes on."""
    known = await processes.lock(work.session, workflow_id)
    return None if known is None or known.ended_at is not None else known


async def subject_of(work: Work, known: Process) -> Subject:
    """With what the process is started: what it was started with the first time. Raises NotFound."""
    start = await processes.start_of(work.session, known.workflow_id)
    if start is not None:
        return Subject.model_validate(start.payload)
    reference = await rows.reference_of(work.session, known)
    if reference is None:
        raise NotFound(f"Nothing is left of what {known.workflow_id} is about")
    correlation_id = await rows.first_correlation_id(work.session, known.subject_id)
    return Subject(
        subject_id=known.subject_id, reference=reference, correlation_id=correlation_id or work.correlation_id
    )


async def take_back(work: Work, known: Process) -> int:
    """What the lost workflow had heard and not yet put into the rows is told to the next one; how many facts."""
    return await rows.take_back(work.session, known.workflow_id, known.applied_number)


async def note_brought_back(work: Work, known: Process, why: str) -> None:
    await process.record(work, known, "process started from its rows", why=why)
    await task.close_task(work, TaskKind.DIFFERS_FROM_ROWS, known.subject_id)


async def note_left(work: Work, workflow_id: str, why: str) -> None:
    """It could not be brought back: an engineer has to look."""
    known = await processes.find(work.session, workflow_id)
    operator = await organisations.operator(work.session)
    if known is not None:
        title = f"The process differs from its rows: {why}"
        await task.open_task(
            work,
            TaskKind.DIFFERS_FROM_ROWS,
            Role.ENGINEER,
            operator.id,
            known.subject_id,
            workflow_id,
            title,
            working_days=1,
        )


async def keep_as_late(work: Work, workflow_id: str) -> int:
    """What still waits for a process that has ended are late facts; how many."""
    known = await processes.lock(work.session, workflow_id)
    if known is None or known.ended_at is None:
        return 0
    facts = await processes.undelivered(work.session, [workflow_id], FACTS_AT_ONCE)
    return sum([await process.keep_as_late(work, fact) for fact in facts])


async def pass_number(work: Work, workflow_id: str, kind: str) -> bool:
    """A reference that was given on a day which the database has lost is not given again. False where it would not be.

    Others know it by now: the grid operator would take a request under it for the one that it has.
    """
    number = workflow_id.rpartition("-")[2]
    return rows.is_numbered(kind) and number.isdecimal() and await rows.pass_number(work.session, kind, int(number))


async def wake_deliveries(work: Work, after: str, limit: int) -> str | None:
    """Every endpoint's process looks at its rows again; the last one of this page, None behind the last page.

    Of what it waits for it knows what the rows said when it looked last, and they may have been restored since.
    """
    ids = await rows.open_page(work.session, (notice.DELIVERY,), after=after, limit=limit)
    for workflow_id in ids:
        await process.hand_over(work, workflow_id, "rows_restored", {})
    return ids[-1] if ids else None
