"""What a session costs by its own tariff, from its facts: by now, at its end, or if it goes on (C5, C6, C10)."""

from collections.abc import Sequence
from datetime import datetime

from models.money import Money
from models.rules import charging_periods, rating, session_usage
from models.rules.price import Price
from models.rules.rated_tariff import RatedTariff, ready
from models.rules.session import Flag, flagged
from models.rules.session_guard import PriceAt
from models.rules.tariff import Tariff
from models.rules.tariff_choice import Asked
from models.store import charging
from models.tables.charging import ChargingTransaction
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.tariff import TariffVersion
from models.usecases import tariff
from models.usecases.work import Work

Registers = Sequence[tuple[datetime, int]]


async def tariff_of(work: Work, session: ChargingSession) -> RatedTariff | None:
    """The one that held when it started, in its account's currency, and in the version of then; fixed when it is first
    asked for. None: none did."""
    if session.tariff_version_id is None:
        asked = Asked(session.started_at, session.subscriber_id, None, session.asset_id, session.place_kind)
        held = await tariff.held(work, asked)
        owner = await work.session.get_one(Subscriber, session.subscriber_id)
        if held is None or held.tariff.currency != owner.currency:
            session.flags = flagged(session.flags, Flag.NO_TARIFF)
            return None
        session.tariff_version_id = held.version.id
        session.flags = [flag for flag in session.flags if flag != Flag.NO_TARIFF]
    version = await work.session.get_one(TariffVersion, session.tariff_version_id)
    return ready(Tariff.model_validate(version.content))


async def of_session(
    work: Work, session: ChargingSession, rated: RatedTariff, transaction: ChargingTransaction
) -> Price:
    """Until it stopped. One whose token was refused costs nothing unless energy flowed."""
    if Flag.INVALID_TOKEN in session.flags and transaction.energy_wh == 0:
        nothing = Money.zero(rated.terms.currency).amount
        return Price(rated.terms.currency, (), nothing, nothing, nothing)
    ended_at = session.stopped_at or session.started_at
    registers = await _registers(work, transaction)
    return _priced(work, session, rated, registers, ended_at, transaction.energy_wh)


async def course(work: Work, session: ChargingSession, rated: RatedTariff, transaction: ChargingTransaction) -> PriceAt:
    """What it costs where it ends at an instant, with so much energy: as it went until now, and evenly from then on."""
    registers = await _registers(work, transaction)

    def price_at(at: datetime, energy_wh: int) -> Money:
        return _priced(work, session, rated, registers, at, energy_wh).total

    return price_at


def _priced(
    work: Work, session: ChargingSession, rated: RatedTariff, registers: Registers, ended_at: datetime, energy_wh: int
) -> Price:
    marks = session_usage.read(session.marks)
    found = session_usage.periods(session.started_at, ended_at, energy_wh, registers, marks)
    until = max(ended_at, session.started_at)
    return rating.price(rated, rating.Session(found, until, work.terms.zone, session.place_kind))


async def _registers(work: Work, transaction: ChargingTransaction) -> Registers:
    """How much had flowed by the instants at which the meter was read; from its first reading, where none was told at
    the start."""
    readings = (await charging.readings(work.session, [transaction.number]))[transaction.number]
    read = sorted(charging_periods.registers((each.sampled_at, each.samples) for each in readings))
    start_wh = transaction.meter_start_wh
    if start_wh is None and read:
        start_wh = read[0][1]
    return [(at, register_wh - (start_wh or 0)) for at, register_wh in read]
