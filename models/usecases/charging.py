"""Tokens are judged, transactions start, are metered and stop; what repeats counts once (P15)."""

from datetime import datetime
from uuid import UUID

from models.messages.telemetry import Samples
from models.rules import authorisation, metering
from models.rules import charging as rules
from models.rules.authorisation import Judgement, Station, TokenVerdict
from models.rules.charging import Charge
from models.rules.commissioning import CommissioningStage
from models.rules.group import StationAccess
from models.store import assets, charging
from models.store import authorisation as tokens
from models.tables.asset import Asset
from models.tables.charging import ChargingTransaction, MeterReading, RawFrame
from models.usecases import card, commissioning, reservation, session
from models.usecases.batch import by_instant
from models.usecases.work import Work


async def start(
    work: Work,
    asset_id: UUID,
    *,
    connector: int | None,
    token: str,
    meter_start_wh: int | None,
    started_at: datetime,
    frame: str,
    irregularities: list[str],
    reservation_number: int | None = None,
) -> tuple[int, TokenVerdict]:
    """The transaction's OCPP 1.6 id and the verdict on its token; a repeated start gives the same again."""
    asset = await assets.lock(work.session, asset_id)
    token = token.upper()
    known = await charging.same_start(work.session, asset_id, connector, token, started_at, meter_start_wh)
    if known is not None:
        keep(work, asset_id, known.number, "StartTransaction", frame)
        return known.number, TokenVerdict(known.verdict)
    transaction = await _begin(work, asset, connector, token, meter_start_wh, started_at, irregularities)
    transaction.reservation_id = reservation_number
    keep(work, asset_id, transaction.number, "StartTransaction", frame)
    if transaction.verdict == TokenVerdict.ACCEPTED:
        await reservation.used(work, asset_id, reservation_number, transaction.number)
    await tell(work, asset, transaction, "transaction_started")
    return transaction.number, TokenVerdict(transaction.verdict)


async def _begin(
    work: Work,
    asset: Asset,
    connector: int | None,
    token: str,
    meter_start_wh: int | None,
    started_at: datetime,
    irregularities: list[str],
) -> ChargingTransaction:
    judged = await session.covered(work, await judge(work, asset, token, connector, starts=True))
    last_stop_wh = None if connector is None else await charging.last_stop_wh(work.session, asset.id, connector)
    charge = rules.begun(meter_start_wh, last_stop_wh, irregularities)
    transaction = ChargingTransaction(
        number=await charging.next_number(work.session),
        asset_id=asset.id,
        connector=connector,
        token=token,
        verdict=judged.verdict,
        is_test=judged.is_test,
        started_at=started_at,
        meter_start_wh=meter_start_wh,
        irregularities=list(charge.irregularities),
    )
    work.session.add(transaction)
    await work.session.flush()  # first of all: its session points to it
    await session.begin(work, [session.begun(transaction, judged)])
    return transaction


async def meter(
    work: Work,
    asset_id: UUID,
    *,
    connector: int | None,
    number: int | None,
    samples: Samples,
    register_wh: int | None,
    frame: str,
    irregularities: list[str],
) -> None:
    """Keep samples, known transaction or not. ``register_wh`` is the highest energy register among them."""
    keep_samples(work, asset_id, connector, number, samples)
    keep(work, asset_id, number, "MeterValues", frame)
    transaction = await _own(work, asset_id, number)
    if transaction is None:
        return
    before = transaction.energy_wh
    _move(transaction, rules.metered(_charge(transaction), register_wh, irregularities))
    if transaction.energy_wh > before:
        await session.metered(work, {transaction.number: transaction.energy_wh})
    enough = work.terms.test_charge_energy_wh
    if transaction.is_test and before < enough <= transaction.energy_wh:
        await tell(work, await assets.lock(work.session, asset_id), transaction, "energy_flowed")


async def stop(
    work: Work,
    asset_id: UUID,
    *,
    number: int | None,
    meter_stop_wh: int | None,
    stopped_at: datetime,
    reason: str,
    token: str | None,
    samples: Samples,
    frame: str,
    irregularities: list[str],
) -> TokenVerdict | None:
    """The verdict on the token shown to stop, if one was. A repeated stop changes nothing and is kept as evidence.

    One of a transaction that was never heard of is taken as the whole of it where it tells its beginning.
    """
    asset = await assets.lock(work.session, asset_id)
    transaction = await _own(work, asset_id, number) or await _rebuilt(work, asset, number, token, samples)
    number = number if transaction is None else transaction.number
    keep(work, asset_id, number, "StopTransaction", frame)
    if transaction is not None and transaction.stopped_at is None:
        keep_samples(work, asset_id, transaction.connector, number, samples)
        _move(transaction, rules.stopped(_charge(transaction), meter_stop_wh, irregularities))
        transaction.stopped_at, transaction.meter_stop_wh = stopped_at, meter_stop_wh
        transaction.stop_reason, transaction.stop_token = reason, token.upper() if token else None
        await tell(work, asset, transaction, "transaction_stopped")
        await session.stopped(work, {transaction.number: stopped_at})
    return None if token is None else (await judge(work, asset, token)).verdict


async def _rebuilt(
    work: Work, asset: Asset, number: int | None, token: str | None, samples: Samples
) -> ChargingTransaction | None:
    """The transaction that only its stop tells of: the start got lost, or was answered when nobody listened.

    Never one that is another station's, and none without the meter's state at its beginning.
    """
    began = metering.beginning(samples)
    if began is None or await charging.seen(work.session, number) is not None:
        return None
    (started_at, meter_start_wh), shown = began, (token or "").upper()
    known = await charging.begun(work.session, asset.id, started_at, meter_start_wh)
    alike = [each for each in known if each.token == shown] or known
    if len(alike) == 1:
        return alike[0]  # its start was stored, and only our answer got lost; or this stop is repeated
    return await _begin(work, asset, None, shown, meter_start_wh, started_at, [metering.REBUILT])


async def judge(
    work: Work, asset: Asset, token: str, connector: int | None = None, *, starts: bool = False
) -> Judgement:
    """The decision on a token that is shown. Only of a start it is asked whether its holder can pay."""
    token = token.upper()
    shown = (await tokens.tokens(work.session, [token], work.now)).get(token)
    station = Station(asset.stage, asset.test_token_id, StationAccess(asset.access), asset.group_id)
    if starts:
        place = authorisation.place_of(asset.id, connector)
        judged = authorisation.to_start(shown, station, work.now, place, work.terms.session_least)
    else:
        judged = authorisation.to_stop(shown, station, work.now)
    if judged.verdict is TokenVerdict.BLOCKED:
        await card.note_use(work, [(token, asset.id)])
    return judged


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
