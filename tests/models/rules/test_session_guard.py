"""What is held for a session is never used up before somebody looks (C5)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import Money
from models.rules.session_guard import HORIZON, LEAD, needed, outlook

AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
prices = st.integers(0, 300).map(lambda cents: Decimal(cents) / 100)


def euros(amount: Decimal | int) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.mark.step("C5")
@given(prices, prices, st.integers(0, 100), st.integers(1_000, 350_000), st.integers(0, 50_000))
def test_at_the_highest_power_what_is_held_lasts_until_the_next_look_and_a_stop(
    per_kwh: Decimal, per_hour: Decimal, held: int, power_w: int, energy_wh: int
) -> None:
    def price_at(at: datetime, wh: int) -> Money:
        return euros(per_kwh * wh / 1000 + per_hour * ((at - AT) // timedelta(seconds=1)) / 3600)

    if needed(price_at, AT, energy_wh, power_w) > euros(held):
        return
    found = outlook(price_at, euros(held), AT, energy_wh, power_w)
    flowing = timedelta(hours=(found.guarded_wh - energy_wh) / power_w)
    assert flowing <= HORIZON + timedelta(seconds=2)
    assert needed(price_at, AT + flowing, found.guarded_wh - 1, power_w) <= euros(held) + euros(Decimal("0.01"))
    assert (found.look_at is not None) == (per_hour > 0)


@pytest.mark.step("C5")
def test_a_price_by_energy_alone_is_looked_at_by_energy_alone() -> None:
    def price_at(_: datetime, wh: int) -> Money:
        return euros(Decimal(wh) / 2000)

    found = outlook(price_at, euros(10), AT, 0, 22_000)
    assert found.look_at is None
    reserve_wh = 22_000 * (LEAD // timedelta(seconds=1)) // 3600
    assert 20_000 - reserve_wh - 400 <= found.guarded_wh <= 20_000 - reserve_wh
