"""Holds: never more than the account covers, ended exactly once, whoever comes at the same time (C5)."""

import asyncio
import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from activities.hold_watch import HoldWatch
from models.errors import (
    AlreadyExists,
    BusinessError,
    HoldExceeded,
    InsufficientBalance,
    InvalidInput,
    NotFound,
    StageDoesNotAllow,
)
from models.money import Money
from models.rules.holds import HoldState
from models.rules.ledger import DebtCause
from models.rules.subscriber import Payment
from models.store import holds
from models.tables.base import new_id
from models.tables.ledger import Hold
from models.usecases import hold
from models.usecases.work import Desk
from tests.ledger import TESTS, Books, eur

S = HoldState


@pytest.fixture
async def books(desk: Desk) -> Books:
    """With 50 euros to spend."""
    return await Books.opened(desk, "50")


async def state(books: Books, held: Hold) -> HoldState:
    async with books.desk.database.transaction() as session:
        return (await session.get_one(Hold, held.id)).state


async def expire(books: Books, seconds: int = 3601) -> int:
    """As a worker would, so many seconds from now."""
    now = books.desk.clock() + timedelta(seconds=seconds)
    return await HoldWatch(dataclasses.replace(books.desk, clock=lambda: now)).expire()


@pytest.mark.step("C5")
async def test_the_price_is_taken_of_the_hold_and_the_rest_released(books: Books) -> None:
    held = await books.take("20")
    assert await books.stands() == ("50.00", "20.00")
    settled = await books.settle(held, "12.34")
    assert settled is not None
    assert (settled.hold_id, settled.session_id, settled.debt) == (held.id, held.session_id, None)
    assert await books.stands() == ("37.66", "0.00")
    assert await books.broken() == {}


@pytest.mark.step("C5")
async def test_a_hold_that_is_taken_again_under_its_reference_is_the_same_one(books: Books) -> None:
    first = await books.take("30", "session-1")
    again = [await books.take("30", "session-1") for _ in range(2)]
    assert {each.id for each in again} == {first.id}
    assert await books.stands() == ("50.00", "30.00")
    other = await Books.opened(books.desk, "50")
    with pytest.raises(AlreadyExists):
        await other.take("30", "session-1")
    assert await other.stands() == ("50.00", "0.00")


@pytest.mark.step("C5", "H1")
async def test_the_same_hold_taken_at_the_same_moment_holds_once(books: Books) -> None:
    taken = await asyncio.gather(*(books.take("5", "session-2") for _ in range(10)))
    assert len({each.id for each in taken}) == 1
    assert await books.stands() == ("50.00", "5.00")
    assert await books.broken() == {}


@pytest.mark.step("C5")
async def test_fifty_holds_at_the_same_moment_can_not_overdraw(books: Books) -> None:
    tried = await asyncio.gather(*(books.take("7.50") for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(each, Hold) for each in tried) == 6
    refused = [each for each in tried if not isinstance(each, Hold)]
    assert all(isinstance(each, InsufficientBalance) for each in refused), refused
    assert await books.stands() == ("50.00", "45.00")
    assert await books.broken() == {}


@pytest.mark.step("C5")
async def test_a_refused_hold_leaves_the_work_to_go_on(books: Books) -> None:
    async with books.desk.work(TESTS, "test") as work:
        with pytest.raises(InsufficientBalance) as refused:
            await hold.take(work, books.account_id, eur("50.01"), "too-much")
        await hold.take(work, books.account_id, eur("50"), "enough")
    assert refused.value.facts == {"available": "50.0000", "wanted": "50.01"}
    assert await books.stands() == ("50.00", "50.00")


@pytest.mark.step("C5")
async def test_who_pays_by_invoice_spends_up_to_the_limit(desk: Desk) -> None:
    books = await Books.opened(desk, payment=Payment.POSTPAID, limit="30")
    held = await books.take("20")
    with pytest.raises(InsufficientBalance):
        await books.take("10.01")
    await books.settle(held, "15")
    await books.take("15")
    assert await books.stands() == ("-15.00", "15.00")
    assert await books.broken() == {}


@pytest.mark.step("C5")
async def test_a_hold_is_extended_as_far_as_the_account_covers_it(books: Books) -> None:
    held = await books.take("20")
    for _ in range(2):
        extended = await books.extend(held, "45")
        assert extended.amount == Decimal(45)
    with pytest.raises(InsufficientBalance):
        await books.extend(held, "50.01")
    assert (await books.extend(held, "10")).amount == Decimal(45)
    assert await books.stands() == ("50.00", "45.00")
    until = held.expires_at + timedelta(hours=1)
    for wanted in (until, held.expires_at):
        longer = await books.do(lambda work, at=wanted: hold.extend(work, held.id, eur(45), at))  # type: ignore[misc]
        assert longer.expires_at == until
    assert await books.broken() == {}


@pytest.mark.step("C5")
async def test_settling_for_more_than_is_held_is_refused_unless_it_is_recorded_as_a_debt(books: Books) -> None:
    held = await books.take("50")
    with pytest.raises(HoldExceeded):
        await books.settle(held, "50.01")
    assert await state(books, held) is S.HELD
    settled = await books.settle(held, "53.20", DebtCause.OVERRUN)
    assert settled is not None
    assert settled.debt is DebtCause.OVERRUN
    assert await books.stands() == ("-3.20", "0.00")
    assert await books.broken() == {}


async def test_a_price_within_the_hold_is_no_debt_whatever_was_allowed(books: Books) -> None:
    settled = await books.settle(await books.take("50"), "50", DebtCause.OVERRUN)
    assert settled is not None
    assert settled.debt is None


@pytest.mark.step("C5")
async def test_a_session_that_costs_nothing_frees_its_hold_and_books_nothing(books: Books) -> None:
    held = await books.take("20")
    assert [await books.settle(held, "0") for _ in range(2)] == [None, None]
    assert (await state(books, held), await books.stands()) == (S.SETTLED, ("50.00", "0.00"))
    with pytest.raises(StageDoesNotAllow):
        await books.settle(held, "1")
    assert await books.broken() == {}


@pytest.mark.step("C5", "H1")
async def test_a_settlement_that_is_repeated_takes_the_price_once(books: Books) -> None:
    held = await books.take("20")
    told = await asyncio.gather(*(books.settle(held, "12") for _ in range(5)))
    assert len({each.id for each in told if each is not None}) == 1
    with pytest.raises(StageDoesNotAllow):
        await books.settle(held, "13")
    assert await books.stands() == ("38.00", "0.00")
    assert await books.broken() == {}


@pytest.mark.step("C5")
async def test_a_hold_ends_one_way_only(books: Books) -> None:
    released, expired = await books.take("5"), await books.take("5", valid_s=60)
    for _ in range(2):
        assert (await books.release(released)).state is S.RELEASED
    assert await expire(books, 61) == 1
    for ended in (released, expired):
        with pytest.raises(StageDoesNotAllow):
            await books.settle(ended, "1")
        with pytest.raises(StageDoesNotAllow):
            await books.extend(ended, "6")
    with pytest.raises(StageDoesNotAllow):
        await books.release(expired)
    assert await books.stands() == ("50.00", "0.00")
    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        async with books.desk.database.transaction() as session:
            await session.execute(sa.update(Hold).values(state=S.HELD, ended_at=None))
    assert await books.broken() == {}


@pytest.mark.step("C5")
async def test_a_worker_ends_holds_whose_time_is_over_and_no_others(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "EXPIRED_AT_ONCE", 2)
    other = await Books.opened(books.desk, "50")
    short = [await each.take("3", valid_s=60) for each in (books, other, books, books)]
    long = await books.take("3", valid_s=7200)
    assert await expire(books, 59) == 0
    assert await expire(books, 61) == 4
    assert {await state(books, each) for each in short} == {S.EXPIRED}
    assert await state(books, long) is S.HELD
    assert (await books.stands(), await other.stands()) == (("50.00", "3.00"), ("50.00", "0.00"))
    assert await books.broken() == {}


@pytest.mark.step("C5", "H1")
async def test_a_hold_that_is_settled_while_it_expires_ends_once(books: Books) -> None:
    for number in range(10):
        held = await books.take("5", valid_s=60)
        settled, ended = await asyncio.gather(books.settle(held, "1"), expire(books, 61), return_exceptions=True)
        assert isinstance(settled, StageDoesNotAllow) == (ended == 1), (number, settled, ended)
        assert await state(books, held) is (S.EXPIRED if ended == 1 else S.SETTLED)
    assert (await books.stands())[1] == "0.00"
    assert await books.broken() == {}


@pytest.mark.step("C5")
async def test_a_hold_that_somebody_works_on_is_passed_over_and_ended_in_the_next_round(books: Books) -> None:
    held = await books.take("5", valid_s=60)
    async with books.desk.database.transaction() as session:
        await holds.lock(session, held.id)
        assert await expire(books, 61) == 0
    assert await expire(books, 61) == 1


@pytest.mark.step("C5", "H1")
async def test_extending_settling_and_releasing_at_the_same_moment_do_not_stand_in_each_others_way(
    books: Books,
) -> None:
    for _ in range(5):
        held = await books.take("5", valid_s=60)
        tried = await asyncio.gather(
            books.extend(held, "8"),
            books.settle(held, "4"),
            books.release(held),
            books.take("1"),
            expire(books, 61),
            books.adjust("1"),
            return_exceptions=True,
        )
        assert all(not isinstance(each, Exception) or isinstance(each, BusinessError) for each in tried), tried
        assert await state(books, held) is not S.HELD
    assert await books.broken() == {}


async def test_what_nothing_is_spent_from_holds_nothing(desk: Desk, books: Books) -> None:
    async with desk.work(TESTS, "test") as work:
        with pytest.raises(NotFound):
            await hold.take(work, new_id(), eur(1), "h-1")
        with pytest.raises(InvalidInput):
            await hold.take(work, books.account_id, Money(Decimal(1), "USD"), "h-2")
        with pytest.raises(InvalidInput):
            await hold.take(work, books.account_id, eur(0), "h-3")
        with pytest.raises(NotFound):
            await hold.release(work, new_id())
