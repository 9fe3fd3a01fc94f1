"""A session is priced, recorded and booked once, out of what is held for it or as a debt (B1, C2, C5)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from models.rules.authorisation import TokenVerdict
from models.rules.holds import HoldState
from models.rules.session import Flag, SessionStage
from models.rules.subscriber import Payment
from tests.charging import AT, Clock, Street, later

S, V = SessionStage, TokenVerdict


@pytest.mark.step("C5")
async def test_of_a_hold_the_price_is_taken_and_the_rest_released(street: Street, clock: Clock) -> None:
    owner = await street.driver(payment=Payment.PREPAID, balance="40")
    number, _ = await street.start()
    account = await street.account(owner)
    assert (account.balance, account.held) == (Decimal(40), Decimal(25))
    clock.now = later(60)
    await street.stop(number)
    await street.settle(await street.session())
    account, held = await street.account(owner), await street.hold()
    assert (account.balance, account.held) == (Decimal(35), Decimal(0))
    assert (held.state, held.settled_amount) == (HoldState.SETTLED, Decimal(5))
    assert await street.broken() == {}


@pytest.mark.step("O3", "C2")
@pytest.mark.parametrize(("register_wh", "gross"), [(1000, "0"), (3000, "1")])
async def test_a_card_that_may_not_charge_owes_for_nothing_but_energy_that_flowed(
    street: Street, register_wh: int, gross: str
) -> None:
    owner = await street.driver(payment=Payment.PREPAID)
    number, verdict = await street.start()
    await street.stop(number, register_wh=register_wh)
    await street.settle(await street.session())
    found = await street.session()
    (record,) = await street.records(found.id)
    assert (verdict, found.stage, record.gross) == (V.NO_CREDIT, S.SETTLED, Decimal(gross))
    assert (Flag.INVALID_TOKEN in found.flags, Flag.NOT_COVERED in found.flags) == (True, gross != "0")
    assert (await street.account(owner)).balance == -Decimal(gross)
    assert await street.broken() == {}


@pytest.mark.step("C2", "O6")
async def test_a_session_that_is_told_late_is_priced_by_its_own_time_and_may_leave_a_debt(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver(payment=Payment.PREPAID, balance="6")
    clock.now = AT + timedelta(days=2)
    number, _ = await street.start()
    await street.stop(number, register_wh=21_000)
    await street.settle(await street.session())
    found = await street.session()
    (record,) = await street.records(found.id)
    assert (record.started_at, record.ended_at, record.gross) == (AT, later(60), Decimal(10))
    assert found.flags == [Flag.OFFLINE, Flag.NOT_COVERED]
    assert (await street.account(owner)).balance == Decimal(-4)
    assert await street.broken() == {}
