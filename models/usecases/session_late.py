"""Sessions that stations tell when they are over: judged as of then, and put before a person where that is due (C2)."""

from collections.abc import Sequence
from datetime import datetime

from models.rules import late_validation as rules
from models.rules.access import Role
from models.rules.authorisation import Judgement
from models.rules.deadlines import LATE_FACT_DAYS
from models.store import authorisation as tokens
from models.store import organisations
from models.tables.session import ChargingSession
from models.tables.task import TaskKind
from models.usecases import hold, task
from models.usecases.work import Work


async def as_of_then(work: Work, starts: Sequence[tuple[Judgement, datetime]]) -> list[Judgement]:
    """The decisions on tokens that were shown to start, in their order; what is told at once stays as it is."""
    late = {
        place: (judged.token_id, at)
        for place, (judged, at) in enumerate(starts)
        if judged.token_id is not None and not judged.is_test and rules.is_late(at, work.now)
    }
    found = dict(zip(late, await tokens.as_of(work.session, list(late.values())), strict=True)) if late else {}
    return [
        await _without_hold(work, rules.as_of(judged, found[place], at)) if place in found else judged
        for place, (judged, at) in enumerate(starts)
    ]


async def note(work: Work, session: ChargingSession, judged: Judgement) -> None:
    """Customer care is to look at one that is nobody's, and so never billed. Of a token that nobody knows there is
    nothing to be found out."""
    is_somebodys = session.subscriber_id is not None
    if is_somebodys or judged.token_id is None or not rules.is_late(session.started_at, work.now):
        return
    operator = await organisations.operator(work.session)
    await task.open_task(
        work,
        TaskKind.REVIEW_SESSION,
        Role.CUSTOMER_CARE,
        operator.id,
        session.id,
        session.reference,
        f"Session {session.reference} {rules.to_review(judged)}",
        working_days=LATE_FACT_DAYS,
    )


async def _without_hold(work: Work, judged: Judgement) -> Judgement:
    """Whoever holds the token now pays for nothing that was charged before it was theirs."""
    if judged.holder is not None or judged.hold_id is None:
        return judged
    await hold.release(work, judged.hold_id)
    return judged._replace(hold_id=None)
