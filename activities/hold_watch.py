"""Holds whose time is over are ended by every worker on its round, so that forgotten money is free again (C5)."""

import asyncio

from prometheus_client import Counter

from activities.rounds import go_round
from activities.steps import STATIONMASTER
from models.tables.base import new_id
from models.usecases import hold
from models.usecases.work import Desk

WATCHED_EVERY_S = 5.0

EXPIRED = Counter("stationmaster_holds_expired_total", "Holds that ended by their time")


class HoldWatch:
    """Several workers do not get into each other's way: each passes over what another works on."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        await go_round(stop, WATCHED_EVERY_S, self.expire)

    async def expire(self) -> int:
        """Until none is over; how many ended."""
        ended, more = 0, True
        while more:
            async with self._desk.work(STATIONMASTER, str(new_id())) as work:
                count = await hold.expire(work)
            EXPIRED.inc(count)
            ended, more = ended + count, count == hold.EXPIRED_AT_ONCE
        return ended
