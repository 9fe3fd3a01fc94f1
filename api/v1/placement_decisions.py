"""What operations decides about a placement request (P3, P4, P6)."""

from typing import Annotated

from fastapi import APIRouter

from api import decisions
from api.auth.access import Access, require
from api.idempotency import Once
from api.v1.placements import LOCATION, PlacementShape, found, placement_shape
from api.v1.shapes import sample
from models.messages.base import Decision, Message
from models.messages.placement import ApprovePlacement, Location, Paragraph, ProposeLocation, RejectPlacement
from models.rules.access import Permission
from models.usecases import placement as usecase

router = APIRouter(prefix="/placement-requests/{reference}", tags=["placement requests"])

Deciding = Annotated[Access, require(Permission.PLACEMENTS_DECIDE)]


class Rejection(Message):
    reason: Paragraph


class Proposal(Message):
    location: Location


@router.post("/approve", summary="Approve: the grid operator is asked for a connection")
async def approve(reference: str, access: Deciding, once: Once) -> PlacementShape:
    """Of two people who decide at once one wins; the other gets 409 with what is possible now."""
    decision = ApprovePlacement(
        decision_id=await once.decision_id(access), actor=access.actor, correlation_id=access.correlation_id
    )
    return await _decide(access, reference, "approve", decision)


@router.post("/reject", summary="Reject: the requester is told why, and the request has ended")
async def reject(
    reference: str,
    body: Annotated[Rejection, sample(reason="There is a charging station around the corner")],
    access: Deciding,
    once: Once,
) -> PlacementShape:
    decision = RejectPlacement(
        decision_id=await once.decision_id(access),
        actor=access.actor,
        correlation_id=access.correlation_id,
        reason=body.reason,
    )
    return await _decide(access, reference, "reject", decision)


@router.post("/locations", summary="Propose another location after the grid operator rejected one")
async def propose_location(
    reference: str, body: Annotated[Proposal, sample(location=LOCATION)], access: Deciding, once: Once
) -> PlacementShape:
    decision = ProposeLocation(
        decision_id=await once.decision_id(access),
        actor=access.actor,
        correlation_id=access.correlation_id,
        location=body.location,
    )
    return await _decide(access, reference, "propose_location", decision)


async def _decide(access: Access, reference: str, name: str, decision: Decision) -> PlacementShape:
    async with access.reading() as session:
        row = await found(session, access, reference)
    await decisions.put(
        access,
        usecase.workflow_id(row.reference),
        name,
        decision,
        subject="placement",
        subject_id=row.id,
        placement_id=row.id,
    )
    async with access.reading() as session:
        return await placement_shape(session, access, await found(session, access, reference))
