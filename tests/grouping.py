"""Groups, as tests need them in the rows."""

from typing import Any

from models.messages.group import NewGroup
from models.store.viewer import EVERYTHING
from models.tables.group import DriverGroup
from models.usecases import group
from tests.people import World


async def a_group(world: World, **said: Any) -> DriverGroup:
    """Of the group owner; with these limits."""
    new = NewGroup(**{"name": "Taxi BV", "organisation_id": world.group_owner.id, **said})
    async with world.desk.work(world.customer_care.actor, "test") as work:
        return await group.make(work, new)


async def taken_in(world: World, into: DriverGroup, **members: str) -> None:
    """A ``person``, a ``card``, a ``station``."""
    take = {"person": group.take_person, "card": group.take_card, "station": group.take_station}
    for kind, name in members.items():
        async with world.desk.work(world.customer_care.actor, "test") as work:
            await take[kind](work, await group.find(work, into.reference, EVERYTHING), name)
