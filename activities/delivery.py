"""The steps of the delivery process: one notice, one outgoing call (N)."""

from datetime import timedelta
from uuid import UUID

import orjson
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities import letters
from activities.gateways.errors import Refused, TryAgain
from activities.gateways.mail import Mail, MailMessage
from activities.gateways.webhooks import Webhooks
from activities.steps import STATIONMASTER, Steps
from models.messages.base import Step
from models.messages.delivery import Delivery
from models.secrets import KeyRing
from models.tables.notice import Channel, Endpoint, Notice
from models.usecases import notice


class DeliveryActivities:
    def __init__(self, steps: Steps, mail: Mail, webhooks: Webhooks, keys: KeyRing, public_api_url: str) -> None:
        self._steps = steps
        self._mail = mail
        self._webhooks = webhooks
        self._keys = keys
        self._public_api_url = public_api_url

    @activity.defn
    async def deliver_next(self, step: Step) -> Delivery:
        """Send the oldest waiting notice, under the same id however often it is tried."""
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            taken = await notice.take_next(work, step.subject_id)
        if taken is None:
            return Delivery(empty=True)
        waiting, endpoint = taken
        try:
            await self._send(waiting, endpoint)
        except Refused as error:
            await self._note(step, waiting.id, error=error.detail, final=True)
        except TryAgain as error:
            await self._note(step, waiting.id, error=error.detail, final=False)
            raise _put_off(error) from error
        else:
            await self._note(step, waiting.id, error=None, final=True)
        return Delivery(empty=False)

    @activity.defn
    async def give_up_next(self, step: Step) -> Delivery:
        """The oldest waiting notice has been tried for as long as we try; those behind it get their turn."""
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            found = await notice.give_up_next(work, step.subject_id)
        return Delivery(empty=not found)

    async def _send(self, waiting: Notice, endpoint: Endpoint) -> None:
        notice_id = str(waiting.id)
        if endpoint.channel is Channel.MAIL:
            data = {**waiting.data}
            if document := data.get("document"):
                data["document"] = f"{self._public_api_url}{document}"
            subject, text = letters.written(waiting.event, data)
            await self._mail.send(MailMessage(to=endpoint.address, subject=subject, text=text, notice_id=notice_id))
            return
        secret = notice.open_secret(self._keys, endpoint)
        body = orjson.dumps({"type": waiting.event, "timestamp": waiting.created_at.isoformat(), "data": waiting.data})
        await self._webhooks.send(endpoint.address, secret, notice_id, self._steps.desk.clock(), body)

    async def _note(self, step: Step, notice_id: UUID, *, error: str | None, final: bool) -> None:
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            await notice.note_outcome(work, notice_id, error=error, final=final)


def _put_off(error: TryAgain) -> ApplicationError:
    return ApplicationError(
        error.detail,
        type="NotDelivered",
        category=ApplicationErrorCategory.BENIGN,
        next_retry_delay=None if error.after_s is None else timedelta(seconds=error.after_s),
    )
