"""What a session costs by its own tariff, from its facts: by now, at its end, or if it goes on (C5, C6, C10)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from models.money import Money
from models.rules import rating
from models.rules.charging_periods import Metered, periods_of, registers
from models.rules.price import Price
from models.rules.rated_tariff import RatedTariff, ready
from models.rules.rating import Period
from models.rules.session import Flag, flagged
from models.rules.session_guard import PriceAt
from models.rules.tariff import Tariff
from models.rules.tariff_choice import Asked
from models.rules.vend import NO_CURRENCY, free_of_charge
from models.store import charging
from models.tables.charging import ChargingTransaction
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.tariff import TariffVersion
from models.usecases import session_clock, tariff
from models.usecases.work import Work

Read = Sequence[tuple[datetime, int]]
"""The states of the meter, in Wh, by the instants at which it was read."""


async def tariff_of(work: Work, session: ChargingSession) -> RatedTariff | None:
    """The one that held when it started, in its account's currency, and in the version of then; fixed when it is first
    asked for. None: none did. What isn't billed is free of charge."""
    if session.tariff_version_id is None and session.vend.is_billed:
        asked = Asked(
            session.started_at,
            session.subscriber_id,
            session.group_id,
            session.asset_id,
            session.place_kind,
            session.vehicle_id,
        )
        held = await tariff.held(work, asked)
        owner = await work.session.get_one(Subscriber, session.subscriber_id)
        if held is None or held.tariff.currency != owner.currency:
            session.flags = flagged(session.flags, Flag.NO_TARIFF)
            return None
        session.tariff_version_id = held.version.id
        session.flags = [flag for flag in session.flags if flag != Flag.NO_TARIFF]
    return await _rated(work, session)


async def of_session(
    work: Work, session: ChargingSession, rated: RatedTariff, transaction: ChargingTransaction
) -> Price:
    """Until it stopped."""
    ended_at, energy_wh = session.stopped_at or session.started_at, transaction.energy_wh
    found = _periods(session, transaction, await _read(work, session), ended_at, energy_wh)
    return _priced(work, session, rated, found, ended_at, energy_wh)


class SoFar(NamedTuple):
    """``price`` is None where no tariff was found for the session yet, or there is nobody to bill."""

    periods: Sequence[Period]
    price: Price | None


async def so_far(work: Work, session: ChargingSession, transaction: ChargingTransaction) -> SoFar:
    """What is known of it by now, or by its end. Nothing of it is fixed by looking."""
    ended_at, energy_wh = session.stopped_at or max(work.now, session.started_at), transaction.energy_wh
    found = _periods(session, transaction, await _read(work, session), ended_at, energy_wh)
    if session.tariff_version_id is None and session.vend.is_billed:
        return SoFar(found, None)
    rated = await _rated(work, session)
    return SoFar(found, _priced(work, session, rated, found, ended_at, energy_wh))


async def course(work: Work, session: ChargingSession, rated: RatedTariff, transaction: ChargingTransaction) -> PriceAt:
    """What it costs where it ends at an instant, with so much energy: as it went until now, and evenly from then on."""
    read = await _read(work, session)

    def price_at(at: datetime, energy_wh: int) -> Money:
        found = _periods(session, transaction, read, at, energy_wh)
        return _priced(work, session, rated, found, at, energy_wh).total

    return price_at


def _priced(
    work: Work,
    session: ChargingSession,
    rated: RatedTariff,
    found: tuple[Period, ...],
    ended_at: datetime,
    energy_wh: int,
) -> Price:
    """One whose token was refused costs nothing unless energy flowed."""
    if Flag.INVALID_TOKEN in session.flags and energy_wh == 0:
        nothing = Money.zero(rated.terms.currency).amount
        return Price(rated.terms.currency, (), nothing, nothing, nothing)
    until = max(ended_at, session.started_at)
    return rating.price(rated, rating.Session(found, until, work.terms.zone, session.place_kind))


def _periods(
    session: ChargingSession, transaction: ChargingTransaction, read: Read, ended_at: datetime, energy_wh: int
) -> tuple[Period, ...]:
    until = max(ended_at, session.started_at)
    metered = Metered(session.started_at, until, transaction.meter_start_wh, energy_wh)
    return periods_of(metered, read, session_clock.marks(session))


async def _rated(work: Work, session: ChargingSession) -> RatedTariff:
    if not session.vend.is_billed:
        owner = await work.session.get(Subscriber, session.subscriber_id) if session.subscriber_id else None
        return ready(free_of_charge(NO_CURRENCY if owner is None else owner.currency))
    version = await work.session.get_one(TariffVersion, session.tariff_version_id)
    return ready(Tariff.model_validate(version.content))


async def _read(work: Work, session: ChargingSession) -> Read:
    number = session.transaction_number
    readings = (await charging.readings(work.session, [number]))[number]
    return list(registers((session_clock.right(session, each.sampled_at), each.samples) for each in readings))
