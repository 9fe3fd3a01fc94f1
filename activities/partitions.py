"""Every worker looks after the parts of tables that are cut by time; one of them has its turn."""

import asyncio
from functools import partial

from activities.rounds import go_round
from models.messages.base import Actor
from models.store.partitions import CutTable
from models.usecases import partitions
from models.usecases.work import Desk

EVERY_S = 600.0
UPKEEP = Actor(id=None, name="upkeep")


class PartitionsRound:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop. What is not made in time is not lost: rows without a part go to the rest."""
        await go_round(stop, EVERY_S, *(partial(self._keep, table) for table in partitions.TABLES))

    async def _keep(self, table: CutTable) -> None:
        async with self._desk.work(UPKEEP, "upkeep") as work:
            await partitions.keep(work, table)
