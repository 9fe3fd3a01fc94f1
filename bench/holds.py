"""Holds a second on one account and over many, beside a bare guarded UPDATE through the same pool in the same run."""

import itertools
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from pydantic import SecretStr

from bench.measured import flat_out
from bench.report import Report
from cli.supervisor.postgres import EmbeddedPostgres
from models.messages.base import Actor
from models.migrate import upgrade
from models.money import Money
from models.settings import Settings
from models.store.database import Database
from models.tables.base import new_id
from models.usecases import hold
from models.usecases.work import Desk, Terms

HANDS = 16
AT_LEAST = 0.5
"""Of a bare guarded UPDATE."""
TURNS = 2
"""Ours and the floor are measured in turns, so that a moment at which the machine is slow is not blamed on one."""
_ACTOR = Actor(id=None, name="bench")
_CENT = Money(Decimal("0.01"), "EUR")
_ACCOUNTS = sa.text("""
    INSERT INTO ledger_account (id, owner_id, kind, currency, balance, held, credit_limit, last_number)
    SELECT gen_random_uuid(), gen_random_uuid(), 'prepaid', 'EUR', 1000000, 0, 0, 0 FROM generate_series(1, :count)
    RETURNING id
""")
_BARE = sa.text("""
    UPDATE ledger_account SET held = held + 0.01
    WHERE id = :id AND balance - held + credit_limit >= 0.01 RETURNING id
""")


@dataclass(frozen=True)
class Size:
    """How much is done of each."""

    accounts: int = 10_000
    seconds: float = 3.0


SMOKE = Size(accounts=100, seconds=0.3)


async def measure(folder: Path, size: Size, report: Report) -> None:
    """On a PostgreSQL of its own that keeps what it has committed."""
    async with _desk(folder) as desk:
        accounts = await _opened(desk, size.accounts)
        for name, among in (("one account", accounts[:1]), (f"{size.accounts} accounts", accounts)):
            taken, floor, alone = await _rates(desk, among, size.seconds)
            report.rate(f"Holds on {name} (a bare guarded UPDATE)", taken, floor, "a second")
            report.count("... times the bare UPDATE", taken / floor, "", at_least=AT_LEAST)
            report.notes.append(
                f"The bare UPDATE on {name}, committed by itself without a transaction: {alone:.0f} a second."
            )


async def _rates(desk: Desk, among: Sequence[UUID], seconds: float) -> tuple[float, float, float]:
    """A second: holds, bare updates each in a transaction as a hold is, and bare updates without one."""
    ways = (_hold, _bare, _bare_alone)
    for way in ways:  # connections are opened, and statements prepared
        await flat_out(way(desk, among), HANDS, seconds / 10)
    found = [[await flat_out(way(desk, among), HANDS, seconds / TURNS) for way in ways] for _ in range(TURNS)]
    taken, floor, alone = (sum(of_way) / TURNS for of_way in zip(*found, strict=True))
    return taken, floor, alone


def _hold(desk: Desk, accounts: Sequence[UUID]) -> Callable[[int], Awaitable[None]]:
    """By the use case, each in a piece of work of its own."""
    turn = itertools.cycle(accounts)

    async def one(_: int) -> None:
        async with desk.work(_ACTOR, "bench") as work:
            await hold.take(work, next(turn), _CENT, f"bench-{new_id()}")

    return one


def _bare(desk: Desk, accounts: Sequence[UUID]) -> Callable[[int], Awaitable[None]]:
    """The least that could do: no row of a hold, nothing that tells it again."""
    turn = itertools.cycle(accounts)

    async def one(_: int) -> None:
        async with desk.database.transaction() as session:
            await session.execute(_BARE, {"id": next(turn)})

    return one


def _bare_alone(desk: Desk, accounts: Sequence[UUID]) -> Callable[[int], Awaitable[None]]:
    turn = itertools.cycle(accounts)

    async def one(_: int) -> None:
        async with desk.database.statements() as session:
            await session.execute(_BARE, {"id": next(turn)})

    return one


@asynccontextmanager
async def _desk(folder: Path) -> AsyncIterator[Desk]:
    postgres = EmbeddedPostgres(folder)
    postgres.start()
    try:
        keys = f"k1:{secrets.token_urlsafe(24)}"
        settings = Settings(database_url=SecretStr(postgres.url()), keys=SecretStr(keys))
        upgrade(settings)
        database = Database(settings.sqlalchemy_url, pool_size=HANDS)
        try:
            yield Desk(database, Terms.of(settings))
        finally:
            await database.close()
    finally:
        postgres.stop()


async def _opened(desk: Desk, count: int) -> Sequence[UUID]:
    async with desk.database.transaction() as session:
        accounts = (await session.execute(_ACCOUNTS, {"count": count})).scalars().all()
    async with desk.database.statements() as session:
        await session.execute(sa.text("VACUUM ANALYZE ledger_account"))
    return accounts
