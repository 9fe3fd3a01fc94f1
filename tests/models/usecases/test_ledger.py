"""Events are booked once, balances move with their entries, and what is booked is never changed (B8)."""

import asyncio
from decimal import Decimal
from functools import partial

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from models.errors import AlreadyExists, InsufficientBalance, InvalidInput, NotFound, StageDoesNotAllow
from models.messages.ledger import Origin
from models.money import Money
from models.rules import ledger as rules
from models.rules.ledger import AccountKind, DebtCause, TransactionKind
from models.rules.subscriber import Payment
from models.store import ledger as store
from models.store.ledger import Period
from models.tables.base import new_id
from models.tables.ledger import LedgerAccount, LedgerEntry, LedgerTransaction
from models.tables.timeline import TimelineEntry
from models.usecases import ledger
from models.usecases.work import Desk
from tests.ledger import TESTS, Books, eur
from tests.people import World


async def entries(books: Books, transaction: LedgerTransaction) -> dict[str, str]:
    async with books.desk.database.transaction() as session:
        sides = await store.entries_of(session, transaction.id)
    return {row.kind.value: f"{entry.amount:.2f}" for entry, row in sides}


@pytest.mark.step("B8")
async def test_an_account_is_opened_once_with_those_that_belong_to_it(desk: Desk) -> None:
    owner = new_id()
    async with desk.work(TESTS, "test") as work:
        first = await ledger.open_account(work, owner, Payment.POSTPAID, eur(100))
        again = await ledger.open_account(work, owner, Payment.POSTPAID, eur(5))
    assert (again.id, again.available) == (first.id, Decimal(100))
    async with desk.database.transaction() as session:
        found = await session.execute(select(LedgerAccount.kind).where(col(LedgerAccount.owner_id) == owner))
        assert set(found.scalars()) == {AccountKind.UNBILLED, AccountKind.RECEIVABLE}


@pytest.mark.step("B8")
async def test_a_top_up_is_credited_once_however_often_its_payment_is_told(desk: Desk) -> None:
    books = await Books.opened(desk)
    first = await books.top_up("25", "pay-1")
    assert (await books.top_up("25", "pay-1")).id == first.id
    assert await books.stands() == ("25.00", "0.00")
    assert await entries(books, first) == {"prepaid": "25.00", "bank": "-25.00"}
    with pytest.raises(AlreadyExists):
        await books.top_up("26", "pay-1")
    assert await books.stands() == ("25.00", "0.00")


@pytest.mark.step("B8", "H1")
async def test_two_webhooks_of_one_payment_at_the_same_moment_credit_once(desk: Desk) -> None:
    books = await Books.opened(desk)
    told = await asyncio.gather(*(books.top_up("10", "pay-2") for _ in range(10)))
    assert len({each.id for each in told}) == 1
    assert await books.stands() == ("10.00", "0.00")
    assert await books.broken() == {}


@pytest.mark.step("B8")
async def test_a_postpaid_session_is_unbilled_then_owed_then_paid(desk: Desk) -> None:
    books = await Books.opened(desk, payment=Payment.POSTPAID, limit="50")
    settled = await books.settle_unheld("12.10", None)
    assert await entries(books, settled) == {"unbilled": "-12.10", "revenue": "9.68", "vat": "2.42"}
    assert await books.stands() == ("-12.10", "0.00")
    owner, document = (await books.row()).owner_id, new_id()
    assert owner is not None
    invoice = Origin(document_id=document)
    await books.do(lambda work: ledger.post(work, owner, rules.invoiced(eur("12.10")), "INV-1", invoice))
    assert await books.stands() == ("0.00", "0.00")
    payment = Origin(payment_id="pay-3", document_id=document)
    paid = await books.do(lambda work: ledger.post(work, owner, rules.paid(eur("12.10")), "payment:pay-3", payment))
    assert await entries(books, paid) == {"receivable": "12.10", "bank": "-12.10"}
    async with desk.database.transaction() as session:
        found = await session.execute(sa.select(col(LedgerAccount.balance)).where(col(LedgerAccount.owner_id) == owner))
        assert set(found.scalars()) == {Decimal(0)}
    assert await books.broken() == {}


@pytest.mark.step("B8")
async def test_what_the_balance_does_not_cover_is_refused_and_leaves_nothing(desk: Desk) -> None:
    books = await Books.opened(desk, "10")
    with pytest.raises(InsufficientBalance):
        await books.adjust("-10.01")
    with pytest.raises(InsufficientBalance):
        await books.settle_unheld("10.01", None)
    await books.take("6")
    with pytest.raises(InsufficientBalance):
        await books.adjust("-4.01")
    await books.adjust("-4")
    assert await books.stands() == ("6.00", "6.00")
    assert await books.broken() == {}


@pytest.mark.step("B8", "C2")
async def test_a_session_from_off_line_is_a_debt_on_record_and_later_money_pays_it(desk: Desk) -> None:
    books = await Books.opened(desk, "10")
    debt = await books.settle_unheld("15")
    assert debt.debt is DebtCause.OFFLINE
    assert await books.stands() == ("-5.00", "0.00")
    with pytest.raises(InsufficientBalance):
        await books.take("1")
    with pytest.raises(InsufficientBalance):
        await books.adjust("-1")
    await books.adjust("2")
    await books.top_up("4")
    assert await books.stands() == ("1.00", "0.00")
    await books.take("1")
    assert await books.broken() == {}


@pytest.mark.step("B8")
async def test_a_correction_reverses_the_originals_own_entries_once(desk: Desk) -> None:
    books = await Books.opened(desk, "20")
    settled = await books.settle_unheld("7.35", None)
    corrections = [await books.do(lambda work: ledger.reverse(work, settled.id, "Wrong meter")) for _ in range(2)]
    assert corrections[0].id == corrections[1].id
    assert await entries(books, corrections[0]) == {"prepaid": "7.35", "revenue": "-5.88", "vat": "-1.47"}
    assert await books.stands() == ("20.00", "0.00")
    with pytest.raises(StageDoesNotAllow):
        await books.do(lambda work: ledger.reverse(work, corrections[0].id, "Right after all"))
    assert await books.broken() == {}


@pytest.mark.step("B8")
async def test_a_top_up_that_was_spent_can_be_taken_back_and_is_a_debt_on_record(desk: Desk) -> None:
    books = await Books.opened(desk)
    paid = await books.top_up("20", "pay-4")
    await books.settle_unheld("20", None)
    correction = await books.do(lambda work: ledger.reverse(work, paid.id, "The bank has taken it back"))
    assert (correction.debt, await books.stands()) == (DebtCause.CORRECTION, ("-20.00", "0.00"))
    assert await books.broken() == {}


@pytest.mark.step("B8")
async def test_a_statement_runs_from_the_opening_to_the_closing_balance(desk: Desk) -> None:
    books = await Books.opened(desk, "10")
    await books.top_up("5")
    await books.adjust("-2.50")
    row = await books.row()
    async with desk.database.transaction() as session:
        lines = await store.statement(session, row, Period(), after=None, limit=10, oldest_first=True)
        last = lines[-1][0].booked_at
        before = await store.balance_before(session, row, last)
        rest = await store.statement(session, row, Period(at_from=last), after=None, limit=10, oldest_first=False)
        older = await store.statement(session, row, Period(), after=lines[-1][0].id, limit=1, oldest_first=False)
        closing = await store.balance_before(session, row, None)
    assert [(entry.number, f"{entry.balance_after:.2f}") for entry, _ in lines] == [
        (1, "10.00"),
        (2, "15.00"),
        (3, "12.50"),
    ]
    assert (before, [entry.number for entry, _ in rest], closing) == (Decimal(15), [3], Decimal("12.5"))
    assert [(entry.number, transaction.kind.value) for entry, transaction in older] == [(2, "top_up")]


@pytest.mark.step("B8")
async def test_the_time_of_an_entry_never_goes_back_though_its_work_began_earlier(desk: Desk) -> None:
    books = await Books.opened(desk)
    async with desk.work(TESTS, "early") as early:
        await books.top_up("5")
        await ledger.top_up(early, books.account_id, eur(3), "pay-early")
    assert await books.broken() == {}


@pytest.mark.step("B8", "H3")
async def test_who_books_and_why_stands_in_the_audit_trail(desk: Desk, world: World) -> None:
    books = await Books.opened(desk, "5")
    async with desk.work(world.finance.actor, "test") as work:
        made = await ledger.adjust(work, books.account_id, eur("1.5"), "Sorry for the wait")
    assert (made.booked_by, made.reason) == (world.finance.id, "Sorry for the wait")
    async with desk.database.transaction() as session:
        about = col(TimelineEntry.subject_id) == books.account_id
        found = await session.execute(select(TimelineEntry).where(about).order_by(col(TimelineEntry.id)))
        said = [(each.what, each.actor_name, each.why) for each in found.scalars()]
    assert said == [
        ("account opened", "tests", None),
        ("top up booked", "tests", None),
        ("adjustment booked", "Fien Finance", "Sorry for the wait"),
    ]


async def test_a_credit_limit_is_never_set_below_what_is_spent(desk: Desk) -> None:
    books = await Books.opened(desk, payment=Payment.POSTPAID, limit="50")
    await books.settle_unheld("30", None)
    await books.take("10")
    change = partial(ledger.change_limit, account_id=books.account_id, reason="Asked")
    with pytest.raises(StageDoesNotAllow):
        await books.do(partial(change, limit=eur("39.99")))
    for limit in ("40", "60", "45"):
        row = await books.do(partial(change, limit=eur(limit)))
        assert row.credit_limit == Decimal(limit)
    await books.settle_unheld("20")
    row = await books.do(partial(change, limit=eur(46)))
    assert row.available == Decimal(-14)
    assert await books.broken() == {}


@pytest.mark.parametrize(
    ("amount", "error"),
    [(Money(Decimal(5), "USD"), InvalidInput), (eur("0"), InvalidInput), (eur("1.001"), InvalidInput)],
)
async def test_a_top_up_that_can_not_be_is_refused(desk: Desk, amount: Money, error: type[Exception]) -> None:
    books = await Books.opened(desk)
    with pytest.raises(error):
        await books.do(lambda work: ledger.top_up(work, books.account_id, amount, "pay-5"))
    with pytest.raises(NotFound):
        await books.do(lambda work: ledger.top_up(work, new_id(), eur(1), "pay-6"))


async def test_what_is_owed_is_not_paid_ahead(desk: Desk) -> None:
    books = await Books.opened(desk, payment=Payment.POSTPAID, limit="50")
    with pytest.raises(InvalidInput):
        await books.top_up("5")


@pytest.mark.step("B8")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount = amount + 1",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "UPDATE ledger_transaction SET reason = 'none'",
        "DELETE FROM ledger_transaction",
        "TRUNCATE ledger_transaction, ledger_entry CASCADE",
        "DELETE FROM hold",
        "TRUNCATE hold, ledger_transaction, ledger_entry CASCADE",
    ],
)
async def test_the_database_refuses_to_change_what_is_booked(desk: Desk, statement: str) -> None:
    books = await Books.opened(desk, "5")
    await books.take("1")
    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        async with desk.database.transaction() as session:
            await session.execute(sa.text(statement))


def transaction(desk: Desk) -> LedgerTransaction:
    return LedgerTransaction(
        kind=TransactionKind.ADJUSTMENT,
        reference=str(new_id()),
        reason="None",
        booked_by_name="tests",
        correlation_id="test",
        booked_at=desk.clock(),
    )


@pytest.mark.step("B8")
async def test_the_database_refuses_a_transaction_that_does_not_sum_to_zero(desk: Desk) -> None:
    books = await Books.opened(desk, "5")
    known = await books.top_up("5", "pay-7")

    async def add(made: LedgerTransaction, currency: str) -> None:
        entry = LedgerEntry(
            transaction_id=made.id,
            account_id=books.account_id,
            currency=currency,
            amount=Decimal(1),
            booked_at=desk.clock(),
        )
        async with desk.database.transaction() as session:
            if made is not known:
                await store.add_transaction(session, made)
            await store.add_entries(session, [entry])

    for made, currency, what in (
        (transaction(desk), "EUR", "does not sum to zero"),
        (known, "EUR", "uq_ledger_entry"),
        (transaction(desk), "USD", "fk_ledger_entry"),
    ):
        with pytest.raises(sa.exc.IntegrityError, match=what):
            await add(made, currency)
    assert await books.broken() == {}


@pytest.mark.step("B8")
async def test_the_database_refuses_a_transaction_without_entries_and_one_that_leads_back_to_nothing(
    desk: Desk,
) -> None:
    for change, what in (({}, "has no entries"), ({"reason": None}, "leads_back")):
        with pytest.raises(sa.exc.IntegrityError, match=what):
            async with desk.database.transaction() as session:
                await store.add_transaction(session, transaction(desk).model_copy(update=change))


async def test_a_sale_in_another_currency_finds_no_account(desk: Desk) -> None:
    books = await Books.opened(desk, "5")
    dollars = rules.Sale(Money(Decimal(1), "USD"), Money(Decimal(0), "USD"))
    with pytest.raises(NotFound):
        await books.do(lambda work: ledger.settle(work, books.account_id, dollars, "s-1", Origin(session_id=new_id())))
