"""A text message is answered once: at once, or when the station has answered what it was asked by it (C3)."""

from typing import Any

from models.rules.command import CommandState
from models.rules.driver_notice import DriverChannel, tried_until
from models.rules.text_message import SmsAnswer
from models.store import commands, driver_notices, text_messages
from models.tables.base import new_id
from models.tables.command import AskedCommand
from models.tables.driver_notice import DriverNotice
from models.tables.subscriber import Subscriber
from models.tables.text_message import TextMessage
from models.usecases.work import Work

START, STOP = "start_charging", "stop_charging"
_DONE = {START: SmsAnswer.STARTS, STOP: SmsAnswer.STOPS}
_FAILED = {START: SmsAnswer.START_FAILED, STOP: SmsAnswer.STOP_FAILED}


async def answer(
    work: Work,
    message: TextMessage,
    what: SmsAnswer,
    subscriber: Subscriber | None,
    *,
    phone: str | None = None,
    **data: Any,
) -> None:
    """``phone`` is a stranger's, kept until they are answered. An answer waits for no quiet hours."""
    message.answer = what
    row = DriverNotice(
        id=new_id(),
        about=f"text:{message.provider_id}",
        subscriber_id=subscriber.id if subscriber else None,
        phone=None if subscriber else phone,
        kind=what,
        channel=DriverChannel.SMS,
        language=subscriber.language if subscriber else work.terms.language,
        zone=subscriber.zone if subscriber else work.terms.zone.key,
        data={**data, **({"subscription": subscriber.reference} if subscriber else {})},
        due_at=work.now,
        tried_until=tried_until(None, DriverChannel.SMS, work.now),
        correlation_id=work.correlation_id,
    )
    await driver_notices.queue(work.session, [row])


async def note_command(work: Work, asked: AskedCommand) -> None:
    """The command has come to its end: whoever asked for it by text is told what the station says."""
    if asked.kind not in _DONE:
        return
    message = await text_messages.of_command(work.session, asked.id)
    if message is None or message.subscriber_id is None or message.answer is not None:
        return
    subscriber = await work.session.get_one(Subscriber, message.subscriber_id)
    is_done = asked.state is CommandState.ANSWERED
    station = await commands.station_of(work.session, asked.id)
    what, is_billed = (_DONE if is_done else _FAILED)[asked.kind], station.vend.is_billed
    await answer(work, message, what, subscriber, station=station.name, is_billed=is_billed)
