"""What a meter's registers say of the energy of a transaction, in Wh. Never negative, never guessed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

GAP = "meter_start_does_not_continue_last_stop"
BACKWARDS = "meter_stop_below_meter_start"
AFTER_THE_STOP = "meter_values_after_the_stop"
REBUILT = "rebuilt_from_its_stop"
OURS = frozenset({GAP, BACKWARDS, AFTER_THE_STOP, REBUILT})
IRREGULARITIES_KEPT = 50
"""Of what is odd about single fields; a station that errs in every message fills no row for ever."""
REGISTER = "Energy.Active.Import.Register"
WH_MAX = 2**31 - 1
"""What a column holds of a register or an energy; a message with more is kept all the same."""


def energy_wh(meter_start_wh: int | None, register_wh: int | None, so_far_wh: int) -> int:
    """The furthest the register has been seen to move since the start."""
    if meter_start_wh is None or register_wh is None:
        return so_far_wh
    return min(max(so_far_wh, register_wh - meter_start_wh, 0), WH_MAX)


def final_energy_wh(meter_start_wh: int | None, meter_stop_wh: int | None, seen_wh: int) -> int:
    """From start to stop, and no stray reading between them counts; without such a stop, what was seen to flow."""
    if meter_start_wh is None or meter_stop_wh is None or meter_stop_wh < meter_start_wh:
        return seen_wh
    return min(meter_stop_wh - meter_start_wh, WH_MAX)


def start_irregularities(meter_start_wh: int | None, last_stop_wh: int | None) -> list[str]:
    """A start that does not continue the connector's last stop: energy is missing between the two."""
    if meter_start_wh is None or last_stop_wh is None or meter_start_wh == last_stop_wh:
        return []
    return [GAP]


def stop_irregularities(meter_start_wh: int | None, meter_stop_wh: int | None) -> list[str]:
    if meter_start_wh is None or meter_stop_wh is None or meter_stop_wh >= meter_start_wh:
        return []
    return [BACKWARDS]


def merged(known: Iterable[str], more: Iterable[str]) -> list[str]:
    """Each irregularity once, in the order in which they were seen; beyond the bound only those of the transaction."""
    found = dict.fromkeys([*known, *more])
    return [each for place, each in enumerate(found) if place < IRREGULARITIES_KEPT or each in OURS]


def beginning(samples: Iterable[tuple[datetime, Mapping[str, Any]]]) -> tuple[datetime, int] | None:
    """When a transaction began, and where its meter stood then, where a sample taken at its beginning is among them."""
    for at, sample in samples:
        is_register = sample.get("measurand") == REGISTER and sample.get("unit") == "Wh" and not sample.get("phase")
        if sample.get("context") == "Transaction.Begin" and is_register and sample.get("value") is not None:
            register_wh = int(Decimal(sample["value"]))
            return (at, register_wh) if abs(register_wh) <= WH_MAX else None
    return None
