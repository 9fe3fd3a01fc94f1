"""Sessions begin with their transactions, once, whatever is repeated and whoever comes at the same time (C1, C5)."""

import asyncio
from decimal import Decimal

import pytest

from models.rules.authorisation import TokenVerdict
from models.rules.card import BlockReason
from models.rules.session import Flag, SessionStage
from models.rules.subscriber import Payment
from models.tables.handover import Handover
from models.tables.ledger import LedgerTransaction
from models.tables.session import ChargingSession
from models.usecases import card
from models.usecases.work import Work
from tests.charging import Clock, Street, later
from tests.subscribing import uid_of

S, V = SessionStage, TokenVerdict


async def bells(street: Street) -> list[str]:
    return [each.name for each in await street.rows(Handover) if each.workflow_id.startswith("session-")]


@pytest.mark.step("C1", "O1", "O2", "B1")
async def test_a_start_and_a_stop_that_are_repeated_make_one_session_one_record_and_one_booking(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver()
    number, verdict = await street.start()
    assert (verdict, await street.start()) == (V.ACCEPTED, (number, V.ACCEPTED))
    clock.now = later(60)
    await street.stop(number)
    await street.stop(number, register_wh=99_000)
    found = await street.session()
    assert (found.stage, found.subscriber_id, found.stopped_at) == (S.STOPPED, owner.id, later(60))
    for _ in range(2):
        progress = await street.settle(found)
        assert progress.stage == S.SETTLED
    (record,) = await street.records(found.id)
    assert (record.energy_wh, record.gross, record.net, record.vat) == (
        10_000,
        Decimal("5.0000"),
        Decimal("4.1300"),
        Decimal("0.8700"),
    )
    assert (await street.account(owner)).balance == Decimal("-5.0000")
    assert len(await street.rows(LedgerTransaction)) == 1
    assert await bells(street) == ["charging_session", "session_stopped"]
    assert await street.broken() == {}


@pytest.mark.step("C1", "O1", "O11")
async def test_the_same_start_five_times_at_once_is_one_session_with_one_hold(street: Street) -> None:
    await street.driver(payment=Payment.PREPAID, balance="100")
    answers = await asyncio.gather(*(street.start() for _ in range(5)))
    assert len(set(answers)) == 1
    assert answers[0][1] is V.ACCEPTED
    found, held = await street.session(), await street.hold()
    assert (found.hold_id, held.session_id, held.amount) == (held.id, found.id, Decimal("25.0000"))


@pytest.mark.step("C5")
async def test_two_sessions_at_once_cannot_spend_the_same_money(street: Street) -> None:
    owner = await street.driver("NL-1", payment=Payment.PREPAID, balance="8")
    await street.give_card(owner, "NL-2")
    answers = await asyncio.gather(
        street.start("NL-1", connector=1), street.start("NL-2", connector=2, meter_start_wh=5)
    )
    assert sorted(verdict for _, verdict in answers) == [V.ACCEPTED, V.NO_CREDIT]
    account = await street.account(owner)
    assert (account.balance, account.held) == (Decimal(8), Decimal(8))
    flags = sorted(tuple(each.flags) for each in await street.rows(ChargingSession))
    assert flags == [(), (Flag.INVALID_TOKEN,)]


@pytest.mark.step("O3")
async def test_an_unknown_card_leaves_a_session_on_record_with_nobody_to_bill(street: Street) -> None:
    number, verdict = await street.start("NEVER-SEEN")
    await street.stop(number, 1, register_wh=1500)
    found = await street.session()
    assert (number > 0, verdict, found.stage) == (True, V.INVALID, S.UNBILLED)
    assert found.flags == [Flag.INVALID_TOKEN, Flag.NOBODY]
    assert found.stopped_at == later(1)
    assert await bells(street) == []
    assert await street.broken() == {}


@pytest.mark.step("C1")
async def test_a_card_that_charges_elsewhere_is_refused_and_where_it_charges_it_may_begin_anew(street: Street) -> None:
    await street.driver()
    _, first = await street.start()
    _, elsewhere = await street.start(connector=2)
    _, anew = await street.start(minutes=5, meter_start_wh=2000)
    assert (first, elsewhere, anew) == (V.ACCEPTED, V.CONCURRENT, V.ACCEPTED)


@pytest.mark.step("S4", "C1")
async def test_a_card_that_is_replaced_while_it_charges_leaves_the_session_its_owner(street: Street) -> None:
    owner = await street.driver("NL-1")
    number, _ = await street.start("NL-1")
    await street.do(lambda work: _block(work, "NL-1"))
    await street.give_card(owner, "NL-2")
    await street.stop(number, token=uid_of("NL-1"))
    await street.settle(await street.session())
    assert (await street.session()).stage is S.SETTLED
    assert (await street.account(owner)).balance == Decimal(-5)
    assert (await street.start("NL-1", minutes=90, meter_start_wh=11_000))[1] is V.BLOCKED
    assert (await street.start("NL-2", minutes=95, meter_start_wh=11_000))[1] is V.ACCEPTED
    assert await street.broken() == {}


async def _block(work: Work, number: str) -> None:
    await card.block(work, await card.lock(work, number), BlockReason.LOST)
