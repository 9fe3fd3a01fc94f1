"""The ledger: balances, statements, holds; what finance books by hand (B8)."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response, StreamingResponse

from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1 import csv_lists
from api.v1.ledger_shapes import (
    AccountShape,
    AdjustmentToBook,
    BalanceShape,
    HoldShape,
    LineShape,
    StatementShape,
    TopUpToBook,
    TransactionShape,
    Why,
    account_shape,
    hold_shape,
    line_shape,
    transaction_shape,
)
from api.v1.shapes import sample
from models.errors import InvalidInput, NotFound
from models.money import Money
from models.rules.access import Permission
from models.rules.holds import HoldState
from models.store import holds
from models.store import ledger as store
from models.store.ledger import AccountFilter, Period
from models.tables.ledger import LedgerAccount, LedgerTransaction
from models.usecases import ledger as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/ledger", tags=["ledger"])

Reading = Annotated[Access, require(Permission.LEDGER_READ)]
Posting = Annotated[Access, require(Permission.LEDGER_POST)]
_AT_ONCE = 500
_COLUMNS = tuple(name for name in LineShape.model_fields if name != "id")


@router.get("/accounts", summary="Accounts, newest first")
async def show_accounts(
    access: Reading, paging: Pages, wanted: Annotated[AccountFilter, Depends()]
) -> Page[AccountShape]:
    async with access.reading() as session:
        rows = await store.accounts(session, wanted, paging.window)
    return paging.page(rows, account_shape)


@router.get("/accounts/{account_id}", summary="One account: balance, what is held, what is available")
async def show_account(account_id: UUID, access: Reading) -> AccountShape:
    async with access.reading() as session:
        return account_shape(await _found(session, account_id))


@router.get("/accounts/{account_id}/balance", summary="The balance now, or just before an instant")
async def show_balance(account_id: UUID, access: Reading, at: AwareDatetime | None = None) -> BalanceShape:
    """Of the house's own books it is the sum of their entries, as they stand now."""
    async with access.reading() as session:
        row = await _found(session, account_id)
        if row.owner_id is not None:
            balance = await store.balance_before(session, row, at)
        elif at is None:
            balance = await store.balance_of_house(session, row.id)
        else:
            raise InvalidInput("The house's own books are summed as they stand now", field="at")
    return BalanceShape(account_id=row.id, currency=row.currency, balance=balance, at=at)


def _period(
    at_from: Annotated[AwareDatetime | None, Query(description="This instant or later")] = None,
    at_to: Annotated[AwareDatetime | None, Query(description="Before this instant")] = None,
) -> Period:
    if at_from is not None and at_to is not None and at_from > at_to:
        raise InvalidInput("The period ends before it begins", field="at_to")
    return Period(at_from, at_to)


Wanted = Annotated[Period, Depends(_period)]


@router.get("/accounts/{account_id}/statement", summary="The account's entries, newest first, and what each was for")
async def show_statement(account_id: UUID, access: Reading, paging: Pages, period: Wanted) -> StatementShape:
    async with access.reading() as session:
        row = await _found(session, account_id)
        found = await store.statement(session, row, period, after=paging.after, limit=paging.fetch, oldest_first=False)
        opening, closing = None, None
        if row.owner_id is not None:
            closing = await store.balance_before(session, row, period.at_to)
            opening = await store.balance_before(session, row, period.at_from) if period.at_from else closing * 0
    lines = {entry.id: line_shape(entry, booked) for entry, booked in found}
    page = paging.page([entry for entry, _ in found], lambda entry: lines[entry.id])
    return StatementShape(**dict(page), opening_balance=opening, closing_balance=closing)


@router.get(
    "/accounts/{account_id}/statement.csv",
    summary="The same as CSV, oldest first",
    response_class=Response,
    responses={200: {"content": {csv_lists.MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def export_statement(account_id: UUID, access: Reading, period: Wanted) -> Response:
    async with access.reading() as session:
        row = await _found(session, account_id)
    return StreamingResponse(_exported(access, row, period), media_type=csv_lists.MEDIA_TYPE)


@router.get("/accounts/{account_id}/holds", summary="The account's holds, newest first")
async def show_holds(
    account_id: UUID, access: Reading, paging: Pages, state: HoldState | None = None
) -> Page[HoldShape]:
    async with access.reading() as session:
        await _found(session, account_id)
        rows = await holds.page(session, account_id, state=state, after=paging.after, limit=paging.fetch)
    return paging.page(rows, hold_shape)


@router.post(
    "/accounts/{account_id}/top-ups",
    status_code=201,
    response_model=TransactionShape,
    summary="Credit a payment that has reached the bank",
)
async def top_up(
    account_id: UUID,
    body: Annotated[TopUpToBook, sample(amount="25.00", currency="EUR", payment_id="NL-2026-118")],
    access: Posting,
    once: Once,
) -> Response:
    """Into a prepaid account. The same payment told again is credited once, whoever tells it."""

    async def create(work: Work) -> TransactionShape:
        amount = _money(body.amount, body.currency)
        return await _shape(work.session, await usecase.top_up(work, account_id, amount, body.payment_id))

    return await once.answer(access, create)


@router.post(
    "/accounts/{account_id}/adjustments",
    status_code=201,
    response_model=TransactionShape,
    summary="Give or take an amount, for a reason",
)
async def adjust(
    account_id: UUID,
    body: Annotated[AdjustmentToBook, sample(amount="5.00", currency="EUR", reason="The station was out of order")],
    access: Posting,
    once: Once,
) -> Response:
    """Nothing is taken that is not available."""

    async def create(work: Work) -> TransactionShape:
        amount = _money(body.amount, body.currency)
        return await _shape(work.session, await usecase.adjust(work, account_id, amount, body.reason))

    return await once.answer(access, create)


@router.get("/transactions/{transaction_id}", summary="A transaction with its sides, and what it leads back to")
async def show_transaction(transaction_id: UUID, access: Reading) -> TransactionShape:
    async with access.reading() as session:
        booked = await store.transaction(session, transaction_id)
        if booked is None:
            raise NotFound("There is no such transaction in the ledger")
        return await _shape(session, booked)


@router.post(
    "/transactions/{transaction_id}/reverse",
    status_code=201,
    response_model=TransactionShape,
    summary="Take a wrong booking back, by the same entries reversed",
)
async def reverse(
    transaction_id: UUID,
    body: Annotated[Why, sample(reason="Booked on the wrong account")],
    access: Posting,
    once: Once,
) -> Response:
    """Once; also where the money is spent already, which is then a debt on record."""

    async def create(work: Work) -> TransactionShape:
        return await _shape(work.session, await usecase.reverse(work, transaction_id, body.reason))

    return await once.answer(access, create)


async def _found(session: AsyncSession, account_id: UUID) -> LedgerAccount:
    row = await store.account(session, account_id)
    if row is None:
        raise NotFound("There is no such account in the ledger")
    return row


def _money(amount: Decimal, currency: str) -> Money:
    try:
        return Money(amount, currency)
    except ValueError as error:
        raise InvalidInput(str(error), field="/currency") from error


async def _shape(session: AsyncSession, booked: LedgerTransaction) -> TransactionShape:
    return transaction_shape(booked, await store.entries_of(session, booked.id))


async def _exported(access: Access, row: LedgerAccount, period: Period) -> AsyncIterator[str]:
    yield csv_lists.written(_COLUMNS, [])
    last: UUID | None = None
    while True:
        async with access.reading() as session:
            found = await store.statement(session, row, period, after=last, limit=_AT_ONCE, oldest_first=True)
        if not found:
            return
        last = found[-1][0].id
        lines = (line_shape(*each).model_dump(mode="json") for each in found)
        yield csv_lists.written([], [[_cell(line[name]) for name in _COLUMNS] for line in lines])


def _cell(value: object) -> str | None:
    return None if value is None else str(value)
