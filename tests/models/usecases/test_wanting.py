"""What is wanted of stations in the rows: settled by people, and told to the stations some at a time."""

import pytest

from activities.station_watch import StationWatch
from models.errors import InvalidInput, LimitReached, NotFound
from models.rules.commissioning import CommissioningStage
from models.store import assets
from models.usecases import upkeep, wanting
from tests.models.usecases.test_upkeep import facts, look, of_product, of_station, want
from tests.road import NOBODY, Road


@pytest.mark.step("L5")
async def test_what_is_wanted_of_a_product_reaches_all_its_active_stations_some_at_a_time(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wanting, "TOLD_AT_ONCE", 1)
    await road.to_accepted_with_two()
    for each in await road.assets_of_order():
        road.asset = each
        await road.activate()
    await want(road, of_product(road), "A", "1")
    first, second = await road.assets_of_order()
    watch, told = StationWatch(road.desk), []
    while await watch.spread():
        road.asset = first
        told.append(len(await facts(road)))
        road.asset = second
        told.append(len(await facts(road)))
    assert told == [2, 1, 2, 2]
    assert await watch.spread() == 0
    assert (await look(road)).todo is not None


@pytest.mark.walked("to_accepted")
async def test_a_station_that_was_active_before_there_were_such_processes_gets_its_own_when_something_is_wanted(
    road: Road,
) -> None:
    async with road.desk.database.transaction() as session:
        (await assets.lock(session, road.asset.id)).stage = CommissioningStage.ACTIVE
    await want(road, of_product(road), "A", "1")
    assert await StationWatch(road.desk).spread() == 1
    assert await facts(road) == ["station"]
    await want(road, of_station(road), "B", "1")
    assert await facts(road) == ["station", upkeep.CHANGED]


@pytest.mark.walked("to_active")
async def test_what_may_not_be_wanted_is_refused_by_name(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = of_station(road)
    with pytest.raises(InvalidInput, match="renew_key"):
        await want(road, owner, "authorizationkey", "x")
    with pytest.raises(InvalidInput, match="renew_key"):
        await want(road, owner, "SecurityCtrlr.BasicAuthPassword", "x")
    with pytest.raises(InvalidInput, match="password") as wrong:
        await want(road, owner, "BackOffice", "https://me:secret@central.example/")
    assert wrong.value.field == "/value"
    monkeypatch.setattr(wanting, "SETTINGS_LIMIT", 1)
    await want(road, owner, "A", "1")
    with pytest.raises(LimitReached):
        await want(road, owner, "B", "1")
    with pytest.raises(NotFound):
        await road.do(NOBODY, lambda work: wanting.remove_setting(work, owner, "B"))
