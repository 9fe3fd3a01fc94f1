"""What a person decides about a session that was set aside before it was billed (C2)."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime

from api import decisions
from api.auth.access import Access, require
from api.idempotency import Once
from api.v1.charging_session_shapes import SessionShape, session_shape
from api.v1.charging_sessions import found
from api.v1.shapes import sample
from api.v1.subscriber_decisions import Because
from models.messages.base import Decision
from models.messages.session import BillSession, WaiveSession
from models.rules.access import Permission
from models.rules.session import SESSION, SessionEvent
from models.usecases.session import SUBJECT, workflow_id

router = APIRouter(prefix="/charging-sessions/{reference}", tags=["charging sessions"])

Deciding = Annotated[Access, require(Permission.CHARGING_SESSIONS_DECIDE)]


class BillIt(Because):
    """``started_at``: when it began, where the clock of its station does not say (flag `unknown_time`)."""

    started_at: AwareDatetime | None = None


@router.post("/bill", summary="Bill a session that was set aside, as of when it began")
async def bill(
    reference: str,
    body: Annotated[BillIt, sample(reason="By the driver's own word", started_at="2026-12-08T10:00:00+01:00")],
    access: Deciding,
    once: Once,
) -> SessionShape:
    """It is settled next, by the tariff that held then. 409 where it is not set aside."""
    decision = await once.decision(access, BillSession, reason=body.reason, started_at=body.started_at)
    return await _decide(access, reference, "bill", decision)


@router.post("/waive", summary="Leave a session that was set aside unbilled")
async def waive(
    reference: str, body: Annotated[Because, sample(reason="The card was stolen")], access: Deciding, once: Once
) -> SessionShape:
    """It stays on record; what was held for it is given back. 409 where it is not set aside."""
    return await _decide(access, reference, "waive", await once.decision(access, WaiveSession, reason=body.reason))


async def _decide(access: Access, reference: str, name: str, decision: Decision) -> SessionShape:
    async with access.work() as work:
        row = (await found(work, access, reference)).session
    if row.subscriber_id is None:  # it has no process that could refuse
        SESSION.next(row.stage, SessionEvent(name))
    await decisions.put(
        access, workflow_id(reference), name, decision, subject=SUBJECT, subject_id=row.id, placement_id=None
    )
    async with access.work() as work:
        return await session_shape(work, access, await found(work, access, reference))
