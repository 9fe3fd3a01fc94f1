"""The proofs that the ledger is whole: each is one query that gives the rows that break it. Further ones go here."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models.store.database import Database


@dataclass(frozen=True)
class Proof:
    """``says`` is what holds where ``breaking`` gives no row."""

    name: str
    says: str
    breaking: str


PROOFS = (
    Proof(
        "transactions_balance",
        "every transaction has entries, which sum to zero in each currency",
        """
        SELECT e.transaction_id, e.currency, sum(e.amount) AS sum
        FROM ledger_entry e GROUP BY e.transaction_id, e.currency HAVING sum(e.amount) <> 0
        UNION ALL
        SELECT t.id, NULL, NULL FROM ledger_transaction t
        WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.transaction_id = t.id)
        """,
    ),
    Proof(
        "balances_are_their_entries",
        "every owner's account has the balance and the number of its entries",
        """
        SELECT a.id AS account_id, a.balance, coalesce(e.sum, 0) AS entries_sum, a.last_number,
            coalesce(e.count, 0) AS entries
        FROM ledger_account a
        LEFT JOIN (SELECT account_id, sum(amount), count(number) FROM ledger_entry GROUP BY account_id) e
            ON e.account_id = a.id
        WHERE a.owner_id IS NOT NULL AND (a.balance <> coalesce(e.sum, 0) OR a.last_number <> coalesce(e.count, 0))
        """,
    ),
    Proof(
        "entries_follow_each_other",
        "every entry has the next number of its account, the balance after it, and no earlier time",
        """
        SELECT account_id, number, place, balance_after, sum, booked_at FROM (
            SELECT account_id, number, balance_after, booked_at, row_number() OVER one_by_one AS place,
                sum(amount) OVER one_by_one AS sum, lag(booked_at) OVER one_by_one AS booked_before
            FROM ledger_entry WHERE number IS NOT NULL
            WINDOW one_by_one AS (PARTITION BY account_id ORDER BY number)
        ) e WHERE number <> place OR balance_after <> sum OR booked_at < booked_before
        """,
    ),
    Proof(
        "held_is_in_open_holds",
        "what is held on every account is the sum of its open holds",
        """
        SELECT a.id AS account_id, a.held, coalesce(h.sum, 0) AS holds_sum
        FROM ledger_account a
        LEFT JOIN (SELECT account_id, sum(amount) FROM hold WHERE state = 'held' GROUP BY account_id) h
            ON h.account_id = a.id
        WHERE coalesce(a.held, 0) <> coalesce(h.sum, 0)
        """,
    ),
    # Between two entries only holds are taken, extended and freed, or the limit moves: none of these takes what is
    # available below zero, or further below it. So each entry is compared with the one before, the last with the row.
    Proof(
        "nobody_is_overdrawn",
        "no account fell below what was available, but by a transaction on record as a debt",
        """
        SELECT e.account_id, e.number, e.transaction_id, e.available_before, e.available_after AS available FROM (
            SELECT account_id, number, transaction_id, available_after,
                lag(available_after, 1, 0) OVER (PARTITION BY account_id ORDER BY number) AS available_before
            FROM ledger_entry WHERE available_after IS NOT NULL
        ) e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE t.debt IS NULL AND e.available_after < least(0, e.available_before)
        UNION ALL
        SELECT a.id, NULL, NULL, e.available_after, a.balance - a.held + a.credit_limit
        FROM ledger_account a LEFT JOIN ledger_entry e ON e.account_id = a.id AND e.number = a.last_number
        WHERE a.balance - a.held + a.credit_limit < least(0, coalesce(e.available_after, 0))
        """,
    ),
    Proof(
        "holds_end_once",
        "every settled hold has one transaction, which took what was settled; every other hold has none",
        """
        SELECT h.id AS hold_id, h.state, h.amount, h.settled_amount, t.id AS transaction_id, -e.amount AS taken
        FROM hold h
        LEFT JOIN ledger_transaction t ON t.hold_id = h.id
        LEFT JOIN ledger_entry e ON e.transaction_id = t.id AND e.account_id = h.account_id
        WHERE (coalesce(h.settled_amount, 0) > 0) <> (t.id IS NOT NULL)
            OR (t.debt IS NULL AND h.settled_amount <> coalesce(-e.amount, 0))
            OR (t.debt IS NOT NULL AND (h.settled_amount <> h.amount OR -e.amount <= h.amount OR e.amount IS NULL))
        """,
    ),
    Proof(
        "corrections_reverse",
        "every correction has the original's own entries, reversed, and is reversed by none",
        """
        SELECT c.id AS transaction_id, c.reverses_id, coalesce(o.account_id, r.account_id) AS account_id,
            o.amount AS original, r.amount AS reversal
        FROM ledger_transaction c
        CROSS JOIN LATERAL (
            (SELECT account_id FROM ledger_entry WHERE transaction_id = c.reverses_id)
            UNION (SELECT account_id FROM ledger_entry WHERE transaction_id = c.id)
        ) s
        LEFT JOIN ledger_entry o ON o.transaction_id = c.reverses_id AND o.account_id = s.account_id
        LEFT JOIN ledger_entry r ON r.transaction_id = c.id AND r.account_id = s.account_id
        WHERE c.reverses_id IS NOT NULL AND o.amount IS DISTINCT FROM -r.amount
        UNION ALL
        SELECT c.id, c.reverses_id, NULL, NULL, NULL FROM ledger_transaction c
        JOIN ledger_transaction o ON o.id = c.reverses_id WHERE o.reverses_id IS NOT NULL
        """,
    ),
    Proof(
        "payments_count_once",
        "every payment that came in is in one transaction, those left out that were reversed",
        """
        SELECT t.payment_id, count(*) AS transactions FROM ledger_transaction t
        WHERE t.payment_id IS NOT NULL AND t.kind IN ('top_up', 'payment')
            AND NOT EXISTS (SELECT FROM ledger_transaction c WHERE c.reverses_id = t.id)
        GROUP BY t.payment_id HAVING count(*) > 1
        """,
    ),
    Proof(
        "sessions_have_one_record",
        "every settled session has one bill data record that was not credited, and no other session has any",
        """
        SELECT s.id AS session_id, s.reference, s.stage, count(c.id) AS records
        FROM charging_session s
        LEFT JOIN cdr c ON c.session_id = s.id AND c.credits_id IS NULL
            AND NOT EXISTS (SELECT FROM cdr k WHERE k.credits_id = c.id)
        GROUP BY s.id HAVING count(c.id) <> (s.stage IN ('settled', 'provisional', 'corrected'))::int
        """,
    ),
    Proof(
        "records_are_booked",
        "every bill data record that costs something is in one transaction of its amount, and no other is of a session",
        """
        SELECT c.session_id, c.id AS record_id, c.gross, t.id AS transaction_id, -e.sum AS booked
        FROM cdr c
        LEFT JOIN ledger_transaction t ON t.id = c.ledger_transaction_id AND t.session_id = c.session_id
        LEFT JOIN LATERAL (
            SELECT sum(e.amount) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
            WHERE e.transaction_id = t.id AND a.owner_id = c.subscriber_id
        ) e ON TRUE
        WHERE (c.gross <> 0) <> (t.id IS NOT NULL) OR -e.sum <> c.gross
        UNION ALL
        SELECT t.session_id, NULL, NULL, t.id, NULL FROM ledger_transaction t
        JOIN charging_session s ON s.id = t.session_id
        WHERE NOT EXISTS (SELECT FROM cdr c WHERE c.ledger_transaction_id = t.id)
        """,
    ),
    Proof(
        "unbilled_costs_nothing",
        "every session that was not to be billed has nothing held, priced or booked, and every other has a tariff",
        """
        SELECT s.id AS session_id, s.reference, s.vend, s.hold_id, c.id AS record_id, c.gross, c.tariff_version_id
        FROM charging_session s LEFT JOIN cdr c ON c.session_id = s.id
        LEFT JOIN hold h ON h.id = s.hold_id
        WHERE CASE WHEN s.vend = 'contract' THEN c.id IS NOT NULL AND c.tariff_version_id IS NULL
            ELSE h.id IS NOT NULL OR s.tariff_version_id IS NOT NULL OR c.tariff_version_id IS NOT NULL
                OR c.gross <> 0 OR c.ledger_transaction_id IS NOT NULL END
        """,
    ),
    Proof(
        "holds_end_with_their_session",
        "every session's hold is its own, and ends when the session is settled, or by its time",
        """
        SELECT s.id AS session_id, s.reference, s.stage, h.id AS hold_id, h.state
        FROM charging_session s JOIN hold h ON h.id = s.hold_id
        WHERE h.session_id IS DISTINCT FROM s.id
            OR (h.state = 'held' AND s.stage IN ('settled', 'provisional', 'corrected'))
            OR (h.state IN ('settled', 'released') AND s.stage IN ('charging', 'idle', 'stopped'))
        """,
    ),
)


@asynccontextmanager
async def at_one_instant(database: Database) -> AsyncIterator[AsyncSession]:
    """Reads the database as it stands now, however long that takes; it locks nothing and changes nothing."""
    async with database.transaction() as session:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        await session.execute(sa.text("SET TRANSACTION READ ONLY"))
        yield session


async def breaking(session: AsyncSession, proof: Proof) -> AsyncIterator[Mapping[str, Any]]:
    """The rows that break it, as they come."""
    found = await session.stream(sa.text(proof.breaking))
    async for row in found.mappings():
        yield dict(row)
