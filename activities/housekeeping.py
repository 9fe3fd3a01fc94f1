"""What has had its time is thrown away, by every worker on its round."""

import asyncio
import contextlib

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models.store import idempotency
from models.usecases.work import Desk

EVERY_S = 600

log = structlog.get_logger()


class HousekeepingRound:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; a database that is away is cleaned up the next time."""
        while not stop.is_set():
            try:
                await self.clean_up()
            except (SQLAlchemyError, OSError) as error:
                log.warning("housekeeping put off", reason=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_S)

    async def clean_up(self) -> None:
        async with self._desk.database.transaction() as session:
            await idempotency.forget_before(session, self._desk.clock() - idempotency.KEPT)
