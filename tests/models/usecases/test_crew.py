"""Crews of partners and of the operator itself (P10)."""

import pytest

from models.errors import AlreadyExists, LimitReached, NotFound
from models.rules.access import Reach
from models.store.viewer import Viewer
from models.tables.crew import Crew
from models.usecases import crew
from tests.people import World
from tests.road import Road


async def add(road: Road, name: str = "North") -> Crew:
    installer = road.world.installer
    return await road.do(road.world.installer_user, lambda work: crew.add(work, installer.id, name))


@pytest.mark.step("P10")
async def test_a_crews_name_is_its_own_whatever_its_case(road: Road, world: World) -> None:
    await add(road)
    with pytest.raises(AlreadyExists) as refused:
        await add(road, "NORTH")
    assert refused.value.field == "/name"
    others = world.other_installer.id
    made = await road.do(world.other_installer_user, lambda work: crew.add(work, others, "North"))
    assert made.organisation_id == others


@pytest.mark.step("P10")
async def test_a_crew_is_put_out_of_use_and_into_use_again_by_its_own_people_only(road: Road, world: World) -> None:
    made = await add(road)
    own, other = (Viewer(Reach.OWN, each.id) for each in (world.installer, world.other_installer))
    with pytest.raises(NotFound):
        await road.do(world.other_installer_user, lambda work: crew.disable(work, made.id, other))
    for _ in range(2):
        disabled = await road.do(world.installer_user, lambda work: crew.disable(work, made.id, own))
        assert disabled.disabled_at is not None
    enabled = await road.do(world.installer_user, lambda work: crew.enable(work, made.id, own))
    assert enabled.disabled_at is None


@pytest.mark.step("P10")
async def test_crews_are_bounded(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "CREWS_LIMIT", 1)
    await add(road)
    with pytest.raises(LimitReached):
        await add(road, "South")
