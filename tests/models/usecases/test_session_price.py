"""Each session has the tariff that held when it started (C10)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from models.rules.authorisation import TokenVerdict
from models.rules.session import Flag, SessionStage
from models.tables.session import ChargingSession
from tests.charging import PRICE, SINCE, Clock, Street, later, priced_by
from tests.pricing import component, element, tariff

S, V = SessionStage, TokenVerdict


@pytest.mark.step("C1", "C10")
async def test_a_tariff_that_changes_during_a_session_is_for_those_that_start_later(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver()
    number, _ = await street.start()
    dear = tariff(element(component("ENERGY", "9")))
    await priced_by(street.desk, dear, since=later(10), account=owner.reference)
    clock.now = later(60)
    await street.stop(number)
    await street.settle(await street.session())
    first = await street.session()
    number, _ = await street.start(minutes=60, meter_start_wh=11_000)
    await street.stop(number, 70, 12_000)
    second = (await street.rows(ChargingSession))[-1]
    await street.settle(second)
    prices = [(await street.records(each.id))[0].gross for each in (first, second)]
    assert prices == [Decimal(5), Decimal(9)]


@pytest.mark.step("C1", "C10")
async def test_a_session_that_no_tariff_held_for_is_kept_until_there_is_one(street: Street, clock: Clock) -> None:
    street.at = clock.now = SINCE - timedelta(days=1)
    await street.driver()
    number, _ = await street.start()
    await street.stop(number)
    progress = await street.settle(await street.session())
    found = await street.session()
    assert (progress.stage, Flag.NO_TARIFF in found.flags, progress.look_at > clock.now) == (S.STOPPED, True, True)
    await priced_by(street.desk, PRICE, since=SINCE - timedelta(days=2))
    await street.settle(found)
    found = await street.session()
    assert (found.stage, Flag.NO_TARIFF in found.flags) == (S.SETTLED, False)
