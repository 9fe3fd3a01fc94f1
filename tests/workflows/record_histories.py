"""Saves histories under tests/histories/: ``python -m pytest tests/workflows/record_histories.py``.

Not collected by itself. What is there is never written over: a process that has changed adds histories of its own.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from models.messages.placement import RejectPlacement
from models.messages.work_order import LinkHardware, UnlinkHardware
from models.usecases import notice
from tests.road import decision
from tests.temporal_server import PROGRAMS
from tests.workflows import test_delivery, walk
from tests.workflows.house import House
from tests.workflows.test_histories import FOLDER, READABLE
from workflows import search_attributes

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """Without the keys of this run, so that the histories can be replayed anywhere."""
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(PROGRAMS / "temporal"),
        search_attributes=search_attributes.ALL,
        data_converter=READABLE,
    )
    yield environment
    await environment.shutdown()


def without_the_machine(value: Any) -> Any:
    """Who ran it, and where its sources stood, is of no use to a replay."""
    if isinstance(value, list):
        return [without_the_machine(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: each for key, each in value.items() if key not in {"stackTrace", "lastFailure"}}
    return {key: "worker" if key == "identity" else without_the_machine(each) for key, each in kept.items()}


async def save(house: House, workflow_id: str, name: str) -> None:
    history = await house.client.get_workflow_handle(workflow_id).fetch_history()
    keep(FOLDER / f"{name}.json", without_the_machine(history.to_json_dict()))


def keep(path: Path, history: dict[str, Any]) -> None:
    text = json.dumps(history, indent=1, sort_keys=True)
    assert str(FOLDER.parents[1]) not in text
    if not path.exists():
        path.write_text(text + "\n")


async def straight(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await walk.begun(house)
    await walk.from_test_to_operation(house)
    await walk.results(house)
    await save(house, house.placement_id, "placement-straight")
    await save(house, house.work_order_id, "installation-straight")
    await save(house, house.station_id, "commissioning-straight")


async def rejected(house: House) -> None:
    await walk.submitted(house)
    refusal = decision(RejectPlacement, house.world.operations, reason="No room in the street")
    await house.decide(house.placement_id, "reject", refusal)
    await house.client.get_workflow_handle(house.placement_id).result()
    await save(house, house.placement_id, "placement-rejected")


async def with_bends(house: House) -> None:
    await walk.in_installation(house, await walk.location_replaced(house))
    await walk.failed(house)
    await walk.begun_again(house)
    await walk.passed(house)
    await walk.charged(house)
    await walk.sat_submitted(house)
    await walk.sat_returned_and_corrected(house)
    await walk.sat_approved(house)
    await walk.operating(house)
    await walk.results(house)
    await save(house, house.placement_id, "placement-location-replaced")
    await save(house, house.work_order_id, "installation-sat-returned")
    await save(house, house.station_id, "commissioning-test-repeated")


async def other_hardware(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await walk.begun(house)
    await house.road.connect()
    await house.relay.deliver([house.station_id])
    (line,) = await house.road.lines()
    await walk.by_installer(house, "unlink_hardware", UnlinkHardware, line_id=line.id)
    await house.assert_arrives("in_installation", "in_progress", "awaiting_hardware")
    await house.world.book_in("HW-2", holder=house.world.installer)
    await walk.by_installer(house, "link_hardware", LinkHardware, line_id=line.id, hardware_id="HW-2")
    await walk.begun_again(house)
    await house.boots("SN-HW-2")
    await house.assert_arrives("in_installation", "in_progress", "checked")
    await save(house, house.station_id, "commissioning-other-hardware")


async def delivery(house: House) -> None:
    endpoint = await test_delivery.endpoint_of(house)
    await test_delivery.tell(house, "placement.approved", "placement.rejected")
    await house.until(lambda: test_delivery.are(house, ["delivered"] * 2))
    await save(house, notice.workflow_id(endpoint.id), "delivery-two-notices")


@pytest.mark.parametrize("road", [straight, rejected, with_bends, other_hardware, delivery])
async def test_a_road_is_recorded(house: House, road: Callable[[House], Awaitable[None]]) -> None:
    await road(house)
