"""Each proof names the rows that break it, and no other proof speaks of what is whole (B8)."""

import pytest
import sqlalchemy as sa

from models.errors import InvalidInput
from models.rules.ledger import DebtCause
from models.store.reconcile import PROOFS
from models.usecases import ledger, reconcile
from models.usecases.work import Desk
from tests.ledger import Books

_DISARMED = "SET LOCAL session_replication_role = replica"
"""As the superuser: no trigger and no foreign key stands in the way."""

OWNED = "owner_id IS NOT NULL"
OF_CORRECTIONS = "transaction_id IN (SELECT id FROM ledger_transaction WHERE kind = 'correction')"


@pytest.fixture
async def books(desk: Desk) -> Books:
    """With something of everything that there is in a ledger."""
    books = await Books.opened(desk, "100")
    await books.settle(await books.take("20"), "12.34")
    await books.settle(await books.take("20"), "0")
    await books.release(await books.take("5"))
    await books.take("30")
    adjusted = await books.adjust("5")
    await books.do(lambda work: ledger.reverse(work, adjusted.id, "A mistake"))
    await books.settle_unheld("90")
    await books.adjust("2")
    await books.top_up("50", "pay-1")
    await books.settle(await books.take("5"), "25", DebtCause.OVERRUN)
    assert await books.broken() == {}
    return books


async def spoil(books: Books, statement: str) -> None:
    async with books.desk.database.transaction() as session:
        await session.execute(sa.text(_DISARMED))
        changed = await session.execute(sa.text(statement))
        assert changed.rowcount  # type: ignore[attr-defined]


@pytest.mark.step("B8")
@pytest.mark.parametrize(
    ("table", "change", "where", "broken"),
    [
        ("ledger_entry", "amount = 99", "number IS NULL", {"transactions_balance": 8, "corrections_reverse": 1}),
        ("ledger_account", "balance = balance + 1", OWNED, {"balances_are_their_entries": 1}),
        ("ledger_account", "last_number = 0", OWNED, {"balances_are_their_entries": 1, "nobody_is_overdrawn": 1}),
        ("ledger_entry", "balance_after = balance_after + 1", "number = 2", {"entries_follow_each_other": 1}),
        ("ledger_entry", "number = 99", "number = 1", {"entries_follow_each_other": 8}),
        ("ledger_entry", "booked_at = now() + '1 day'", "number = 1", {"entries_follow_each_other": 1}),
        ("ledger_account", "held = held + 1", OWNED, {"held_is_in_open_holds": 1, "nobody_is_overdrawn": 1}),
        ("hold", "state = 'released', ended_at = now()", "state = 'held'", {"held_is_in_open_holds": 1}),
        ("hold", "amount = amount + 1", "state = 'held'", {"held_is_in_open_holds": 1}),
        ("ledger_transaction", "debt = NULL", "debt = 'offline'", {"nobody_is_overdrawn": 1}),
        ("hold", "settled_amount = 12", "settled_amount = 12.34", {"holds_end_once": 1}),
        ("hold", "settled_amount = 1", "settled_amount = 0", {"holds_end_once": 1}),
        ("hold", "state = 'released', settled_amount = NULL", "settled_amount = 12.34", {"holds_end_once": 1}),
        ("hold", "settled_amount = 4", "amount = 5 AND settled_amount = 5", {"holds_end_once": 1}),
        ("ledger_transaction", "hold_id = NULL", "hold_id IS NOT NULL AND debt IS NULL", {"holds_end_once": 1}),
        ("ledger_transaction", "payment_id = 'pay-1'", "payment_id <> 'pay-1'", {"payments_count_once": 1}),
        (
            "ledger_entry",
            "amount = 2 * amount",
            OF_CORRECTIONS,
            {"corrections_reverse": 2, "balances_are_their_entries": 1, "entries_follow_each_other": 5},
        ),
    ],
)
async def test_rows_that_break_a_proof_are_named_by_it(
    books: Books, table: str, change: str, where: str, broken: dict[str, int]
) -> None:
    await spoil(books, f"UPDATE {table} SET {change} WHERE {where}")  # noqa: S608 - words of this test
    assert await books.broken() == broken


@pytest.mark.step("B8")
async def test_an_account_that_was_overdrawn_since_its_last_entry_is_named(books: Books) -> None:
    held = "UPDATE ledger_account SET held = held + 500 WHERE held IS NOT NULL"
    await spoil(books, held)
    assert set(await books.broken()) == {"held_is_in_open_holds", "nobody_is_overdrawn"}


@pytest.mark.step("B8")
async def test_a_transaction_that_lost_its_entries_is_named(books: Books) -> None:
    await spoil(
        books, "DELETE FROM ledger_entry WHERE transaction_id = (SELECT transaction_id FROM ledger_entry LIMIT 1)"
    )
    assert (await books.broken())["transactions_balance"] == 1


@pytest.mark.step("B8")
async def test_every_row_is_counted_though_only_the_first_are_kept(books: Books) -> None:
    await spoil(books, "UPDATE ledger_entry SET amount = amount + 1 WHERE number IS NOT NULL")
    (finding,) = await reconcile.prove(books.desk.database, ["transactions_balance"], kept=3)
    assert (finding.count, len(finding.rows), finding.holds) == (8, 3, False)
    assert {"transaction_id", "currency", "sum"} == set(finding.rows[0])


async def test_reconciling_waits_for_nobody_and_changes_nothing(books: Books) -> None:
    async with books.desk.database.transaction() as session:
        await session.execute(sa.text("LOCK TABLE ledger_account, hold, ledger_entry IN EXCLUSIVE MODE"))
        assert await books.broken() == {}


async def test_a_proof_that_there_is_not_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="transactions_balance"):
        await reconcile.prove(desk.database, ["no_such_proof"])
    assert [each.proof for each in await reconcile.prove(desk.database)] == list(PROOFS)
