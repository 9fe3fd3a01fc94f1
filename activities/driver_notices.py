"""Notices to drivers go out: every worker takes of the outbox what is due, and asks after what nobody tells of (N).

Why this is a round and no workflow stands in docs/decisions/0071.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import structlog
from prometheus_client import Counter

from activities import driver_letters
from activities.gateways.errors import GatewayError, Refused, TryAgain
from activities.gateways.mail import Mail, MailMessage
from activities.gateways.sms import Sms
from activities.letters import Unwritable
from activities.rounds import go_round
from activities.steps import STATIONMASTER
from models.rules.driver_notice import DriverChannel
from models.store.driver_notices import Due
from models.tables.base import new_id
from models.usecases import driver_delivery
from models.usecases.driver_delivery import Outcome
from models.usecases.work import Desk, Work

EVERY_S = 1.0
AT_ONCE = 10
"""Calls at the same time, and so notices that a worker takes at a time."""

TRIES = Counter("stationmaster_driver_notices_total", "Tries to bring a notice to a driver", ["channel", "outcome"])
"""``outcome``: sent, put_off, refused."""

Take = Callable[[Work, int], Awaitable[Sequence[Due]]]

log = structlog.get_logger()


class DriverNoticesRound:
    """Several workers do not get into each other's way: each passes over what another has taken."""

    def __init__(self, desk: Desk, mail: Mail, sms: Sms) -> None:
        self._desk = desk
        self._mail = mail
        self._sms = sms

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what was taken is brought to its end first."""
        await go_round(stop, EVERY_S, self.send, self.ask)

    async def send(self) -> int:
        """Until nothing is due; how many were tried."""
        return await self._all(driver_delivery.take, self._send)

    async def ask(self) -> int:
        """The provider, of messages that it keeps silent about; how many."""
        return await self._all(driver_delivery.take_unknown, self._ask)

    async def _all(self, take: Take, see_to: Callable[[Due], Coroutine[Any, Any, None]]) -> int:
        done, more = 0, True
        while more:
            async with self._desk.work(STATIONMASTER, str(new_id())) as work:
                taken = await take(work, AT_ONCE)
            async with asyncio.TaskGroup() as together:
                for due in taken:
                    together.create_task(see_to(due))
            done, more = done + len(taken), len(taken) == AT_ONCE
        return done

    async def _send(self, due: Due) -> None:
        outcome = await self._try(due)
        TRIES.labels(due.notice.channel, _named(outcome)).inc()
        async with self._desk.work(STATIONMASTER, due.notice.correlation_id) as work:
            await driver_delivery.note_outcome(work, due.notice.id, outcome)

    async def _try(self, due: Due) -> Outcome:
        try:
            subject, text = driver_letters.written(due.notice, self._desk.terms.operator_name)
            if due.notice.channel is DriverChannel.SMS:
                return Outcome(provider_id=await self._text(due, text))
            # The Message-ID is made of the notice's id: a second copy is known as one.
            message = MailMessage(to=due.email or "", subject=subject, text=text, notice_id=str(due.notice.id))
            await self._mail.send(message)
        except TryAgain as error:
            return Outcome(error=_why(due, error), after_s=error.after_s)
        except Refused as error:
            return Outcome(error=_why(due, error), final=True)
        except Unwritable as error:
            log.warning("driver_notice_not_written", notice=str(due.notice.id), reason=str(error))
            return Outcome(error=str(error), final=True)
        return Outcome()

    async def _text(self, due: Due, text: str) -> str:
        """A try before this one may have been taken, and its answer lost: that is looked for first.

        The provider knows no idempotency key, so a message is known by its phone, its words and its time.
        """
        notice, phone = due.notice, due.phone or ""
        if notice.attempts > 1:
            same = await self._sms.sent(phone, text, notice.created_at)
            async with self._desk.work(STATIONMASTER, notice.correlation_id) as work:
                found = await driver_delivery.not_ours_yet(work, same)
            if found is not None:
                return found
        return await self._sms.send(phone, text, str(notice.id))

    async def _ask(self, due: Due) -> None:
        if due.notice.provider_id is None:
            return
        try:
            told = await self._sms.status(due.notice.provider_id)
        except (TryAgain, Refused) as error:
            log.info("driver_notice_not_asked_after", notice=str(due.notice.id), reason=error.detail)
            return
        async with self._desk.work(STATIONMASTER, due.notice.correlation_id) as work:
            await driver_delivery.note_status(work, due.notice.id, due.notice.provider_id, told.state, told.error)


def _why(due: Due, error: GatewayError) -> str:
    """Mail servers name in their words whom they refuse, which is kept nowhere."""
    if due.notice.channel is DriverChannel.SMS:
        return error.detail
    return f"The mail server does not take it ({error.status or 'no answer'})."


def _named(outcome: Outcome) -> str:
    """As the figures name it."""
    if outcome.error is None:
        return "sent"
    return "refused" if outcome.final else "put_off"
