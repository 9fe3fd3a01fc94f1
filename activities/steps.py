"""How every activity takes a step: one transaction, its result kept, its facts delivered, its refusals named."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from pydantic import BaseModel
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.relay import Relay
from models.errors import BusinessError
from models.messages.base import Actor, Decision, Fact, Step
from models.usecases import process
from models.usecases.work import Desk, Work

Result = TypeVar("Result", bound=BaseModel)
Seen = TypeVar("Seen")

HEARTBEAT_EVERY_S = 2.0
UseCase = Callable[[Work], Awaitable[Result]]

STATIONMASTER = Actor(id=None, name="Stationmaster")
"""Who acts where a process takes a step of its own."""


def refused(error: BusinessError) -> ApplicationError:
    """A business fact as Temporal carries it: never retried, and no alarm in the logs."""
    return ApplicationError(
        error.detail,
        error.as_details(),
        type=error.code,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )


class Steps:
    """``take`` is the only way in which activities change rows."""

    def __init__(self, desk: Desk, relay: Relay) -> None:
        self.desk = desk
        self._relay = relay

    async def take(
        self,
        cause: Decision | Fact | Step,
        result_type: type[Result],
        use_case: Callable[[Work], Awaitable[Result]],
        again: Callable[[Work], Awaitable[Result]],
        *,
        actor: Actor = STATIONMASTER,
    ) -> Result:
        """Take the step named by the running activity, once for each occurrence of its cause in this workflow.

        ``again`` tells how things stand where the step was taken before. A decision is carried out in the name of
        whoever made it; ``actor`` is who acts otherwise.
        """
        info = activity.info()
        workflow_id = info.workflow_id or ""
        who = cause.actor if isinstance(cause, Decision) else actor
        try:
            async with self.desk.work(who, cause.correlation_id) as work:
                result = await process.once(
                    work,
                    workflow_id,
                    info.activity_type,
                    cause.occurrence,
                    result_type,
                    lambda: use_case(work),
                    lambda: again(work),
                )
        except BusinessError as error:
            raise refused(error) from error
        await self._relay.deliver(work.handed_over)
        return result

    async def look(self, correlation_id: str, use_case: Callable[[Work], Awaitable[Seen]]) -> Seen:
        """Read what stands in the rows."""
        async with self.desk.work(STATIONMASTER, correlation_id) as work:
            return await use_case(work)


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Heartbeats for as long as a long activity works, so that its worker is missed soon when it dies."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(HEARTBEAT_EVERY_S)

    heart = asyncio.create_task(beat())
    try:
        yield
    finally:
        heart.cancel()
