"""What has had its time is thrown away, by every worker on its round."""

import asyncio
from datetime import timedelta

from activities.rounds import go_round
from models.store import idempotency, station_reports, text_messages
from models.usecases.work import Desk

EVERY_S = 600
SENDERS_KEPT = timedelta(days=1)


class HousekeepingRound:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        await go_round(stop, EVERY_S, self.clean_up)

    async def clean_up(self) -> None:
        async with self._desk.database.transaction() as session:
            now = self._desk.clock()
            await idempotency.forget_before(session, now - idempotency.KEPT)
            await text_messages.forget_senders(session, now - SENDERS_KEPT)
            await station_reports.forget_before(session, now - self._desk.terms.reports_kept)
