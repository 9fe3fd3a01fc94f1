"""How a hold ends, what is taken of it, and what an overrun leads to (C5)."""

from decimal import Decimal

import pytest

from models.errors import HoldExceeded, StageDoesNotAllow
from models.money import Money
from models.rules.holds import HOLD, HoldEvent, HoldState, OverrunPolicy, Remedy, remedy, taken

S, E, P, R = HoldState, HoldEvent, OverrunPolicy, Remedy


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.mark.step("C5")
@pytest.mark.parametrize("end", [E.SETTLED, E.RELEASED, E.EXPIRED])
def test_a_hold_ends_once_whatever_is_tried_afterwards(end: HoldEvent) -> None:
    ended = HOLD.next(S.HELD, end)
    assert HOLD.is_terminal(ended)
    for event in HoldEvent:
        with pytest.raises(StageDoesNotAllow):
            HOLD.next(ended, event)


@pytest.mark.step("C5")
def test_settling_takes_the_price_and_never_more_than_is_held() -> None:
    assert taken(eur("20"), eur("12.34")) == eur("12.34")
    assert taken(eur("20"), eur("20")) == eur("20")
    with pytest.raises(HoldExceeded):
        taken(eur("20"), eur("20.0001"))
    assert taken(eur("20"), eur("21"), may_exceed=True) == eur("20")


@pytest.mark.step("C5")
@pytest.mark.parametrize(
    ("policy", "needed", "available", "runs", "expected"),
    [
        *((policy, "20", "0", runs, R.NONE) for policy in P for runs in (True, False)),
        (P.EXTEND, "25", "5", True, R.EXTEND),
        (P.EXTEND, "25", "4.99", True, R.STOP),
        (P.STOP, "25", "100", True, R.STOP),
        (P.DEBT, "25", "5", True, R.EXTEND),
        (P.DEBT, "25", "0", True, R.DEBT),
        *((policy, "25", "5", False, R.EXTEND) for policy in P),
        *((policy, "25", "4.99", False, R.DEBT) for policy in P),
        *((policy, "25", "-3", False, R.DEBT) for policy in P),
    ],
)
def test_an_overrun_extends_the_hold_stops_the_session_or_is_a_debt_by_policy(
    policy: OverrunPolicy, needed: str, available: str, runs: bool, expected: Remedy
) -> None:
    assert remedy(policy, eur("20"), eur(needed), eur(available), runs=runs) is expected
