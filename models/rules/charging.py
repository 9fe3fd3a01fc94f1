"""How a charge of OCPP 1.6 begins, is metered and stops, whoever keeps it: alone or with many. Energies are in Wh."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from models.rules import metering
from models.rules.commissioning import CommissioningStage


class Charge(NamedTuple):
    """What its messages move of a transaction."""

    meter_start_wh: int | None
    energy_wh: int
    irregularities: Sequence[str]
    has_stopped: bool


def begun(meter_start_wh: int | None, last_stop_wh: int | None, irregularities: Iterable[str]) -> Charge:
    """``last_stop_wh`` is where the connector's meter stood at the end of its last transaction."""
    odd = metering.start_irregularities(meter_start_wh, last_stop_wh)
    return Charge(meter_start_wh, 0, metering.merged(irregularities, odd), has_stopped=False)


def metered(charge: Charge, register_wh: int | None, irregularities: Iterable[str]) -> Charge:
    """What comes after the stop moves no energy: the stop has said where the meter stood."""
    found = metering.merged(charge.irregularities, irregularities)
    if charge.has_stopped:
        return charge._replace(irregularities=metering.merged(found, [metering.AFTER_THE_STOP]))
    energy_wh = metering.energy_wh(charge.meter_start_wh, register_wh, charge.energy_wh)
    return charge._replace(energy_wh=energy_wh, irregularities=found)


def stopped(charge: Charge, meter_stop_wh: int | None, irregularities: Iterable[str]) -> Charge:
    """A stop is final: one that is repeated changes nothing."""
    if charge.has_stopped:
        return charge
    odd = metering.stop_irregularities(charge.meter_start_wh, meter_stop_wh)
    return Charge(
        charge.meter_start_wh,
        metering.final_energy_wh(charge.meter_start_wh, meter_stop_wh, charge.energy_wh),
        metering.merged(charge.irregularities, metering.merged(irregularities, odd)),
        has_stopped=True,
    )


def may_move_a_process(stage: CommissioningStage, *, is_test: bool) -> bool:
    """Whether somebody may wait for this charge: for a test charge, or at a station that is not in service."""
    return is_test or stage is not CommissioningStage.ACTIVE


def detail(number: int, connector: int | None, energy_wh: int, *, is_test: bool) -> dict[str, Any]:
    """What the station's event stream tells of a transaction."""
    return {"transaction": number, "connector": connector, "energy_wh": energy_wh, "test": is_test}
