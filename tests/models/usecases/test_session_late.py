"""A station without a connection for two days: its sessions arrive in any order, some twice (C2, O6, O26)."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.rules.sequence import Phase, Told
from models.rules.session import Flag, SessionStage
from models.rules.subscriber import Payment
from models.tables.ledger import LedgerTransaction
from models.tables.session import Cdr, ChargingSession
from models.usecases import sequence
from models.usecases.work import Desk
from tests.charging import AT, Street, a_street
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
    await street.do(lambda work: sequence.tell(work, street.asset.id, **said))


@pytest.mark.step("C2", "O6", "O26", "B1")
@pytest.mark.timeout(120)
async def test_fifty_sessions_that_arrive_in_any_order_and_some_twice_are_each_settled_once(
    world: World, desk: Desk
) -> None:
    street = await a_street(world, desk)
    rich = await street.driver("NL-1")
    poor = await street.driver("NL-2", payment=Payment.PREPAID, balance="6")
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
