"""A session whose process can't go on comes before an engineer: nothing else would tell of it (C1, H4)."""

from uuid import UUID

from models.rules.access import Role
from models.store import organisations, sessions
from models.tables.task import TaskKind
from models.usecases import task
from models.usecases.work import Work

REASON_SHOWN = 200


async def note(work: Work, session_id: UUID, reason: str) -> None:
    """The task is closed when the session goes on."""
    session = await sessions.lock(work.session, session_id)
    operator = await organisations.operator(work.session)
    await task.open_task(
        work,
        TaskKind.SESSION_STUCK,
        Role.ENGINEER,
        operator.id,
        session.id,
        session.reference,
        f"Session {session.reference} can't go on: {reason}"[:REASON_SHOWN],
        working_days=1,
    )


async def goes_on(work: Work, session_id: UUID) -> None:
    await task.close_task(work, TaskKind.SESSION_STUCK, session_id)
