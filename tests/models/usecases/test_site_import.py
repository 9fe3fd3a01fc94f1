"""The rows of a list of stations are judged, and put together by their sites (L6)."""

from typing import Any

import pytest

from models.messages.site import ImportedStation
from models.rules.work_order import WorkOrderStage
from models.tables.unit import Unit
from models.usecases import site_import
from models.usecases.site_import import Row, Sorted
from tests.people import FACTORY_KEY, World
from tests.road import NOBODY, location
from tests.site_road import SiteRoad, garage, station

pytestmark = pytest.mark.step("L6")


@pytest.fixture
def road(world: World) -> SiteRoad:
    return SiteRoad(world)


def row(line: int, name: str = "", **changed: Any) -> Row:
    name = name or f"HW-{line}"
    said = {
        **location().model_dump(),
        "owner": "Gemeente Voorbeeld",
        "installer": "Installatie BV",
        "service_partner": "Onderhoud BV",
        "product": "DUO-22",
        "serial": f"SN-{name}",
        "hardware_id": name,
        "ocpp_identity": f"CP-{name}",
        "factory_key": FACTORY_KEY,
    }
    return Row(line, ImportedStation.model_validate({**said, **changed}))


async def sort(road: SiteRoad, *rows: Row) -> Sorted:
    return await road.do(NOBODY, lambda work: site_import.sort(work, rows))


async def test_rows_of_one_owner_s_site_stand_together_up_to_the_limit(
    road: SiteRoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_import, "STATIONS_LIMIT", 2)
    here = {"site": "Garage"}
    others = {"site": "Garage", "owner": "Gemeente Anders"}
    found = await sort(
        road, row(2, **here), row(3), row(4, **here), row(5, **others), row(6, **here), row(7), row(8, owner=None)
    )
    assert sorted([each.line for each in group.rows] for group in found.groups) == [[2, 4], [3], [5], [6], [7], [8]]
    assert not found.faults
    owners = {group.rows[0].line: group.new.site.owner_id for group in found.groups}
    assert owners[5] == road.world.other_municipality.id
    assert owners[8] == road.world.operator.id


async def test_a_row_that_was_entered_is_known_until_it_is_called_off(road: SiteRoad) -> None:
    order = await road.enter_at(garage(road.world, station("HW-2")))
    again = row(2, site="Garage Noord")
    assert (await sort(road, again)).known == {2: order.reference}
    changed = await sort(road, row(2, site="Garage Noord", product="SOLO-11"), row(3, "HW-2", site="Elsewhere"))
    assert (changed.known, sorted(changed.faults)) == ({}, [2, 3])
    await road.call_off()
    found = await sort(road, again)
    assert (found.known, len(found.groups)) == ({}, 1)
    renewed = await road.enter_at(found.groups[0].new)
    assert renewed.stage is WorkOrderStage.IN_PROGRESS
    assert len(await road.rows(Unit)) == 1


async def test_partners_are_named_by_name_or_id_and_must_be_able_to_do_it(road: SiteRoad) -> None:
    world = road.world
    by_id = row(2, owner=str(world.municipality.id), installer=str(world.installer.id))
    wrong = row(3, owner="Installatie BV", installer="Onderhoud BV", service_partner="Gemeente Voorbeeld")
    found = await sort(road, by_id, wrong)
    assert [group.new.site.owner_id for group in found.groups] == [world.municipality.id]
    assert [fault.column for fault in found.faults[3]] == ["owner", "installer", "service_partner"]


async def test_what_says_otherwise_of_a_site_than_the_rows_or_the_list_is_faulty(road: SiteRoad) -> None:
    await road.enter_at(garage(road.world, station("HW-1")))
    moved: dict[str, Any] = {"latitude": 51.5}
    found = await sort(
        road, row(2, site="Garage Noord", **moved), row(3, site="New"), row(4, site="New", **moved), row(5, **moved)
    )
    assert {line: [fault.column for fault in faults] for line, faults in found.faults.items()} == {
        2: ["latitude"],
        4: ["latitude"],
    }
