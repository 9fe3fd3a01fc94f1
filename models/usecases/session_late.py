"""Sessions that stations tell when they are over: judged as of then, and put before a person where that is due (C2)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from models.rules import late_validation as rules
from models.rules.access import Role
from models.rules.authorisation import Judgement
from models.rules.deadlines import LATE_FACT_DAYS
from models.store import authorisation as tokens
from models.store import organisations, vends
from models.tables.session import ChargingSession
from models.tables.task import TaskKind
from models.usecases import hold, task
from models.usecases.work import Work


async def as_of_then(work: Work, starts: Sequence[tuple[Judgement, UUID, datetime]]) -> list[Judgement]:
    """The decisions on tokens that were shown to start at stations, in their order; what is told at once stays as it
    is."""
    late = [place for place, (judged, _, at) in enumerate(starts) if not judged.is_test and rules.is_late(at, work.now)]
    if not late:
        return [judged for judged, _, _ in starts]
    shown = {place: (token_id, starts[place][2]) for place in late if (token_id := starts[place][0].token_id)}
    past = dict(zip(shown, await tokens.as_of(work.session, list(shown.values())), strict=True)) if shown else {}
    then = dict(zip(late, await vends.at(work.session, [starts[place][1:] for place in late]), strict=True))
    return [
        await _without_hold(work, rules.as_of(judged, past.get(place), at, then[place])) if place in then else judged
        for place, (judged, _, at) in enumerate(starts)
    ]


async def note(work: Work, session: ChargingSession, judged: Judgement) -> None:
    """Customer care is to look at one that is nobody's, and so never billed. Of a token that nobody knows there is
    nothing to be found out."""
    is_settled = session.subscriber_id is not None or not session.vend.is_billed
    if is_settled or judged.token_id is None or not rules.is_late(session.started_at, work.now):
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
    """Whoever holds the token now pays for nothing that was charged before it was theirs, nor for what is unbilled."""
    is_paid = judged.holder is not None and judged.vend.is_billed
    if is_paid or judged.hold_id is None:
        return judged
    await hold.release(work, judged.hold_id)
    return judged._replace(hold_id=None)
