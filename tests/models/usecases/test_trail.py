"""What a piece of work changes stands with the entry that says why, before and after."""

from typing import Any

import pytest
from sqlmodel import col, select

from models.messages.access import NewOrganisation
from models.rules.access import OrganisationKind
from models.tables.access import Organisation, Principal
from models.tables.timeline import TimelineEntry
from models.usecases import access, timeline
from models.usecases.work import Desk
from tests.people import World


async def _entries(desk: Desk, correlation_id: str) -> list[TimelineEntry]:
    async with desk.database.transaction() as session:
        wanted = select(TimelineEntry).where(col(TimelineEntry.correlation_id) == correlation_id)
        return list((await session.execute(wanted.order_by(col(TimelineEntry.id)))).scalars())


async def test_a_change_that_nobody_put_on_record_gets_an_entry_of_its_own(desk: Desk, world: World) -> None:
    async with desk.work(world.operations.actor, "c-1") as work:
        organisation = await work.session.get_one(Organisation, world.municipality.id)
        organisation.language = "nl" if organisation.language == "en" else "en"
    (entry,) = await _entries(desk, "c-1")
    assert (entry.what, entry.subject_id) == ("organisation changed", world.municipality.id)
    assert entry.actor == str(world.operations.id)
    assert entry.changes[0]["before"].keys() == entry.changes[0]["after"].keys() == {"language"}


async def test_the_first_value_and_the_last_one_count(desk: Desk, world: World) -> None:
    async with desk.work(world.operations.actor, "c-1") as work:
        organisation = await work.session.get_one(Organisation, world.municipality.id)
        was = organisation.name
        for name in ("between", "last"):
            organisation.name = name
            await work.session.flush()
    (entry,) = await _entries(desk, "c-1")
    assert [entry.changes[0][side] for side in ("before", "after")] == [{"name": was}, {"name": "last"}]


async def test_what_came_back_to_what_it_was_is_no_change(desk: Desk, world: World) -> None:
    async with desk.work(world.operations.actor, "c-1") as work:
        organisation = await work.session.get_one(Organisation, world.municipality.id)
        was, organisation.name = organisation.name, "another"
        await work.session.flush()
        organisation.name = was
    assert await _entries(desk, "c-1") == []


async def test_each_change_stands_with_the_entry_about_its_own_subject(desk: Desk, world: World) -> None:
    new = NewOrganisation(kind=OrganisationKind.REQUESTER, name="Gemeente Nieuw")
    async with desk.work(world.administrator.actor, "c-1") as work:
        timeline.record(work, "principal", world.operations.id, "renamed")
        made = await access.add_organisation(work, new)
        (await work.session.get_one(Principal, world.operations.id)).name = "Olga Other"
    renamed, added = await _entries(desk, "c-1")
    assert _whats(renamed) == [("principal", str(world.operations.id))]
    assert _whats(added) == [("organisation", str(made.id))]
    assert added.changes[0]["before"] is None


async def test_a_row_that_was_removed_is_shown_as_it_was(desk: Desk, world: World) -> None:
    async with desk.work(world.administrator.actor, "c-1") as work:
        made = await access.add_organisation(work, NewOrganisation(kind=OrganisationKind.REQUESTER, name="Kort"))
    async with desk.work(world.administrator.actor, "c-2") as work:
        await work.session.delete(await work.session.get_one(Organisation, made.id))
    (entry,) = await _entries(desk, "c-2")
    assert (entry.what, entry.changes[0]["after"]) == ("organisation removed", None)
    assert entry.changes[0]["before"]["name"] == "Kort"


async def test_work_that_fails_leaves_nothing_on_record(desk: Desk, world: World) -> None:
    async def fail() -> None:
        async with desk.work(world.administrator.actor, "c-1") as work:
            (await work.session.get_one(Organisation, world.municipality.id)).name = "never"
            timeline.record(work, "organisation", world.municipality.id, str(1 / 0))

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await _entries(desk, "c-1") == []


def _whats(entry: TimelineEntry) -> list[tuple[Any, Any]]:
    return [(change["what"], change["id"]) for change in entry.changes]
