"""Organisations, people, service accounts: what is put on record, and what two at once come to."""

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from models.errors import AlreadyExists, NotFound
from models.messages.access import NewOrganisation
from models.rules.access import OrganisationKind, Reach
from models.store import organisations
from models.store.viewer import EVERYTHING, Viewer
from models.tables.access import Organisation
from models.tables.timeline import TimelineEntry
from models.usecases import access
from models.usecases.work import Desk
from tests.people import World

NEW = NewOrganisation(kind=OrganisationKind.REQUESTER, name="Gemeente Nieuw")


async def test_every_change_is_on_record_with_who_made_it(desk: Desk, world: World) -> None:
    async with desk.work(world.administrator.actor, "c-1") as work:
        made = await access.add_organisation(work, NEW)
        await access.disable_user(work, world.installer_user.id, EVERYTHING)
    async with desk.database.transaction() as session:
        found = await session.execute(
            select(TimelineEntry).where(col(TimelineEntry.correlation_id) == "c-1").order_by(col(TimelineEntry.id))
        )
        entries = found.scalars().all()
    assert [(entry.subject_id, entry.what) for entry in entries] == [
        (made.id, "organisation added"),
        (world.installer_user.id, "disabled"),
    ]
    assert {entry.actor for entry in entries} == {str(world.administrator.id)}


async def test_of_two_who_add_the_same_organisation_one_wins(desk: Desk, world: World) -> None:
    async def add() -> Organisation:
        async with desk.work(world.administrator.actor, "test") as work:
            return await access.add_organisation(work, NEW)

    outcomes = await asyncio.gather(add(), add(), add(), return_exceptions=True)
    assert sum(isinstance(outcome, Organisation) for outcome in outcomes) == 1
    assert all(isinstance(outcome, Organisation | AlreadyExists | IntegrityError) for outcome in outcomes)


async def test_who_sees_its_own_only_can_not_disable_a_stranger(desk: Desk, world: World) -> None:
    own = Viewer(Reach.OWN, world.municipality.id)
    with pytest.raises(NotFound):
        async with desk.work(world.requester.actor, "test") as work:
            await access.disable_user(work, world.installer_user.id, own)


async def test_disabling_ends_every_session_at_once(desk: Desk, world: World) -> None:
    async with desk.work(world.operations.actor, "test") as work:
        user = await organisations.by_email(work.session, str(world.installer_user.email))
        assert user is not None
        await access.open_session(work, user, "another")
        assert await organisations.by_login(work.session, "another", work.now) is not None
        await access.disable_user(work, user.id, EVERYTHING)
        assert await organisations.by_login(work.session, "another", work.now) is None
