"""The steps of the delivery process: the notices of one endpoint, one call after the other (N).

Why one activity makes several calls here stands in docs/decisions/0006.
"""

import time
from datetime import timedelta

import orjson
import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities import letters
from activities.figures import DELIVERIES
from activities.gateways.errors import Refused, TryAgain
from activities.gateways.mail import Mail, MailMessage
from activities.gateways.webhooks import Webhooks
from activities.steps import STATIONMASTER, Steps, beating
from models import tracing
from models.messages.base import Step
from models.messages.delivery import Delivery, Drained
from models.rules.delivery import EndpointState
from models.secrets import KeyRing, SecretsError
from models.tables.notice import Channel
from models.usecases import delivery, notice
from models.usecases.delivery import Outcome, Taken

BATCH = 20
DRAIN_LIMIT_S = 30.0
"""After so long no further call begins; the one under way may take as long as its gateway lets it."""

_OUR_KEY_IS_MISSING = "Its signing secret can't be opened at our end; tried again until it can."

log = structlog.get_logger()


class DeliveryActivities:
    def __init__(self, steps: Steps, mail: Mail, webhooks: Webhooks, keys: KeyRing, public_api_url: str) -> None:
        self._steps = steps
        self._mail = mail
        self._webhooks = webhooks
        self._keys = keys
        self._public_api_url = public_api_url

    @activity.defn
    async def drain(self, step: Step) -> Drained:
        """Send what waits, the oldest first, up to a batch or to the first that is not taken.

        Every outcome is stored before the next call begins: a worker that takes over goes on behind what is stored,
        and repeats at most the one call whose outcome got lost, under the same id. A worker that is told to end begins
        no further call, so that none is cut off.
        """
        ends_at = time.monotonic() + DRAIN_LIMIT_S
        async with beating():
            for _ in range(BATCH):
                standing = await self._deliver(step)
                if standing is not None:
                    return standing
                if time.monotonic() > ends_at or activity.is_worker_shutdown():
                    break
        return Drained(state=EndpointState.OK, more=True)

    @activity.defn
    async def deliver_next(self, step: Step) -> Delivery:
        """One notice, as processes of the first release ask for it; a failure is retried by their own policy."""
        standing = await self._deliver(step)
        if standing is not None and standing.state in {EndpointState.FAILING, EndpointState.DOWN} and standing.wait_s:
            raise ApplicationError(
                "The endpoint does not take its notices",
                type="NotDelivered",
                category=ApplicationErrorCategory.BENIGN,
                next_retry_delay=timedelta(seconds=standing.wait_s),
            )
        return Delivery(empty=standing is not None)

    @activity.defn
    async def give_up_next(self, step: Step) -> Delivery:  # noqa: ARG002 - as those processes call it
        """Processes of the first release ask so after days. Nothing is given up any more: the endpoint is paused."""
        return Delivery(empty=True)

    async def _deliver(self, step: Step) -> Drained | None:
        """Try the oldest notice. None where the next one has its turn, else how the endpoint stands."""
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            taken = await delivery.take_next(work, step.subject_id)
        if isinstance(taken, Drained):
            return taken
        outcome = await self._traced(taken)
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            return await delivery.note_outcome(work, taken, outcome)

    async def _traced(self, taken: Taken) -> Outcome:
        """In the trace in which the notice was written; the drain that it is part of is linked."""
        told, channel = taken.notice, taken.endpoint.channel
        about = {
            "stationmaster.channel": channel.value,
            "stationmaster.event": told.event,
            tracing.CORRELATION: told.correlation_id,
        }
        with tracing.span("notice.deliver", attributes=about, parent=told.traceparent, links=[tracing.here()]):
            outcome = await self._try(taken)
        DELIVERIES.labels(channel.value, _named(outcome)).inc()
        return outcome

    async def _try(self, taken: Taken) -> Outcome:
        began = time.monotonic()
        try:
            status = await (self._mail_out if taken.endpoint.channel is Channel.MAIL else self._call)(taken)
        except TryAgain as error:
            said = {"status": error.status, "error": error.detail, "after_s": error.after_s}
            return Outcome(time.monotonic() - began, **said)  # type: ignore[arg-type]
        except Refused as error:
            return Outcome(time.monotonic() - began, error.status, error.detail, final=True)
        except letters.Unwritable as error:
            log.warning("notice_not_written", notice=str(taken.notice.id), reason=str(error))
            return Outcome(time.monotonic() - began, error=str(error), final=True)
        except SecretsError as error:
            log.warning("webhook_not_signed", endpoint=str(taken.endpoint.id), reason=str(error))
            return Outcome(time.monotonic() - began, error=_OUR_KEY_IS_MISSING)
        return Outcome(time.monotonic() - began, status)

    async def _mail_out(self, taken: Taken) -> None:
        terms, told = self._steps.desk.terms, taken.notice
        data = {**told.data}
        if document := data.get("document"):
            data["document"] = f"{self._public_api_url}{document}"
        subject, text = letters.written(told.event, data, taken.endpoint.language or terms.language, terms.zone)
        message = MailMessage(to=taken.endpoint.address, subject=subject, text=text, notice_id=str(told.id))
        await self._mail.send(message)

    async def _call(self, taken: Taken) -> int:
        told, now = taken.notice, self._steps.desk.clock()
        secrets = notice.open_secrets(self._keys, taken.endpoint, now)
        body = orjson.dumps({"type": told.event, "timestamp": told.created_at.isoformat(), "data": told.data})
        delivered = await self._webhooks.send(taken.endpoint.address, secrets, str(told.id), now, body)
        return delivered.status


def _named(outcome: Outcome) -> str:
    """As the figures name it."""
    if outcome.error is None:
        return "delivered"
    return "refused" if outcome.final else "put_off"
