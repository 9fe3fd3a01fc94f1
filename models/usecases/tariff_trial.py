"""What past sessions of a station would cost by a tariff, beside what they cost by the one that held then (C10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from models.messages.tariff import Trial
from models.rules import rating, session_usage
from models.rules.charging_periods import Metered, periods_of, registers
from models.rules.price import Price
from models.rules.rated_tariff import ready
from models.rules.session_usage import Mark
from models.rules.tariff_choice import Asked
from models.store import charging, sessions
from models.tables.charging import ChargingTransaction, MeterReading
from models.usecases import tariff as usecase
from models.usecases.tariff import Held
from models.usecases.work import Work


@dataclass(frozen=True)
class Tried:
    """``then`` is None where no tariff held when the session began; it is told without regard to who charged."""

    transaction: ChargingTransaction
    price: Price
    then: Price | None


async def tried(work: Work, held: Held, trial: Trial) -> Sequence[Tried]:
    """Raises InvalidInput where there is no such station."""
    asset_id = await usecase.asset_id(work, trial.station)
    past = await charging.ended(work.session, asset_id, trial.since, trial.until, trial.limit)
    numbers = [each.number for each in past]
    readings = await charging.readings(work.session, numbers)
    marks = await sessions.marks_of(work.session, numbers)
    found = []
    for each in past:
        facts = _session(
            each, readings[each.number], session_usage.read(marks.get(each.number, ())), trial, work.terms.zone
        )
        asked = Asked(each.started_at, asset_id=asset_id, place_kind=trial.place_kind)
        then = await usecase.held(work, asked)
        price = rating.price(ready(held.said), facts)
        found.append(Tried(each, price, None if then is None else rating.price(ready(then.said), facts)))
    return found


def _session(
    transaction: ChargingTransaction,
    readings: Sequence[MeterReading],
    marks: Sequence[Mark],
    trial: Trial,
    zone: ZoneInfo,
) -> rating.Session:
    assert transaction.stopped_at is not None  # noqa: S101 - only those that have ended are asked for
    metered = Metered(transaction.started_at, transaction.stopped_at, transaction.meter_start_wh, transaction.energy_wh)
    read = registers((reading.sampled_at, reading.samples) for reading in readings)
    return rating.Session(periods_of(metered, read, marks), transaction.stopped_at, zone, trial.place_kind)
