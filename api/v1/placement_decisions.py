"""What operations and the requester decide about a placement request (P3, P4, P6, P20)."""

from typing import Annotated

from fastapi import APIRouter

from api import decisions
from api.auth.access import Access, require
from api.idempotency import Once
from api.v1.placements import LOCATION, PlacementShape, found, placement_shape
from api.v1.shapes import sample
from models.messages.base import Decision, Message
from models.messages.placement import (
    ApprovePlacement,
    CancelPlacement,
    Location,
    Paragraph,
    ProposeLocation,
    RejectPlacement,
    WithdrawPlacement,
)
from models.rules.access import Permission
from models.usecases import placement as usecase

router = APIRouter(prefix="/placement-requests/{reference}", tags=["placement requests"])

Deciding = Annotated[Access, require(Permission.PLACEMENTS_DECIDE)]


Withdrawing = Annotated[Access, require(Permission.PLACEMENTS_WITHDRAW)]


class Withdrawal(Message):
    reason: Paragraph | None = None


class Cancellation(Message):
    reason: Paragraph


class Rejection(Message):
    reason: Paragraph


class Proposal(Message):
    location: Location


@router.post("/approve", summary="Approve: the grid operator is asked for a connection")
async def approve(reference: str, access: Deciding, once: Once) -> PlacementShape:
    """Of two people who decide at once one wins; the other gets 409 with what is possible now."""
    decision = await once.decision(access, ApprovePlacement)
    return await _decide(access, reference, "approve", decision)


@router.post("/reject", summary="Reject: the requester is told why, and the request has ended")
async def reject(
    reference: str,
    body: Annotated[Rejection, sample(reason="There is a charging station around the corner")],
    access: Deciding,
    once: Once,
) -> PlacementShape:
    decision = await once.decision(access, RejectPlacement, reason=body.reason)
    return await _decide(access, reference, "reject", decision)


@router.post("/locations", summary="Propose another location after the grid operator rejected one")
async def propose_location(
    reference: str, body: Annotated[Proposal, sample(location=LOCATION)], access: Deciding, once: Once
) -> PlacementShape:
    decision = await once.decision(access, ProposeLocation, location=body.location)
    return await _decide(access, reference, "propose_location", decision)


@router.post("/withdraw", summary="Withdraw, as the requester: what was done is undone step by step")
async def withdraw(
    reference: str,
    body: Annotated[Withdrawal, sample(reason="The street is going to be rebuilt")],
    access: Withdrawing,
    once: Once,
) -> PlacementShape:
    """Possible until the acceptance test is approved. Everybody who has a part in it is told at once.

    `undoing` tells what is still to be undone; with its last step the request ends as `withdrawn`.
    """
    decision = await once.decision(access, WithdrawPlacement, reason=body.reason)
    return await _decide(access, reference, "withdraw", decision)


@router.post("/cancel", summary="Cancel, as operations: the requester is told why, what was done is undone")
async def cancel(
    reference: str,
    body: Annotated[Cancellation, sample(reason="The tender has ended")],
    access: Deciding,
    once: Once,
) -> PlacementShape:
    """As `withdraw`; the request ends as `cancelled`."""
    decision = await once.decision(access, CancelPlacement, reason=body.reason)
    return await _decide(access, reference, "cancel", decision)


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
