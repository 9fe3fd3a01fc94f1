"""Drivers charge by text message: it is understood, done by the road of every command, and answered (C3)."""

import hashlib
from collections.abc import Sequence

from models.errors import BusinessError, StartRefused
from models.messages.session import NewSession
from models.rules.text_message import (
    ANSWERED_AT_MOST,
    ANSWERED_IN,
    STRANGERS_ANSWERED_AT_MOST,
    Said,
    SmsAnswer,
    Word,
    read,
    squeezed,
)
from models.store import charging, nodes, text_messages
from models.store import ledger as accounts
from models.tables.base import new_id
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.text_message import TextMessage
from models.usecases import session_price, session_remote, timeline
from models.usecases.session import spending_account
from models.usecases.text_answer import answer
from models.usecases.work import Work

A = SmsAnswer
Running = Sequence[tuple[ChargingSession, str]]


async def receive(work: Work, provider_id: str, phone: str, text: str) -> None:
    """Told again it is one. Neither the words nor the number of whoever is no subscriber are kept."""
    said, sender = read(text), hashlib.sha256(phone.encode()).hexdigest()
    owners = await text_messages.subscribers_at(work.session, phone)
    owner = owners[0] if owners else None
    new = TextMessage(
        id=new_id(),
        provider_id=provider_id,
        sender=sender,
        subscriber_id=owner.id if owner else None,
        word=said.word,
        at=work.now,
    )
    message = await text_messages.keep(work.session, new)
    if message is None:
        return
    at_most = ANSWERED_AT_MOST if owner else STRANGERS_ANSWERED_AT_MOST
    if await text_messages.count_since(work.session, sender, work.now - ANSWERED_IN) > at_most:
        return
    if owner is None:
        await answer(work, message, A.STRANGER, None, phone=phone)
        return
    timeline.record(work, "subscriber", owner.id, "text received", subscriber=owner.reference, word=said.word.value)
    await _do(work, message, said, owners)


async def _do(work: Work, message: TextMessage, said: Said, owners: Sequence[Subscriber]) -> None:
    owner = owners[0]
    running = await text_messages.running_of(work.session, [each.id for each in owners])
    if said.word is Word.START:
        await _start(work, message, said, owner)
    elif said.word is Word.STOP:
        await _stop(work, message, said, owner, running)
    elif said.word is Word.STATUS:
        await _tell_status(work, message, owner, running)
    else:
        await answer(work, message, A.HOW_TO if said.word is Word.HELP else A.NOT_UNDERSTOOD, owner)


async def _start(work: Work, message: TextMessage, said: Said, owner: Subscriber) -> None:
    """What the station makes of it is answered when it has said so."""
    places = await text_messages.places_named(work.session, said.stations)
    if len(places) != 1:
        await answer(work, message, A.STATION_UNKNOWN, owner)
        return
    asset, connector = places[0]
    message.asset_id = asset.id
    if await nodes.holding(work.session, asset.id) is None:
        await answer(work, message, A.STATION_AWAY, owner, station=asset.name)
        return
    new = NewSession(station=asset.name, connector=connector, subscriber=owner.reference)
    try:
        asked = await session_remote.start(work, asset.id, new)
    except StartRefused as refused:
        await answer(work, message, A.START_REFUSED, owner, station=asset.name, why=refused.facts["verdict"])
    except BusinessError:  # it has no card, or the station takes no commands
        await answer(work, message, A.START_FAILED, owner, station=asset.name)
    else:
        message.command_id = asked.command.id


async def _stop(work: Work, message: TextMessage, said: Said, owner: Subscriber, running: Running) -> None:
    """The one that goes on; of several the one at the station that is named."""
    meant = [each for each in running if not said.stations or squeezed(each[1]) in said.stations]
    if len(meant) != 1:
        stations = ", ".join(station for _, station in running)
        what = A.SEVERAL_CHARGE if running else A.NOTHING_CHARGES
        await answer(work, message, what, owner, stations=stations)
        return
    session, station = meant[0]
    message.asset_id = session.asset_id
    try:
        asked = await session_remote.stop(work, session.id)
    except BusinessError:
        await answer(work, message, A.STOP_FAILED, owner, station=station)
    else:
        message.command_id = asked.id


async def _tell_status(work: Work, message: TextMessage, owner: Subscriber, running: Running) -> None:
    """Of the session that began last; else what is on the account."""
    if not running:
        account_id, currency = await spending_account(work, owner.id)
        account = await accounts.account(work.session, account_id)
        available = account and account.available
        known = {} if available is None else {"available": str(available), "currency": currency}
        await answer(work, message, A.NOTHING_CHARGES, owner, stations="", **known)
        return
    session, station = running[-1]
    transaction = await charging.seen(work.session, session.transaction_number)
    priced = None if transaction is None else await session_price.so_far(work, session, transaction)
    price = None if priced is None else priced.price
    energy_wh = 0 if transaction is None else transaction.energy_wh
    known = {} if price is None else {"gross": str(price.gross), "currency": price.currency}
    await answer(
        work,
        message,
        A.CHARGES,
        owner,
        station=station,
        energy_wh=energy_wh,
        started_at=session.started_at.isoformat(),
        is_billed=session.vend.is_billed,
        **known,
    )
