"""Cards: the pool, a supplier's list, whose each one is, and which were used though they are blocked (S3, S4)."""

import functools
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.access import Access, require
from api.envelope import takes_up_to
from api.idempotency import Once
from api.paging import Page, Paging, pages_by
from api.v1 import csv_lists, imports
from api.v1.imports import Each, ImportShape, RowStatus
from api.v1.shapes import Shape, example, sample
from models.errors import NotFound
from models.messages.card import BlockCard, CardNumber, ImportedCard
from models.messages.lists import Row as AnyRow
from models.rules.access import Permission
from models.rules.card import BlockReason, CardState
from models.store import cards
from models.store.cards import CardFilter, Shown, Use
from models.usecases import card as usecase
from models.usecases import card_import
from models.usecases.card_import import Row
from models.usecases.work import Work

router = APIRouter(prefix="/cards", tags=["cards"])

Reading = Annotated[Access, require(Permission.CARDS_READ)]
Managing = Annotated[Access, require(Permission.CARDS_MANAGE)]

CARDS = csv_lists.Kind(ImportedCard, "card")
USES_LIMIT = 500
_EXAMPLE = "number,uid,batch\nNL-0000-4711,04E91C5A7A2C80,2026-11\n"


class CardShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d11",
        number="NL-0000-4711",
        uid="04E91C5A7A2C80",
        batch="2026-11",
        state="assigned",
        subscriber="SUB-2026-000017",
        assigned_at="2026-11-21T08:00:00Z",
        block_reason=None,
        blocked_at=None,
        created_at="2026-11-20T08:00:00Z",
    )

    id: UUID
    number: str = Field(description="Printed on it")
    uid: str = Field(description="What stations read")
    batch: str | None
    state: CardState
    subscriber: str | None = Field(description="Whose it is, or was when it was blocked")
    assigned_at: datetime | None
    block_reason: BlockReason | None
    blocked_at: datetime | None
    created_at: datetime


class PoolShape(Shape):
    model_config = example(in_pool=412, assigned=9_120, blocked=318, low_below=50)

    in_pool: int
    assigned: int
    blocked: int
    low_below: int = Field(description="With fewer in the pool customer care is warned")


class UseShape(Shape):
    model_config = example(
        card="NL-0000-4711",
        block_reason="stolen",
        blocked_at="2026-11-21T08:00:00Z",
        subscriber="SUB-2026-000017",
        station="NL-STM-000003",
        at="2026-11-22T18:03:00Z",
    )

    card: str
    block_reason: BlockReason | None
    blocked_at: datetime | None
    subscriber: str | None
    station: str
    at: datetime = Field(description="The first time of that day")


class UsesShape(Shape):
    items: list[UseShape]


@router.get("", summary="Cards, newest first")
async def show_all(
    access: Reading, paging: Annotated[Paging, pages_by(number=str)], wanted: Annotated[CardFilter, Depends()]
) -> Page[CardShape]:
    async with access.reading() as session:
        rows = await cards.page(session, wanted, paging.window)
    return paging.page(rows, card_shape)


@router.get("/pool", summary="How many cards there are to assign")
async def show_pool(access: Reading) -> PoolShape:
    async with access.reading() as session:
        counted = await cards.counts(session)
    numbers = {state.value: counted.get(state, 0) for state in CardState}
    return PoolShape(**numbers, low_below=access.services.desk.terms.cards_low_below)


@router.get("/blocked-uses", summary="Blocked cards that were shown at stations, newest first")
async def show_uses(
    access: Reading, days: Annotated[int, Query(ge=1, le=400, description="Of so many days")] = 30
) -> UsesShape:
    """Once for each card and day, at most 500."""
    since = (access.services.desk.clock() - timedelta(days=days)).date()
    async with access.reading() as session:
        rows = await cards.uses(session, since, USES_LIMIT)
    return UsesShape(items=[_use_shape(each) for each in rows])


@router.post(
    "/import",
    status_code=200,
    summary="Take a supplier's cards into the pool",
    openapi_extra=csv_lists.body(_EXAMPLE),
)
@takes_up_to(csv_lists.LIMIT_BYTES)
async def import_all(
    request: Request,
    access: Managing,
    once: Once,
    *,
    check: Annotated[bool, Query(description="Only tell what would become of each row")] = False,
) -> ImportShape:
    """Up to 5,000 rows of printed `number`, `uid` and `batch`, as `text/csv` or as the `file` of a form.

    Spaces in a number or uid count for nothing, and both are kept in capitals. A row that was taken before is `known`.
    The `Idempotency-Key` is required, but for a `check`.
    """
    content = await csv_lists.content_of(request)
    if not check:
        await once.parts(access, [], upload=hashlib.sha256(content).hexdigest())
    rows = csv_lists.read(content, CARDS)
    together = replace(access, later=set())
    async with together.work() as work:
        found = await card_import.sort(work, [row for row in rows if isinstance(row, AnyRow)])
    imports.note_unread(rows, found)
    if check:
        possible = {row.line: row.said.number for row in found.new}
        return imports.shape_of(rows, {}, possible, found, checked=True)
    try:
        each: list[Each] = [(row, functools.partial(_enter, row=row)) for row in found.new]
        taken = await imports.take(together, each, card_import.sort, found)
        shape = imports.shape_of(rows, taken, {}, found, checked=False)
        await imports.put_on_record(together, "cards", content, shape)
    finally:
        await access.services.deliver(together.later or set())
    return shape


@router.get("/{card}", summary="One card, by the number that is printed on it")
async def show(card: CardNumber, access: Reading) -> CardShape:
    async with access.reading() as session:
        return await _found(session, card)


@router.post("/{card}/block", summary="Block a card for good: it is lost, stolen or damaged")
async def block(card: CardNumber, body: Annotated[BlockCard, sample(reason="lost")], access: Managing) -> CardShape:
    """From now on it charges nowhere; stations' local lists are told to drop it."""
    async with access.work() as work:
        await usecase.block(work, await usecase.lock(work, card), BlockReason(body.reason))
        await work.session.flush()
        return await _found(work.session, card)


async def _found(session: AsyncSession, number: str) -> CardShape:
    """Raises NotFound."""
    row = await cards.shown(session, number)
    if row is None:
        raise NotFound("There is no such card")
    return card_shape(row)


def card_shape(row: Shown) -> CardShape:
    said = row.card.model_dump(include=set(CardShape.model_fields))
    return CardShape(**said, uid=row.uid, subscriber=row.subscriber)


def _use_shape(row: Use) -> UseShape:
    return UseShape(
        card=row.card.number,
        block_reason=row.card.block_reason,
        blocked_at=row.card.blocked_at,
        subscriber=row.subscriber,
        station=row.station,
        at=row.use.at,
    )


async def _enter(work: Work, *, row: Row) -> tuple[RowStatus, str]:
    return RowStatus.ENTERED, await card_import.enter(work, row)
