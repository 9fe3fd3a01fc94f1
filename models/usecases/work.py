"""The piece of work that a use case is part of: one transaction, one actor, one instant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy.ext.asyncio import AsyncSession

from models.clock import Clock, utc_now
from models.messages.base import Actor
from models.rules import deadlines
from models.settings import Settings
from models.store.database import Database


@dataclass(frozen=True)
class Terms:
    """What the operator has settled for its whole network."""

    country: str
    zone: ZoneInfo
    evse_prefix: str
    boot_time_limit_s: int
    test_charge_time_limit_s: int
    test_charge_energy_wh: int

    @classmethod
    def of(cls, settings: Settings) -> "Terms":
        return cls(
            country=settings.country,
            zone=ZoneInfo(settings.zone),
            evse_prefix=settings.evse_prefix,
            boot_time_limit_s=settings.boot_time_limit_s,
            test_charge_time_limit_s=settings.test_charge_time_limit_s,
            test_charge_energy_wh=settings.test_charge_energy_wh,
        )

    def due_at(self, start: datetime, working_days: int) -> datetime:
        years = range(start.year, start.year + 2)
        return deadlines.due_at(start, working_days, holidays.country_holidays(self.country, years=years), self.zone)


@dataclass
class Work:
    session: AsyncSession
    now: datetime
    actor: Actor
    correlation_id: str
    terms: Terms
    handed_over: set[str] = field(default_factory=set)
    """The workflows for which this work has written facts; whoever commits delivers them."""


@dataclass(frozen=True)
class Desk:
    """Where work is done: the one way to open a transaction for use cases."""

    database: Database
    terms: Terms
    clock: Clock = utc_now

    @asynccontextmanager
    async def work(self, actor: Actor, correlation_id: str) -> AsyncIterator[Work]:
        """Work that is committed as a whole at the end of the block, or not at all."""
        async with self.database.transaction() as session:
            yield Work(session, self.clock(), actor, correlation_id, self.terms)
