"""What a worker sees to among the stations: sockets of nodes that died, reservations whose time is over, and what is
wanted of all stations of a product."""

import asyncio

from prometheus_client import Counter

from activities.rounds import go_round
from activities.steps import STATIONMASTER
from models.store import nodes, wanted
from models.tables.base import new_id
from models.usecases import reservation, station, wanting
from models.usecases.work import Desk

WATCHED_EVERY_S = 3.0
SOCKETS_AT_ONCE = 500

SWEPT = Counter("stationmaster_sockets_swept_total", "Sockets that ended with their node", ["node"])


class StationWatch:
    """Every worker goes its round; what one has seen to is nothing to the next."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        await go_round(stop, WATCHED_EVERY_S, self.sweep, self.expire, self.spread)

    async def sweep(self) -> int:
        """A station whose node is gone, and which has not come back to another, is disconnected; how many were."""
        async with self._desk.database.transaction() as session:
            left = await nodes.left_behind(session, SOCKETS_AT_ONCE)
        swept = 0
        for asset_id, connection_id, node in left:
            async with self._desk.work(STATIONMASTER, str(new_id())) as work:
                if await station.sweep_up(work, asset_id, connection_id, node):
                    SWEPT.labels(node).inc()
                    swept += 1
        return swept

    async def expire(self) -> int:
        async with self._desk.work(STATIONMASTER, str(new_id())) as work:
            return await reservation.expire_what_is_over(work)

    async def spread(self) -> int:
        """Tell the next stations of each product of which something else is wanted; the relay's sweep delivers it."""
        async with self._desk.database.transaction() as session:
            waiting = await wanted.spreads(session)
        told = 0
        for product_id, correlation_id in waiting:
            async with self._desk.work(STATIONMASTER, correlation_id) as work:
                told += await wanting.spread(work, product_id)
        async with self._desk.work(STATIONMASTER, str(new_id())) as work:
            return told + await wanting.tell_concerned(work)
