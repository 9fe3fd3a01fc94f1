"""Transactions that a station tells by numbered events (OCPP 2): each event is kept, and the row made anew from all."""

from uuid import UUID

from models.messages.telemetry import Samples
from models.rules import charging_session, metering, sequence
from models.rules.authorisation import TokenVerdict
from models.rules.sequence import Known, ShownToken, Told
from models.store import assets, charging
from models.tables.asset import Asset
from models.tables.charging import ChargingTransaction
from models.usecases import reservation
from models.usecases.charging import announce, inform, judge, keep, keep_samples
from models.usecases.work import Work

ACTION = "TransactionEvent"
NOT_SHOWN = "none"
"""The verdict while no token was shown."""


async def tell(
    work: Work,
    asset_id: UUID,
    *,
    theirs: str | None,
    told: Told,
    token: str | None,
    token_kind: str,
    samples: Samples,
    frame: str,
) -> TokenVerdict | None:
    """The verdict on the token that the event shows, if it does. ``theirs`` is the station's id of the transaction.

    Without an id the event is of no transaction that could be known again: it is kept as evidence.
    """
    asset = await assets.lock(work.session, asset_id)
    if theirs is None:
        keep_samples(work, asset_id, told.evse, None, samples)
        keep(work, asset_id, None, ACTION, frame)
        return None if token is None else (await judge(work, asset, token))[0]
    transaction = await charging.by_station_transaction(work.session, asset_id, theirs)
    before = Known() if transaction is None else Known.model_validate(transaction.sequence or {})
    shown = None if token is None else await _shown(work, asset, before, told, token.upper(), token_kind)
    after = sequence.merged(before, told.model_copy(update={"token": shown}))
    if transaction is None:
        transaction = ChargingTransaction(
            number=await charging.next_number(work.session),
            asset_id=asset_id,
            station_transaction=theirs,
            token="",
            verdict=NOT_SHOWN,
            started_at=told.at,
        )
        work.session.add(transaction)
    keep(work, asset_id, transaction.number, ACTION, frame)
    if not before.has(told):
        keep_samples(work, asset_id, told.evse or transaction.connector, transaction.number, samples)
    if after != before:
        await _change(work, asset, transaction, before, after)
    return None if shown is None else shown.verdict


async def queue_told(work: Work, asset_id: UUID, theirs: str, *, messages_in_queue: bool) -> None:
    """What the station answered when it was asked: with messages in its queue the session stays open (§E14)."""
    await assets.lock(work.session, asset_id)
    transaction = await charging.by_station_transaction(work.session, asset_id, theirs)
    if transaction is not None:
        transaction.messages_in_queue = messages_in_queue


async def _shown(work: Work, asset: Asset, before: Known, told: Told, token: str, kind: str) -> ShownToken:
    """A repeated event gets the answer that it got."""
    if before.has(told) and before.token is not None and before.token[2] == token:
        _, _, _, kind, verdict, is_test = before.token
    else:
        verdict, is_test = await judge(work, asset, token)
    return ShownToken(token=token, kind=kind, verdict=verdict, is_test=is_test)


async def _change(work: Work, asset: Asset, transaction: ChargingTransaction, before: Known, after: Known) -> None:
    after = await _continued(work, transaction, before, after)
    session = charging_session.session_of(after, work.now)
    for name, value in session.model_dump().items():
        setattr(transaction, name, value)
    transaction.verdict = session.verdict or NOT_SHOWN
    transaction.sequence = after.model_dump(mode="json", exclude_defaults=True)
    if transaction.verdict == TokenVerdict.ACCEPTED:
        await reservation.used(work, asset.id, transaction.reservation_id, transaction.number)
    await _tell(work, asset, transaction, before, after)


async def _continued(work: Work, transaction: ChargingTransaction, before: Known, after: Known) -> Known:
    """With a note where the start, now that it has come, does not continue the meter's last stop."""
    if after.started is None or before.started is not None:
        return after
    session = charging_session.session_of(after, work.now)
    transaction.connector, transaction.started_at = session.connector, session.started_at
    last_stop_wh = None
    if session.connector is not None:
        last_stop_wh = await charging.stop_before_wh(work.session, transaction)
    odd = metering.start_irregularities(session.meter_start_wh, last_stop_wh)
    return after.model_copy(update={"odd": sequence.with_odd(after.odd, odd)})


async def _tell(work: Work, asset: Asset, transaction: ChargingTransaction, before: Known, after: Known) -> None:
    """What is new goes to the event stream, and a test charge's to its process, but for what was told off-line only.

    A start that comes after its end is told before it; a token that comes after the start makes it a test charge then.
    """
    enough_wh = work.terms.test_charge_energy_wh
    known = charging_session.facts(before, energy_enough_wh=enough_wh)
    drove = before.heard_live and before.token is not None and before.token[5]
    for what in charging_session.facts(after, energy_enough_wh=enough_wh):
        if what not in known and (what != "energy_flowed" or transaction.is_test):
            await announce(work, asset, transaction, what)
        if after.heard_live and not (drove and what in known):
            await inform(work, asset, transaction, what)
