"""What customer care and finance decide about a subscription (S1-S5)."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime

from api import decisions
from api.auth.access import Access, require
from api.idempotency import Once
from api.v1.shapes import sample
from api.v1.subscribers import Managing, SubscriberShape, found, subscriber_shape
from models.messages.base import Decision, Message
from models.messages.card import ByPerson, CardNumber
from models.messages.placement import Paragraph
from models.messages.subscriber import (
    AcceptSubscription,
    AssignCard,
    ChangeTariff,
    CloseSubscription,
    RejectSubscription,
    ReplaceCard,
    ResumeSubscription,
    SettleSubscription,
    SuspendSubscription,
)
from models.messages.tariff import TariffCode
from models.rules.access import Permission
from models.usecases import subscriber as usecase

router = APIRouter(prefix="/subscribers/{reference}", tags=["subscribers"])

Settling = Annotated[Access, require(Permission.SUBSCRIBERS_SETTLE)]


class Because(Message):
    """Kept on record; leave names and addresses out."""

    reason: Paragraph


class CardToAssign(Message):
    """Without a ``card``, any of the pool."""

    card: CardNumber | None = None


class CardToReplace(Message):
    """``old`` is the number of the card that is lost, stolen or damaged."""

    old: CardNumber
    reason: ByPerson
    card: CardNumber | None = None


class TariffToTake(Message):
    """``valid_from`` is not in the past; without it, from now on."""

    tariff: TariffCode
    valid_from: AwareDatetime | None = None


@router.post("/accept", summary="Accept what a consumer has asked for: it is set up")
async def accept(reference: str, access: Managing, once: Once) -> SubscriberShape:
    return await _decide(access, reference, "accept", await once.decision(access, AcceptSubscription))


@router.post("/reject", summary="Reject a subscription that is not set up yet")
async def reject(
    reference: str,
    body: Annotated[Because, sample(reason="There is an unpaid account already")],
    access: Managing,
    once: Once,
) -> SubscriberShape:
    decision = await once.decision(access, RejectSubscription, reason=body.reason)
    return await _decide(access, reference, "reject", decision)


@router.post("/cards", summary="Assign one more card")
async def assign_card(
    reference: str, body: Annotated[CardToAssign, sample(card="NL-0000-4712")], access: Managing, once: Once
) -> SubscriberShape:
    """Of two who name the same card at the same moment one gets it, the other 409."""
    decision = await once.decision(access, AssignCard, card=body.card)
    return await _decide(access, reference, "assign_card", decision)


@router.post("/cards/replace", summary="Replace a card: the old one charges nowhere from now on")
async def replace_card(
    reference: str,
    body: Annotated[CardToReplace, sample(old="NL-0000-4711", reason="lost")],
    access: Managing,
    once: Once,
) -> SubscriberShape:
    """History and balance stay with the account. Stations' local lists drop the old card as they are reached."""
    decision = await once.decision(access, ReplaceCard, old=body.old, reason=body.reason, card=body.card)
    return await _decide(access, reference, "replace_card", decision)


@router.post("/tariff", summary="Change the tariff from now on, or from an instant on")
async def change_tariff(
    reference: str,
    body: Annotated[TariffToTake, sample(tariff="TRF-NIGHT", valid_from="2099-01-01T00:00:00+01:00")],
    access: Managing,
    once: Once,
) -> SubscriberShape:
    """A session keeps the tariff that held when it started. What was planned for then or later is called off."""
    decision = await once.decision(access, ChangeTariff, tariff=body.tariff, valid_from=body.valid_from)
    return await _decide(access, reference, "change_tariff", decision)


@router.post("/suspend", summary="Suspend: none of its cards charges until it is resumed")
async def suspend(
    reference: str, body: Annotated[Because, sample(reason="Asked for: away for a year")], access: Managing, once: Once
) -> SubscriberShape:
    decision = await once.decision(access, SuspendSubscription, reason=body.reason)
    return await _decide(access, reference, "suspend", decision)


@router.post("/resume", summary="Resume a subscription that is suspended")
async def resume(reference: str, access: Managing, once: Once) -> SubscriberShape:
    return await _decide(access, reference, "resume", await once.decision(access, ResumeSubscription))


@router.post("/close", summary="Close: its cards are blocked at once, finance settles the account")
async def close(
    reference: str, body: Annotated[Because, sample(reason="Moves abroad")], access: Managing, once: Once
) -> SubscriberShape:
    """Finance gets a task with the amount that is to be paid back, or billed."""
    decision = await once.decision(access, CloseSubscription, reason=body.reason)
    return await _decide(access, reference, "close", decision)


@router.post("/settle", summary="Say that the account of a closing subscription is settled, as finance")
async def settle(
    reference: str,
    body: Annotated[Because, sample(reason="Paid back by bank transfer")],
    access: Settling,
    once: Once,
) -> SubscriberShape:
    decision = await once.decision(access, SettleSubscription, reason=body.reason)
    return await _decide(access, reference, "settle", decision)


async def _decide(access: Access, reference: str, name: str, decision: Decision) -> SubscriberShape:
    async with access.reading() as session:
        row = await found(session, reference)
    await decisions.put(
        access,
        usecase.workflow_id(row.id),
        name,
        decision,
        subject=usecase.SUBJECT,
        subject_id=row.id,
        placement_id=None,
    )
    async with access.reading() as session:
        return await subscriber_shape(session, access, await found(session, reference))
