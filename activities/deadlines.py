"""Reminders and escalations, told in batches (P21)."""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from temporalio import activity

from activities.relay import Relay
from activities.steps import STATIONMASTER
from models.errors import BusinessError
from models.messages.deadline import Outlook
from models.store import deadlines
from models.store.deadlines import Timed
from models.usecases import deadline
from models.usecases.work import Desk

BATCH = 100
CORRELATION = "deadlines"
TRIED_AGAIN_AFTER = timedelta(minutes=1)

log = structlog.get_logger()


class DeadlineActivities:
    def __init__(self, desk: Desk, relay: Relay) -> None:
        self._desk = desk
        self._relay = relay

    @activity.defn
    async def remind_and_escalate(self) -> Outlook:
        """Tell of everything whose time has come, up to a batch, each in a transaction of its own.

        What was told is marked in the same transaction, so that a retry goes on behind it.
        """
        async with self._desk.database.transaction() as session:
            waiting = await deadlines.to_tell(session, self._desk.clock(), BATCH)
        told = 0
        failed = False
        for table, row_id in waiting:
            try:
                told += await self._tell(table, row_id)
            except (BusinessError, DBAPIError, LookupError) as error:
                # One row that can't be told of holds up nobody else's reminder.
                failed = True
                log.warning("reminder_put_off", table=table.__name__, id=str(row_id), reason=str(error))
        async with self._desk.database.transaction() as session:
            next_at = await deadlines.next_at(session)
        if failed and next_at is not None:
            next_at = max(next_at, self._desk.clock() + TRIED_AGAIN_AFTER)
        return Outlook(told=told, next_at=next_at)

    async def _tell(self, table: type[Timed], row_id: UUID) -> bool:
        async with self._desk.work(STATIONMASTER, CORRELATION) as work:
            told = await deadline.tell(work, table, row_id)
        await self._relay.deliver(work.handed_over)
        return told
