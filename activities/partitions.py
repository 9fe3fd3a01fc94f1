"""Every worker looks after the parts of tables that are cut by time; one of them has its turn."""

import asyncio
import contextlib

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models.messages.base import Actor
from models.store.partitions import CutTable
from models.usecases import partitions
from models.usecases.work import Desk

EVERY_S = 3600.0
AGAIN_AFTER_S = 60.0
UPKEEP = Actor(id=None, name="upkeep")

log = structlog.get_logger()


class PartitionsRound:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop. What is not made in time is not lost: rows without a part go to the rest."""
        while not stop.is_set():
            done = [await self._keep(table) for table in partitions.TABLES]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_S if all(done) else AGAIN_AFTER_S)

    async def _keep(self, table: CutTable) -> bool:
        try:
            async with self._desk.work(UPKEEP, "upkeep") as work:
                await partitions.keep(work, table)
        except (SQLAlchemyError, OSError) as error:
            log.warning("parts_not_kept", table=table.name, reason=type(error).__name__)
            return False
        return True
