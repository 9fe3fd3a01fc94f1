"""What stands against stations that somebody wants to enter is told field by field (L6)."""

from collections.abc import Callable
from typing import Any

import pytest

from models.errors import AlreadyExists, InvalidInput, UnknownProduct
from models.tables.handover import Handover
from models.tables.site import Site
from models.tables.unit import Unit
from models.tables.work_order import LineEvse, WorkOrder
from models.usecases import site_checks
from tests.people import World
from tests.road import NOBODY
from tests.site_road import SiteRoad, garage, station

pytestmark = pytest.mark.step("L6")

TWO_EVSES = ("NL*ABC*E77*1", "NL*ABC*E77*2")


@pytest.fixture
def road(world: World) -> SiteRoad:
    return SiteRoad(world)


FAULTS: dict[str, tuple[type[Exception], str, Callable[[World], Any]]] = {
    "product": (UnknownProduct, "/stations/0/product", lambda w: garage(w, station("HW-9", "NONE"))),
    "too few EVSEs": (
        InvalidInput,
        "/stations/0/evse_ids",
        lambda w: garage(w, station("HW-9", "DUO-22", "NL*ABC*E1*1")),
    ),
    "an EVSE twice": (
        AlreadyExists,
        "/stations/0/evse_ids",
        lambda w: garage(w, station("HW-9", "DUO-22", "NL*ABC*E1*1", "NL*ABC*E1*1")),
    ),
    "an EVSE that is known": (
        AlreadyExists,
        "/stations/0/evse_ids",
        lambda w: garage(w, station("HW-9", "DUO-22", *TWO_EVSES)),
    ),
    "hardware that is known": (AlreadyExists, "/stations/0/unit/serial", lambda w: garage(w, station("HW-1"))),
    "hardware twice": (
        AlreadyExists,
        "/stations/0/unit/serial",
        lambda w: garage(w, station("HW-9"), station("HW-9")),
    ),
    "hardware of the warehouse": (AlreadyExists, "/stations/0/unit/serial", lambda w: garage(w, station("HW-5"))),
}


@pytest.mark.parametrize("what", FAULTS)
async def test_what_can_not_be_entered_is_refused_with_its_field_and_nothing_is_stored(
    road: SiteRoad, what: str
) -> None:
    await road.enter(station("HW-1", "DUO-22", *TWO_EVSES))
    await road.world.book_in("HW-5")
    kind, pointer, new = FAULTS[what]
    before = {table: len(await road.rows(table)) for table in (Site, WorkOrder, Unit, LineEvse, Handover)}
    with pytest.raises(kind) as refused:
        await road.enter_at(new(road.world))
    assert refused.value.facts["errors"][0]["pointer"] == pointer  # type: ignore[attr-defined]
    assert {table: len(await road.rows(table)) for table in before} == before


async def test_each_name_of_a_unit_is_refused_for_itself(road: SiteRoad) -> None:
    await road.enter(station("HW-1"))
    for name in ("serial", "hardware_id", "ocpp_identity"):
        known, other = station("HW-1").unit, station("HW-2").unit
        assert known is not None
        assert other is not None
        twin = other.model_copy(update={name: getattr(known, name)})
        with pytest.raises(AlreadyExists) as refused:
            await road.enter(station("HW-2").model_copy(update={"unit": twin}))
        assert [each["pointer"] for each in refused.value.facts["errors"]] == [f"/stations/0/unit/{name}"]


async def test_hardware_that_was_called_off_comes_again_under_all_its_names_only(road: SiteRoad) -> None:
    await road.enter(station("HW-1"))
    wanted = (station("HW-1"), station("HW-2"))
    linked = await road.do(NOBODY, lambda work: site_checks.look(work, wanted))
    assert (linked.faulty, linked.again) == ({0}, {})
    await road.call_off()
    free = await road.do(NOBODY, lambda work: site_checks.look(work, wanted))
    assert free.faulty == set()
    assert [(index, unit.hardware_id) for index, unit in free.again.items()] == [(0, "HW-1")]
    first, second = (each.unit for each in wanted)
    assert first is not None
    assert second is not None
    mixed = wanted[0].model_copy(update={"unit": first.model_copy(update={"ocpp_identity": second.ocpp_identity})})
    other = await road.do(NOBODY, lambda work: site_checks.look(work, (mixed,)))
    assert [fault.field for fault in other.faults] == ["unit/serial", "unit/hardware_id"]
