"""A house whose clock stands still until a test moves it, with its reminders told when the test asks for them."""

import dataclasses
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from activities.deadlines import DeadlineActivities
from models.messages.deadline import Outlook
from models.tables.notice import Channel, Endpoint, Notice
from models.tables.task import Task, TaskKind, TaskState
from models.tables.timeline import TimelineEntry
from models.usecases import notice
from models.usecases.work import Desk
from tests.people import Person, World
from tests.recording import RecordingRelay

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Alarm:
    def __init__(self, world: World, now: datetime = FRIDAY) -> None:
        self.now = now
        self.relay = RecordingRelay()
        self.desk = dataclasses.replace(world.desk, clock=lambda: self.now)
        self.world = dataclasses.replace(world, desk=self.desk)

    async def ring(self) -> Outlook:
        """One round of reminders and escalations."""
        return await DeadlineActivities(self.desk, self.relay).remind_and_escalate()  # type: ignore[arg-type]

    async def ring_at(self, at: datetime | None) -> Outlook:
        assert at is not None
        self.now = at
        return await self.ring()

    async def ring_after(self, days: int) -> Outlook:
        return await self.ring_at(self.now + timedelta(days=days))


async def subscribed(desk: Desk, person: Person, organisation_id: UUID) -> None:
    """The organisation has an endpoint, so that it is seen what it is told."""
    async with desk.work(person.actor, "test") as work:
        await notice.add_endpoint(work, organisation_id, Channel.MAIL, f"{organisation_id}@example.org", [], None)


async def told(desk: Desk, organisation_id: UUID) -> list[tuple[str, str]]:
    """What the organisation was told of deadlines: the event and the title, in order."""
    async with desk.database.transaction() as session:
        found = await session.execute(
            select(Notice.event, Notice.data)
            .join(Endpoint, col(Endpoint.id) == col(Notice.endpoint_id))
            .where(
                col(Endpoint.organisation_id) == organisation_id,
                col(Notice.event).startswith("task."),
                sa.not_(col(Endpoint.only_when_named)),
            )
            .order_by(col(Notice.id))
        )
        return [(event, data["title"]) for event, data in found.all()]


async def mailed(desk: Desk, event: str) -> list[str]:
    """To which single people the event was written, in order."""
    async with desk.database.transaction() as session:
        found = await session.execute(
            select(Endpoint.address)
            .join(Notice, col(Endpoint.id) == col(Notice.endpoint_id))
            .where(col(Notice.event) == event, col(Endpoint.only_when_named))
            .order_by(col(Notice.id))
        )
        return list(found.scalars())


async def task_of(desk: Desk, kind: TaskKind, subject_id: UUID | None = None) -> Task | None:
    """The newest open task of the kind."""
    query = select(Task).where(col(Task.kind) == kind, col(Task.state) == TaskState.OPEN)
    if subject_id is not None:
        query = query.where(col(Task.subject_id) == subject_id)
    async with desk.database.transaction() as session:
        return (await session.execute(query.order_by(col(Task.id).desc()).limit(1))).scalar_one_or_none()


async def noted(desk: Desk, subject: str) -> list[TimelineEntry]:
    """The timeline's entries about the subject, oldest first."""
    async with desk.database.transaction() as session:
        found = await session.execute(
            select(TimelineEntry).where(col(TimelineEntry.subject) == subject).order_by(col(TimelineEntry.id))
        )
        return list(found.scalars())
