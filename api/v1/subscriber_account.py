"""The account of a subscription: what is on it, what is held, what can be spent; and its credit limit (S2, B8, C5)."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth.access import Access, require
from api.idempotency import Once
from api.v1.ledger_shapes import AccountShape, HoldShape, Why, account_shape, hold_shape
from api.v1.shapes import Shape, example, sample
from api.v1.subscribers import found
from models.errors import InvalidInput, NotFound
from models.messages.subscriber import Limit
from models.money import Money
from models.rules.access import Permission
from models.rules.holds import HoldState
from models.rules.ledger import OPENED_FOR, SPENDING
from models.rules.subscriber import Payment
from models.store import holds, ledger
from models.tables.ledger import LedgerAccount
from models.tables.subscriber import Subscriber
from models.usecases import ledger as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/subscribers/{reference}/account", tags=["subscribers"])

Reading = Annotated[Access, require(Permission.LEDGER_READ)]
Posting = Annotated[Access, require(Permission.LEDGER_POST)]
HOLDS_LIMIT = 100
_SPENT = AccountShape.model_config["json_schema_extra"]["example"]  # type: ignore[index]
_HOLD = HoldShape.model_config["json_schema_extra"]["example"]  # type: ignore[index]


class CreditLimit(Why):
    """``credit_limit``: how far below zero the account may be spent on-line, in its currency."""

    credit_limit: Limit


class OwnAccountShape(Shape):
    model_config = example(
        subscriber="SUB-2026-000017",
        payment="prepaid",
        currency="EUR",
        balance="37.6600",
        held="20.0000",
        credit_limit="0.0000",
        available="17.6600",
        receivable=None,
        holds=[_HOLD],
        accounts=[_SPENT],
    )

    subscriber: str
    payment: Payment
    currency: str
    balance: Decimal = Field(
        description="Above zero to the subscriber's credit; of a postpaid one, what is not invoiced"
    )
    held: Decimal = Field(description="Set aside for sessions that go on")
    credit_limit: Decimal
    available: Decimal = Field(description="The balance, less what is held, and the credit limit")
    receivable: Decimal | None = Field(description="Below zero: invoiced and not paid; null where it is paid ahead")
    holds: list[HoldShape] = Field(description="The open ones, newest first, at most 100")
    accounts: list[AccountShape] = Field(description="In the ledger, by whose ids statements are found")


@router.get("", summary="Its account: balance, holds, credit limit, and what can be spent")
async def show(reference: str, access: Reading) -> OwnAccountShape:
    """404 until the subscription is set up."""
    async with access.reading() as session:
        return await _shape(session, await found(session, reference))


@router.post(
    "/credit-limit", status_code=200, response_model=OwnAccountShape, summary="Change its credit limit, as finance"
)
async def change_limit(
    reference: str,
    body: Annotated[CreditLimit, sample(credit_limit="400.00", reason="Pays in time for a year")],
    access: Posting,
    once: Once,
) -> Response:
    """Not below what is spent or held already, and not of a prepaid account. Sessions start within it from now on."""

    async def change(work: Work) -> OwnAccountShape:
        row = await found(work.session, reference)
        if row.payment is Payment.PREPAID:
            raise InvalidInput("A prepaid account has no credit", field="/credit_limit")
        spent_from = (await _accounts(work.session, row))[0]
        await usecase.change_limit(work, spent_from.id, Money(body.credit_limit, row.currency), body.reason)
        return await _shape(work.session, row)

    return await once.answer(access, change)


async def _accounts(session: AsyncSession, row: Subscriber) -> list[LedgerAccount]:
    """The one that is spent from first. Raises NotFound."""
    own = await ledger.accounts_for(session, row.id, row.currency, OPENED_FOR[row.payment])
    first = own.get(SPENDING[row.payment])
    if first is None:
        raise NotFound("Its account is not opened yet")
    ids: list[UUID] = [first, *(each for each in own.values() if each != first)]
    return [account for each in ids if (account := await ledger.account(session, each)) is not None]


async def _shape(session: AsyncSession, row: Subscriber) -> OwnAccountShape:
    spent_from, *others = await _accounts(session, row)
    shown = account_shape(spent_from)
    held = await holds.page(session, spent_from.id, state=HoldState.HELD, after=None, limit=HOLDS_LIMIT)
    return OwnAccountShape(
        subscriber=row.reference,
        payment=row.payment,
        **shown.model_dump(include={"currency", "balance", "held", "credit_limit", "available"}),
        receivable=others[0].balance if others else None,
        holds=[hold_shape(each) for each in held],
        accounts=[account_shape(each) for each in (spent_from, *others)],
    )
