"""A station without a connection for two days: its sessions arrive in any order, some twice (C2, O6, O26)."""

import dataclasses
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.messages.telemetry import Transacted
from models.rules.authorisation import TokenVerdict
from models.rules.card import BlockReason
from models.rules.sequence import Phase, Told
from models.rules.session import Flag, SessionStage
from models.rules.subscriber import Payment
from models.tables.ledger import LedgerTransaction
from models.tables.session import Cdr, ChargingSession
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import card, sequence
from models.usecases.work import Desk, Work
from tests.charging import AT, Clock, Street, a_street
from tests.people import World
from tests.subscribing import uid_of

SESSIONS = 50
Event = dict[str, Any]


def events(number: int, card: str) -> list[Event]:
    """One session of 2 kWh; each begins an hour after the one before."""
    began = AT - timedelta(days=2) + timedelta(hours=number)

    def told(phase: Phase, place: int, minutes: int, **more: Any) -> Event:
        at: datetime = began + timedelta(minutes=minutes)
        return {"told": Told(phase=phase, number=place, at=at, evse=1, offline=True, **more), "theirs": f"T-{number}"}

    first, last = 1000 * number, 1000 * number + 2000
    start = told(Phase.STARTED, 0, 0, begin_wh=first, first_wh=first)
    end = told(Phase.ENDED, 2, 30, end_wh=last, last_wh=last, highest_wh=last)
    return [{**start, "token": uid_of(card)}, told(Phase.UPDATED, 1, 10, charging_state="Charging"), end]


async def tell(street: Street, event: Event) -> None:
    said = {"token": None, "token_kind": "ISO14443", "samples": [], "frame": "[]", **event}
    await street.do(lambda work: sequence.tell(work, Transacted(street.asset.id, "", **said)))


@pytest.mark.step("C2", "O6", "O26", "B1")
@pytest.mark.timeout(120)
async def test_fifty_sessions_that_arrive_in_any_order_and_some_twice_are_each_settled_once(
    world: World, desk: Desk
) -> None:
    clock = Clock()
    street = await a_street(world, dataclasses.replace(desk, clock=clock))
    clock.now = AT - timedelta(days=3)
    rich = await street.driver("NL-1")
    poor = await street.driver("NL-2", payment=Payment.PREPAID, balance="6")
    clock.now = AT
    told = [each for number in range(SESSIONS) for each in events(number, f"NL-{number % 2 + 1}")]
    told += random.Random(5).sample(told, 30)
    random.Random(7).shuffle(told)
    for event in told:
        await tell(street, event)
    for each in await street.rows(ChargingSession):
        assert each.stage is SessionStage.STOPPED
        assert Flag.OFFLINE in each.flags
        await street.settle(each)
    assert {each.stage for each in await street.rows(ChargingSession)} == {SessionStage.SETTLED}
    records = await street.rows(Cdr)
    assert (len(records), {each.gross for each in records}) == (SESSIONS, {Decimal(1)})
    assert len(await street.rows(LedgerTransaction)) == SESSIONS + 1  # and what was paid ahead
    assert (await street.account(rich)).balance == Decimal(-25)
    assert (await street.account(poor)).balance == Decimal(6 - 25)
    assert await street.broken() == {}


@pytest.mark.step("C2", "C5")
async def test_who_has_a_card_now_pays_for_nothing_that_was_charged_before_it_was_theirs(street: Street) -> None:
    owner = await street.driver(payment=Payment.PREPAID, balance="100")
    number, verdict = await street.start(started_at=AT - timedelta(hours=1))
    assert verdict is TokenVerdict.ACCEPTED  # from now on it is
    found = await street.session()
    assert (found.stage, found.subscriber_id, found.hold_id) == (SessionStage.UNBILLED, None, None)
    assert found.flags == [Flag.OFFLINE, Flag.INVALID_TOKEN, Flag.NOBODY]
    await street.stop(number)
    account = await street.account(owner)
    assert (account.balance, account.held) == (Decimal(100), Decimal(0))
    assert await street.broken() == {}


@pytest.mark.step("C2", "S4")
async def test_a_card_that_is_blocked_by_now_is_refused_and_its_late_session_is_billed_as_any_other(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver()
    clock.now = AT + timedelta(hours=2)
    await street.do(lambda work: lose(work, "NL-1"))
    number, verdict = await street.start(minutes=30)
    assert (verdict, await street.start(minutes=30)) == (TokenVerdict.BLOCKED, (number, TokenVerdict.BLOCKED))
    await street.stop(number)
    found = await street.session()
    assert (found.verdict, found.flags, found.subscriber_id) == (TokenVerdict.ACCEPTED, [Flag.OFFLINE], owner.id)
    await street.settle(found)
    assert (await street.account(owner)).balance == Decimal(-5)
    assert await reviews(street) == {}


@pytest.mark.step("C2", "O15")
async def test_a_station_whose_clock_was_never_set_has_its_cards_judged_as_of_now(street: Street) -> None:
    await street.driver()
    _, verdict = await street.start(started_at=datetime(1970, 1, 1, tzinfo=UTC))
    found = await street.session()
    assert (verdict, found.verdict, found.stage) == (TokenVerdict.ACCEPTED, "accepted", SessionStage.CHARGING)


@pytest.mark.step("C2")
async def test_a_late_session_with_an_invalid_card_is_looked_at_by_a_person_unless_nothing_flowed(
    street: Street, clock: Clock
) -> None:
    await street.driver()
    await street.do(lambda work: lose(work, "NL-1"))
    clock.now = AT + timedelta(hours=2)
    for minutes, flows_wh in ((30, 0), (60, 1000)):
        number, _ = await street.start(minutes=minutes)
        await street.stop(number, minutes + 1, 1000 + flows_wh)
    for each in await street.rows(ChargingSession):
        await street.settle(each)
    assert await reviews(street) == {"2": TaskState.OPEN}


async def reviews(street: Street) -> dict[str, TaskState]:
    """By the last digits of their sessions' references."""
    kinds = {TaskKind.REVIEW_SESSION, TaskKind.DECIDE_SESSION}
    found = [each for each in await street.rows(Task) if each.kind in kinds]
    return {each.reference[-1]: each.state for each in found}


async def lose(work: Work, number: str) -> None:
    await card.block(work, await card.lock(work, number), BlockReason.LOST)
