"""Transactions that a station tells by numbered events (OCPP 2): each event is kept, and the row made anew from all."""

from datetime import datetime
from typing import Any
from uuid import UUID

from models.messages.telemetry import Samples
from models.rules import charging_session, sequence
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
    known = sequence.answered(before, told, token)
    if known is not None:
        return known
    verdict, is_test = await judge(work, asset, token)
    return ShownToken(token=token, kind=kind, verdict=verdict, is_test=is_test)


def columns_of(known: Known, received_at: datetime) -> dict[str, Any]:
    """The columns of a transaction's row that its events tell."""
    session = charging_session.session_of(known, received_at)
    told = known.model_dump(mode="json", exclude_defaults=True)
    return {**session.model_dump(), "verdict": session.verdict or NOT_SHOWN, "sequence": told}


async def _change(work: Work, asset: Asset, transaction: ChargingTransaction, before: Known, after: Known) -> None:
    if charging_session.begins(before, after):
        after = await _continued(work, transaction, after)
    for name, value in columns_of(after, work.now).items():
        setattr(transaction, name, value)
    if transaction.verdict == TokenVerdict.ACCEPTED:
        await reservation.used(work, asset.id, transaction.reservation_id, transaction.number)
    await _tell(work, asset, transaction, before, after)


async def _continued(work: Work, transaction: ChargingTransaction, after: Known) -> Known:
    session = charging_session.session_of(after, work.now)
    if session.connector is None:
        return after
    transaction.connector, transaction.started_at = session.connector, session.started_at
    return charging_session.continued(after, await charging.stop_before_wh(work.session, transaction))


async def _tell(work: Work, asset: Asset, transaction: ChargingTransaction, before: Known, after: Known) -> None:
    """What is new goes to the event stream, and a test charge's to its process, but for what was told off-line only.

    A start that comes after its end is told before it; a token that comes after the start makes it a test charge then.
    """
    enough_wh, is_test = work.terms.test_charge_energy_wh, transaction.is_test
    known = charging_session.facts(before, energy_enough_wh=enough_wh)
    news = charging_session.news(before, after, is_test=is_test, energy_enough_wh=enough_wh)
    drove = before.heard_live and before.token is not None and before.token[5]
    for what in charging_session.facts(after, energy_enough_wh=enough_wh):
        if what in news:
            await announce(work, asset, transaction, what)
        if after.heard_live and not (drove and what in known):
            await inform(work, asset, transaction, what)
