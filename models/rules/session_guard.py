"""How far a prepaid session is covered by what is held for it: it is looked at again before that is used up (C5)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from models.money import Money

LEAD = timedelta(minutes=3)
"""So long it may take until a station that is told to stop does, behind readings that come every half minute."""
HORIZON = timedelta(hours=24)
_STEP = timedelta(minutes=1)
STOP_ASKED_AGAIN_AFTER = timedelta(minutes=10)

PriceAt = Callable[[datetime, int], Money]
"""What the session costs where it ends at an instant, with so much energy in Wh."""


class Outlook(NamedTuple):
    """Until ``guarded_wh`` have flowed, or ``look_at`` (None: whatever time it takes), what is held is enough."""

    guarded_wh: int
    look_at: datetime | None


def needed(price_at: PriceAt, at: datetime, energy_wh: int, power_w: int) -> Money:
    """What it will have cost when it can be stopped, at the highest power that the place gives."""
    return price_at(at + LEAD, energy_wh + _flow_wh(power_w, LEAD))


def wanted(price_at: PriceAt, at: datetime, energy_wh: int, power_w: int) -> Money:
    """What is to be held by now, so that there is time to look once more before it is to be stopped."""
    return needed(price_at, at + LEAD, energy_wh + _flow_wh(power_w, LEAD), power_w)


def outlook(price_at: PriceAt, held: Money, at: datetime, energy_wh: int, power_w: int) -> Outlook:
    """By the highest power. Where the price goes by time too, it is looked at when that power would have used it up."""
    low, high = 0, HORIZON // _STEP
    while low < high:
        middle = (low + high + 1) // 2
        if needed(price_at, at + middle * _STEP, energy_wh + _flow_wh(power_w, middle * _STEP), power_w) <= held:
            low = middle
        else:
            high = middle - 1
    covered = max(low, 1) * _STEP
    goes_by_time = price_at(at + HORIZON, energy_wh) > price_at(at, energy_wh)
    return Outlook(energy_wh + _flow_wh(power_w, low * _STEP), at + covered if goes_by_time else None)


def _flow_wh(power_w: int, time: timedelta) -> int:
    return -(-power_w * (time // timedelta(seconds=1)) // 3600)
