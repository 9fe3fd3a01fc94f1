"""What the samples of a message say of the energy register, in Wh."""

from collections.abc import Iterable

from csms.events import Irregularity, Sample, Transacted
from models.rules.sequence import Told

ENERGY_REGISTER = "Energy.Active.Import.Register"
REGISTER_MAX_WH = 2**31 - 1
BEGIN, END = "Transaction.Begin", "Transaction.End"
TOWARDS_THE_CAR = frozenset({None, "Outlet"})


def highest_wh(samples: Iterable[Sample]) -> int | None:
    """The highest state of the whole energy register (not of one phase) among the samples."""
    return max(_registers(samples), default=None)


def told_of(event: Transacted) -> Told:
    """The event as the rule of the sequence takes it; the token is judged first, and not yet in it."""
    ours = sorted((each for each in event.samples if each.location in TOWARDS_THE_CAR), key=lambda each: each.timestamp)
    registers = _registers(ours)
    return Told(
        phase=event.phase,
        number=event.number,
        at=event.timestamp,
        offline=event.offline,
        evse=event.evse,
        plug=event.plug,
        stops=event.stops,
        charging_state=event.charging_state,
        reason=event.reason,
        begin_wh=min(_registers(each for each in ours if each.context == BEGIN), default=None),
        end_wh=highest_wh(each for each in ours if each.context == END),
        first_wh=registers[0] if registers else None,
        last_wh=registers[-1] if registers else None,
        highest_wh=max(registers, default=None),
        phases_used=event.phases_used,
        remote_start=event.remote_start,
        reservation=event.reservation,
        odd=named(event.irregularities),
        content=event.content,
    )


def named(irregularities: Iterable[Irregularity]) -> tuple[str, ...]:
    return tuple(f"{found.field}: {found.fact}" for found in irregularities)


def _registers(samples: Iterable[Sample]) -> list[int]:
    found = [
        int(sample.value)
        for sample in samples
        if sample.measurand == ENERGY_REGISTER and sample.unit == "Wh" and sample.value is not None and not sample.phase
    ]
    return [wh for wh in found if abs(wh) <= REGISTER_MAX_WH]
