"""The piece of work that a use case is part of: one transaction, one actor, one instant."""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from models.clock import Clock, utc_now
from models.messages.base import Actor
from models.rules import deadlines
from models.rules.events import Language
from models.settings import Settings
from models.store import rows
from models.store.changes import Changes
from models.store.database import Database
from models.tables.timeline import TimelineEntry
from models.usecases import trail


@dataclass(frozen=True)
class Terms:
    """What the operator has settled for its whole network."""

    country: str
    zone: ZoneInfo
    evse_prefix: str
    boot_time_limit_s: int
    test_charge_time_limit_s: int
    test_charge_energy_wh: int
    language: Language
    operator_name: str
    """Also the organisation in the certificates of our stations."""
    cards_low_below: int
    credit_limit: Decimal
    """Of a postpaid account, where nobody has said otherwise."""
    notices_kept: timedelta
    """What has waited longer for an endpoint that is paused is given up."""
    old_secret_valid: timedelta
    """For so long after a rotation an endpoint's old secret signs beside the new one."""
    session_hold: Decimal
    """So much is set aside for a prepaid session at a time, in the account's currency."""
    session_least: Decimal
    """What an account must be able to spend before energy flows."""
    sms_number: str
    """Ours, which drivers text; empty where there is none."""
    messages_kept: timedelta
    readings_kept: timedelta
    frames_kept: timedelta
    reports_kept: timedelta
    customers_kept: timedelta | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Terms":
        return cls(
            country=settings.country,
            zone=ZoneInfo(settings.zone),
            evse_prefix=settings.evse_prefix,
            boot_time_limit_s=settings.boot_time_limit_s,
            test_charge_time_limit_s=settings.test_charge_time_limit_s,
            test_charge_energy_wh=settings.test_charge_energy_wh,
            language=settings.language,
            operator_name=settings.operator_name,
            cards_low_below=settings.cards_low_below,
            credit_limit=settings.credit_limit,
            notices_kept=timedelta(days=settings.notices_kept_days),
            old_secret_valid=timedelta(hours=settings.old_secret_valid_hours),
            session_hold=settings.session_hold,
            session_least=settings.session_least,
            sms_number=settings.sms_number,
            messages_kept=timedelta(days=settings.messages_kept_days),
            readings_kept=timedelta(days=settings.readings_kept_days),
            frames_kept=timedelta(days=settings.frames_kept_days),
            reports_kept=timedelta(days=settings.reports_kept_days),
            customers_kept=timedelta(days=settings.customers_kept_days) if settings.customers_kept_days else None,
        )

    def due_at(self, start: datetime, working_days: int, country: str | None = None) -> datetime:
        """By the holidays of ``country``, or of the operator's own."""
        return deadlines.due_at(start, working_days, self._holidays(country), self.zone).astimezone(UTC)

    def remind_at(
        self, start: datetime, due: datetime, days_before: int, country: str | None = None
    ) -> datetime | None:
        """By the same holidays; None where it is too late for a reminder."""
        instant = deadlines.remind_at(start, due, days_before, self._holidays(country), self.zone)
        return None if instant is None else instant.astimezone(UTC)

    def _holidays(self, country: str | None) -> holidays.HolidayBase:
        known = country in holidays.list_supported_countries(include_aliases=False)
        return _calendar(country if country and known else self.country)


@functools.cache
def _calendar(country: str) -> holidays.HolidayBase:
    # It fills in the years as they are asked for.
    return holidays.country_holidays(country)


@dataclass
class Work:
    session: AsyncSession
    now: datetime
    actor: Actor
    correlation_id: str
    terms: Terms
    handed_over: set[str] = field(default_factory=set)
    """The workflows for which this work has written facts; whoever commits delivers them."""
    entries: list[TimelineEntry] = field(default_factory=list)
    """What is put on record, written at the end."""
    new_rows: list[SQLModel] = field(default_factory=list)
    """What nothing in this work reads, written at the end together with what is put on record."""
    at_the_end: dict[str, Callable[["Work"], Awaitable[None]]] = field(default_factory=dict)
    """What is done last of all, once for each name and in their order: it locks rows that many others wait for."""


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
            changes = Changes(session)
            work = Work(session, self.clock(), actor, correlation_id, self.terms)
            yield work
            for name in sorted(work.at_the_end):
                await work.at_the_end[name](work)
            await session.flush()
            changes.note_new(work.new_rows)
            entries = trail.entries_of(work.entries, changes.made(), work.now, actor, correlation_id)
            await rows.insert(session, [*work.new_rows, *entries])
