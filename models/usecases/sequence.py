"""Transactions that a station tells by numbered events (OCPP 2): each event is kept, and the row made anew from all."""

from datetime import datetime
from typing import Any
from uuid import UUID

from models.messages.telemetry import Transacted
from models.rules import charging_session, sequence
from models.rules.authorisation import Judgement, TokenVerdict
from models.rules.sequence import Known, ShownToken, Told
from models.rules.session_usage import Mark, mark_of
from models.store import assets, charging, sessions
from models.tables.asset import Asset
from models.tables.charging import ChargingTransaction
from models.usecases import reservation, session
from models.usecases.charging import announce, inform, judge, keep, keep_samples, station_of
from models.usecases.work import Work

ACTION = "TransactionEvent"
NOT_SHOWN = "none"
"""The verdict while no token was shown."""


async def tell(work: Work, fact: Transacted) -> TokenVerdict | None:
    """The verdict on the token that the event shows, if it does.

    Without the station's id of its transaction the event is of none that could be known again: it is kept as evidence.
    """
    asset, told, kind = await assets.lock(work.session, fact.asset_id), fact.told, fact.token_kind
    if fact.theirs is None:
        keep_samples(work, asset.id, told.evse, None, fact.samples)
        keep(work, asset.id, None, ACTION, fact.frame)
        return None if fact.token is None else (await judge(work, asset, fact.token, kind=kind)).verdict
    transaction = await charging.by_station_transaction(work.session, asset.id, fact.theirs)
    before = Known() if transaction is None else Known.model_validate(transaction.sequence or {})
    shown, judged = sequence.answered(before, told, (fact.token or "").upper()), None
    if shown is None and fact.token is not None:
        judged = await _judged(work, asset, transaction, told, fact.token, kind)
        shown = ShownToken(token=fact.token.upper(), kind=kind, verdict=judged.verdict, is_test=judged.is_test)
    after = sequence.merged(before, told.model_copy(update={"token": shown}))
    if transaction is None:
        transaction = ChargingTransaction(
            number=await charging.next_number(work.session),
            asset_id=asset.id,
            station_transaction=fact.theirs,
            token="",
            verdict=NOT_SHOWN,
            started_at=told.at,
        )
        work.session.add(transaction)
    keep(work, asset.id, transaction.number, ACTION, fact.frame)
    if not before.has(told):
        keep_samples(work, asset.id, told.evse or transaction.connector, transaction.number, fact.samples)
    if after != before:
        await _change(work, asset, transaction, before, after)
    begins = judged if judged is not None and not told.stops else await _without_token(work, asset, after)
    if begins is not None:
        await _begin_session(work, transaction, begins)
    await _follow(work, transaction, mark_of(told.charging_state, told.at))
    return None if shown is None else shown.verdict


async def queue_told(work: Work, asset_id: UUID, theirs: str, *, messages_in_queue: bool) -> None:
    """What the station answered when it was asked: with messages in its queue the session stays open (§E14)."""
    await assets.lock(work.session, asset_id)
    transaction = await charging.by_station_transaction(work.session, asset_id, theirs)
    if transaction is not None:
        transaction.messages_in_queue = messages_in_queue
        await _follow(work, transaction)


async def _judged(
    work: Work, asset: Asset, transaction: ChargingTransaction | None, told: Told, token: str, kind: str
) -> Judgement:
    is_begun = transaction is not None and bool(await sessions.known(work.session, [transaction.number]))
    starts = not told.stops and not is_begun
    judged = await judge(work, asset, token, told.evse, kind=kind, starts=starts)
    return await session.covered(work, judged) if starts else judged


async def _without_token(work: Work, asset: Asset, after: Known) -> Judgement | None:
    """Where anyone charges a station need not ask for a token; the session begins when energy flows."""
    is_due = station_of(asset).is_free and charging_session.flows_without_token(after)
    return await judge(work, asset, "", starts=True) if is_due else None


async def _begin_session(work: Work, transaction: ChargingTransaction, judged: Judgement) -> None:
    """With the first token that is shown to start: further ones change nothing about whose session it is."""
    await work.session.flush()  # the transaction first: its session points to it
    if not await sessions.known(work.session, [transaction.number]):
        await session.begin(work, [session.begun(transaction, judged)])


async def _follow(work: Work, transaction: ChargingTransaction, mark: Mark | None = None) -> None:
    """What an event has made of the transaction, and so of its session."""
    stopped_at = None if transaction.is_open else transaction.stopped_at
    told = session.Followed(
        transaction.started_at,
        transaction.connector,
        transaction.energy_wh,
        stopped_at,
        mark,
        heard_offline=transaction.heard_offline,
    )
    await session.follow(work, {transaction.number: told})


def columns_of(known: Known, received_at: datetime) -> dict[str, Any]:
    """The columns of a transaction's row that its events tell."""
    found = charging_session.session_of(known, received_at)
    told = known.model_dump(mode="json", exclude_defaults=True)
    return {**found.model_dump(), "verdict": found.verdict or NOT_SHOWN, "sequence": told}


async def _change(work: Work, asset: Asset, transaction: ChargingTransaction, before: Known, after: Known) -> None:
    if charging_session.begins(before, after):
        after = await _continued(work, transaction, after)
    for name, value in columns_of(after, work.now).items():
        setattr(transaction, name, value)
    if transaction.verdict == TokenVerdict.ACCEPTED:
        await reservation.used(work, asset.id, transaction.reservation_id, transaction.number)
    await _tell(work, asset, transaction, before, after)


async def _continued(work: Work, transaction: ChargingTransaction, after: Known) -> Known:
    found = charging_session.session_of(after, work.now)
    if found.connector is None:
        return after
    transaction.connector, transaction.started_at = found.connector, found.started_at
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
