"""Tokens are judged, transactions start, are metered and stop; what repeats counts once (P15)."""

from uuid import UUID

from models.messages.telemetry import Metered, Samples, Started, Stopped
from models.rules import authorisation, metering
from models.rules import charging as rules
from models.rules.authorisation import Judgement, Station, TokenVerdict
from models.rules.charging import Charge
from models.rules.commissioning import CommissioningStage
from models.rules.vehicle_id import keys_of
from models.store import assets, charging
from models.store import authorisation as tokens
from models.tables.asset import Asset
from models.tables.charging import ChargingTransaction, MeterReading, RawFrame
from models.usecases import card, commissioning, reservation, session
from models.usecases.batch import by_instant
from models.usecases.work import Work


async def start(work: Work, fact: Started) -> tuple[int, TokenVerdict]:
    """The transaction's OCPP 1.6 id and the verdict on its token; a repeated start gives the same again."""
    asset = await assets.lock(work.session, fact.asset_id)
    key = (fact.connector, fact.token.upper(), fact.started_at, fact.meter_start_wh)
    known = await charging.same_start(work.session, asset.id, *key)
    if known is not None:
        keep(work, asset.id, known.number, "StartTransaction", fact.frame)
        return known.number, TokenVerdict(known.verdict)
    transaction = await _begin(work, asset, fact)
    transaction.reservation_id = fact.reservation_number
    keep(work, asset.id, transaction.number, "StartTransaction", fact.frame)
    if transaction.verdict == TokenVerdict.ACCEPTED:
        await reservation.used(work, asset.id, fact.reservation_number, transaction.number)
    await tell(work, asset, transaction, "transaction_started")
    return transaction.number, TokenVerdict(transaction.verdict)


async def _begin(work: Work, asset: Asset, fact: Started) -> ChargingTransaction:
    connector, token = fact.connector, fact.token.upper()
    judged = await session.covered(work, await judge(work, asset, token, connector, starts=True))
    last_stop_wh = None if connector is None else await charging.last_stop_wh(work.session, asset.id, connector)
    charge = rules.begun(fact.meter_start_wh, last_stop_wh, fact.irregularities)
    transaction = ChargingTransaction(
        number=await charging.next_number(work.session),
        asset_id=asset.id,
        connector=connector,
        token=token,
        verdict=judged.verdict,
        is_test=judged.is_test,
        started_at=fact.started_at,
        meter_start_wh=fact.meter_start_wh,
        irregularities=list(charge.irregularities),
    )
    work.session.add(transaction)
    await work.session.flush()  # first of all: its session points to it
    await session.begin(work, [session.begun(transaction, judged)])
    return transaction


async def meter(work: Work, fact: Metered) -> None:
    """Keep samples, known transaction or not."""
    keep_samples(work, fact.asset_id, fact.connector, fact.number, fact.samples)
    keep(work, fact.asset_id, fact.number, "MeterValues", fact.frame)
    transaction = await _own(work, fact.asset_id, fact.number)
    if transaction is None:
        return
    before = transaction.energy_wh
    _move(transaction, rules.metered(_charge(transaction), fact.register_wh, fact.irregularities))
    if transaction.energy_wh > before:
        await session.metered(work, {transaction.number: transaction.energy_wh})
    enough = work.terms.test_charge_energy_wh
    if transaction.is_test and before < enough <= transaction.energy_wh:
        await tell(work, await assets.lock(work.session, fact.asset_id), transaction, "energy_flowed")


async def stop(work: Work, fact: Stopped) -> TokenVerdict | None:
    """The verdict on the token shown to stop, if one was. A repeated stop changes nothing and is kept as evidence.

    One of a transaction that was never heard of is taken as the whole of it where it tells its beginning.
    """
    asset = await assets.lock(work.session, fact.asset_id)
    transaction = await _own(work, asset.id, fact.number) or await _rebuilt(work, asset, fact)
    number = fact.number if transaction is None else transaction.number
    keep(work, asset.id, number, "StopTransaction", fact.frame)
    if transaction is not None and transaction.stopped_at is None:
        keep_samples(work, asset.id, transaction.connector, number, fact.samples)
        _move(transaction, rules.stopped(_charge(transaction), fact.meter_stop_wh, fact.irregularities))
        transaction.stopped_at, transaction.meter_stop_wh = fact.stopped_at, fact.meter_stop_wh
        transaction.stop_reason, transaction.stop_token = fact.reason, fact.token.upper() if fact.token else None
        await tell(work, asset, transaction, "transaction_stopped")
        await session.stopped(work, {transaction.number: fact.stopped_at})
    return None if fact.token is None else (await judge(work, asset, fact.token)).verdict


async def _rebuilt(work: Work, asset: Asset, fact: Stopped) -> ChargingTransaction | None:
    """The transaction that only its stop tells of: the start got lost, or was answered when nobody listened.

    Never one that is another station's, and none without the meter's state at its beginning.
    """
    began = metering.beginning(fact.samples)
    if began is None or await charging.seen(work.session, fact.number) is not None:
        return None
    (started_at, meter_start_wh), shown = began, (fact.token or "").upper()
    known = await charging.begun(work.session, asset.id, started_at, meter_start_wh)
    alike = [each for each in known if each.token == shown] or known
    if len(alike) == 1:
        return alike[0]  # its start was stored, and only our answer got lost; or this stop is repeated
    lost = Started(
        fact.asset_id,
        fact.identity,
        frame=fact.frame,
        irregularities=[metering.REBUILT],
        connector=None,
        token=shown,
        meter_start_wh=meter_start_wh,
        started_at=started_at,
    )
    return await _begin(work, asset, lost)


async def judge(
    work: Work, asset: Asset, token: str, connector: int | None = None, *, kind: str = "", starts: bool = False
) -> Judgement:
    """The decision on a token that is shown, and read as the kind of OCPP 2 says. Only of a start it is asked whether
    its holder can pay."""
    shown = await tokens.shown(work.session, keys_of(token, kind), work.now)
    station = station_of(asset)
    if starts:
        place = authorisation.place_of(asset.id, connector)
        judged = authorisation.to_start(shown, station, work.now, place, work.terms.session_least)
    else:
        judged = authorisation.to_stop(shown, station, work.now)
    if authorisation.is_misused(shown and shown.token, judged.verdict):
        await card.note_use(work, [(token.upper(), asset.id)])
    return judged


def station_of(asset: Asset) -> Station:
    return Station(asset.stage, asset.test_token_id, asset.access, asset.group_id, vend=asset.vend)


async def _own(work: Work, asset_id: UUID, number: int | None) -> ChargingTransaction | None:
    """The station's transaction of OCPP 1.6 with this number; one of OCPP 2 is told by its events only."""
    transaction = await charging.by_number(work.session, number)
    own = transaction is not None and transaction.asset_id == asset_id and transaction.station_transaction is None
    return transaction if own else None


def _charge(transaction: ChargingTransaction) -> Charge:
    has_stopped = transaction.stopped_at is not None
    return Charge(transaction.meter_start_wh, transaction.energy_wh, transaction.irregularities, has_stopped)


def _move(transaction: ChargingTransaction, charge: Charge) -> None:
    transaction.energy_wh, transaction.irregularities = charge.energy_wh, list(charge.irregularities)


def keep(work: Work, asset_id: UUID, number: int | None, action: str, frame: str) -> None:
    """The frame, as evidence beside the transaction."""
    work.session.add(
        RawFrame(asset_id=asset_id, transaction_number=number, action=action, frame=frame, received_at=work.now)
    )


def keep_samples(work: Work, asset_id: UUID, connector: int | None, number: int | None, samples: Samples) -> None:
    work.session.add_all(
        MeterReading(
            received_at=work.now,
            asset_id=asset_id,
            transaction_number=number,
            connector=connector,
            sampled_at=at,
            samples=of_instant,
        )
        for at, of_instant in by_instant(samples).items()
    )


async def tell(work: Work, asset: Asset, transaction: ChargingTransaction, what: str) -> None:
    """Put a fact on the station's event stream, and hand a test charge's over."""
    await announce(work, asset, transaction, what)
    await inform(work, asset, transaction, what)


async def announce(work: Work, asset: Asset, transaction: ChargingTransaction, what: str) -> None:
    number, connector, energy_wh = transaction.number, transaction.connector, transaction.energy_wh
    detail = rules.detail(number, connector, energy_wh, is_test=transaction.is_test)
    await assets.add_event(work.session, asset, what, work.now, detail)


async def inform(work: Work, asset: Asset, transaction: ChargingTransaction, what: str) -> None:
    """Hand a fact of a test charge over to the process that waits for it (P15)."""
    if transaction.is_test and asset.stage is CommissioningStage.TEST_CHARGING:
        if what == "transaction_started":
            asset.test_transaction_id = transaction.number
        await commissioning.hand_over(work, asset, what, transaction=transaction.number)
