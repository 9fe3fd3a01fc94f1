"""The secrets of installers' own systems: made, changed over, ended (P10)."""

from datetime import timedelta

import pytest

from models.errors import InvalidInput, NotFound
from models.secrets import KeyRing
from models.store import plans
from models.tables.base import new_id
from models.usecases import plan_hook
from models.usecases.work import Work
from tests.conftest import KEYS
from tests.people import World

RING = KeyRing.parse(KEYS)


async def holding(work: Work, world: World) -> list[str]:
    return list(await plan_hook.secrets_of(work, RING, world.installer.id))


@pytest.mark.step("P10")
async def test_the_secret_before_holds_for_a_day_more(world: World) -> None:
    async with world.desk.work(world.administrator.actor, "test") as work:
        assert await holding(work, world) == []
        await plan_hook.make(work, world.installer.id, RING, "first")
        assert await holding(work, world) == ["first"]
        await plan_hook.make(work, world.installer.id, RING, "second")
        assert await holding(work, world) == ["second", "first"]
        work.now += timedelta(days=1)
        assert await holding(work, world) == ["second"]


@pytest.mark.step("P10")
async def test_an_ended_way_in_lets_nothing_in_and_the_secret_is_not_kept_readable(world: World) -> None:
    async with world.desk.work(world.administrator.actor, "test") as work:
        await plan_hook.make(work, world.installer.id, RING, "first")
        hook = await plans.hook(work.session, world.installer.id)
        assert hook is not None
        assert "first" not in hook.secret
        for _ in range(2):
            await plan_hook.end(work, world.installer.id)
        assert await holding(work, world) == []


@pytest.mark.step("P10")
async def test_only_an_installer_has_a_way_in(world: World) -> None:
    async with world.desk.work(world.administrator.actor, "test") as work:
        with pytest.raises(InvalidInput, match="no installer"):
            await plan_hook.make(work, world.municipality.id, RING, "first")
        with pytest.raises(NotFound):
            await plan_hook.make(work, new_id(), RING, "first")
