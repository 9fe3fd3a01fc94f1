"""Subscriptions: entered, listed, looked at, and their welcome letters (S1-S5)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth.access import Access, require
from api.auth.attempts import personal
from api.idempotency import Once
from api.paging import Page, Paging, pages_by
from api.v1 import actions
from api.v1.shapes import Shape, example, sample
from models.errors import NotFound
from models.messages.subscriber import NewSubscription
from models.rules.access import Permission
from models.rules.card import BlockReason, CardState
from models.rules.events import Language
from models.rules.subscriber import SUBSCRIBER, Payment, Source, SubscriberStage
from models.store import customers, subscribers, tariffs
from models.store.subscribers import SubscriberFilter
from models.tables.subscriber import Subscriber
from models.usecases import subscriber as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/subscribers", tags=["subscribers"])

Reading = Annotated[Access, require(Permission.SUBSCRIBERS_READ)]
Managing = Annotated[Access, require(Permission.SUBSCRIBERS_MANAGE)]

NEW = {
    "customer": "CU-2026-000017",
    "payment": "postpaid",
    "tariff": "TRF-NIGHT",
    "currency": "EUR",
    "zone": "Europe/Amsterdam",
    "language": "nl",
    "email": "a.jansen@voorbeeld.example",
    "phone": "+31201234567",
    "card": "NL-0000-4711",
    "credit_limit": "250.00",
}
PDF = "application/pdf"
_CARD = {"number": "NL-0000-4711", "state": "assigned", "block_reason": None}
_SHOWN = {name: value for name, value in NEW.items() if name not in {"card", "credit_limit"}}


class OwnCardShape(Shape):
    number: str
    state: CardState
    block_reason: BlockReason | None


class OwnTariffShape(Shape):
    tariff: str
    valid_from: datetime
    valid_until: datetime | None


class SubscriberShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d21",
        reference="SUB-2026-000017",
        **_SHOWN,
        source="agent",
        stage="active",
        label="Active",
        waits_for=None,
        allowed_actions=["assign_card", "replace_card", "change_tariff", "suspend", "close"],
        tariffs=[{"tariff": "TRF-NIGHT", "valid_from": "2026-11-21T08:00:02Z", "valid_until": None}],
        credit_limit="250.0000",
        cards=[_CARD],
        suspended_because=None,
        ending_reason=None,
        activated_at="2026-11-21T08:00:02Z",
        welcomed_at="2026-11-21T08:00:04Z",
        ended_at=None,
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    reference: str
    customer: str = Field(description="The customer's reference")
    source: Source
    stage: SubscriberStage
    label: str
    waits_for: str | None
    allowed_actions: list[str]
    payment: Payment
    tariff: str | None = Field(description="The tariff that was asked for with the subscription")
    tariffs: list[OwnTariffShape] = Field(description="Those that hold for it now or will, the next one last")
    currency: str
    zone: str
    language: Language
    email: str
    phone: str | None
    credit_limit: Decimal
    cards: list[OwnCardShape]
    suspended_because: str | None
    ending_reason: str | None = Field(description="Why it was rejected or closed, or why it came to nothing")
    activated_at: datetime | None
    welcomed_at: datetime | None
    ended_at: datetime | None
    created_at: datetime


class SubscriberItemShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d21",
        reference="SUB-2026-000017",
        customer="CU-2026-000017",
        stage="active",
        label="Active",
        payment="postpaid",
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    reference: str
    customer: str
    stage: SubscriberStage
    label: str
    payment: Payment
    created_at: datetime


@router.post("", status_code=201, response_model=SubscriberShape, summary="Enter a subscription for a customer")
@personal
async def enter(body: Annotated[NewSubscription, sample(**NEW)], access: Managing, once: Once) -> Response:
    """Its account is opened and a card is taken from the pool within seconds, both or neither; then the welcome kit
    goes out. Where the pool is empty it waits for cards. One that can't be set up has `failed`, and says why.
    """

    async def create(work: Work) -> SubscriberShape:
        return await subscriber_shape(work.session, access, await usecase.enter(work, body))

    return await once.answer(access, create)


@router.get("", summary="Subscriptions, newest first")
async def show_all(
    access: Reading,
    paging: Annotated[Paging, pages_by(reference=str, stage=str)],
    wanted: Annotated[SubscriberFilter, Depends()],
) -> Page[SubscriberItemShape]:
    async with access.reading() as session:
        rows = await subscribers.page(session, wanted, paging.window)
    return paging.page(rows, _item)


@router.get("/{reference}", summary="One subscription, and what can be decided about it now")
async def show(reference: str, access: Reading) -> SubscriberShape:
    async with access.reading() as session:
        return await subscriber_shape(session, access, await found(session, reference))


@router.get(
    "/{reference}/letter",
    summary="The welcome letter as PDF, to be printed and sent with the card",
    response_class=Response,
    responses={200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def show_letter(reference: str, access: Reading) -> Response:
    async with access.reading() as session:
        row = await found(session, reference)
    if row.letter_key is None:
        raise NotFound("Its welcome letter is not made yet")
    return Response(await access.services.documents.get(row.letter_key), media_type=PDF)


async def found(session: AsyncSession, reference: str) -> Subscriber:
    """Raises NotFound."""
    row = await subscribers.find(session, reference)
    if row is None:
        raise NotFound("There is no such subscription")
    return row


async def subscriber_shape(session: AsyncSession, access: Access, row: Subscriber) -> SubscriberShape:
    stage = SUBSCRIBER.state(row.stage)
    return SubscriberShape(
        **row.model_dump(include=set(SubscriberShape.model_fields)),
        customer=(await customers.named(session, row.customer_id)).reference,
        label=stage.label,
        waits_for=stage.waits_for,
        allowed_actions=actions.on_subscription(access, row.stage),
        tariffs=[
            OwnTariffShape(tariff=each.code, valid_from=each.row.valid_from, valid_until=each.row.valid_until)
            for each in await tariffs.of_account(session, row.id, access.services.desk.clock())
        ],
        cards=[OwnCardShape.model_validate(each) for each in await subscribers.cards_of(session, row.id)],
    )


def _item(row: subscribers.Shown) -> SubscriberItemShape:
    return SubscriberItemShape(
        id=row.id,
        reference=row.reference,
        customer=row.customer,
        stage=row.subscriber.stage,
        label=SUBSCRIBER.state(row.subscriber.stage).label,
        payment=row.subscriber.payment,
        created_at=row.subscriber.created_at,
    )
