"""What an engineer sees of a process in Temporal, and what nobody sees without the keys (every part, 5)."""

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHistory

from models.errors import UnknownHardware
from models.messages.placement import RejectPlacement
from models.messages.work_order import LinkHardware
from models.rules.grid import GridEvent
from tests.road import decision
from tests.workflows import walk
from tests.workflows.house import House
from workflows import search_attributes
from workflows.codec import ENCODING

REASON = "A tree that the city wants to keep stands there"


async def found_by(house: House, workflow_id: str) -> tuple[str | None, str | None, str | None]:
    attributes = (await house.describe(workflow_id)).typed_search_attributes
    keys = (search_attributes.REFERENCE, search_attributes.STAGE, search_attributes.ORGANISATION)
    reference, stage, organisation = [attributes.get(key) for key in keys]
    return reference, stage, organisation


@pytest.mark.step("H5")
async def test_a_placement_is_found_by_reference_stage_and_organisation(house: House) -> None:
    await walk.approved(house)
    reference = house.road.placement.reference
    assert await found_by(house, house.placement_id) == (reference, "grid_requested", "Gemeente Voorbeeld")
    await house.until(lambda: _listed(house, f"Reference = '{reference}' AND Stage = 'grid_requested'"))


async def _listed(house: House, query: str) -> bool:
    return [each.id async for each in house.client.list_workflows(query)] == [house.placement_id]


@pytest.mark.step("H5")
async def test_a_work_order_and_a_station_are_found_by_the_partner_that_they_wait_for(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await walk.begun(house)
    await house.until(lambda: _waits(house, house.station_id, "Waits for **station**"))
    order, station = house.road.order.reference, house.road.asset.name
    assert await found_by(house, house.work_order_id) == (order, "in_progress", "Installatie BV")
    assert await found_by(house, house.station_id) == (station, "registered", "Onderhoud BV")
    attributes = (await house.describe(house.station_id)).typed_search_attributes
    assert attributes.get(search_attributes.STATION) == station


@pytest.mark.step("H5", "P22")
async def test_a_process_says_in_plain_words_what_it_waits_for_and_what_can_be_decided(house: House) -> None:
    await walk.submitted(house)
    await house.until(lambda: _waits(house, house.placement_id, "Waits for **operations** since"))
    told = await house.details(house.placement_id)
    assert f"{house.road.placement.reference}: Request submitted" in told
    assert "Can be decided now: `approve`, `reject`" in told
    await house.decide(house.placement_id, "approve", walk.approval(house))
    await house.grid_says(await walk.requested(house), GridEvent.REJECTED, reason=REASON)
    await house.until(lambda: _waits(house, house.placement_id, "`reject`, `propose_location`"))
    assert REASON not in await house.details(house.placement_id)


async def _waits(house: House, workflow_id: str, words: str) -> bool:
    return words in await house.details(workflow_id)


@pytest.mark.step("H5")
async def test_what_is_decided_travels_encrypted_and_only_the_keys_open_it(house: House) -> None:
    await walk.submitted(house)
    await house.decide(house.placement_id, "reject", decision(RejectPlacement, house.world.operations, reason=REASON))
    history = await house.client.get_workflow_handle(house.placement_id).fetch_history()
    raw = b"".join(event.SerializeToString() for event in history.events)
    assert REASON.encode() not in raw
    assert house.world.operations.name.encode() not in raw
    sealed = payloads(history)
    assert len(sealed) > 4
    assert {payload.metadata["encoding"] for payload in sealed} == {ENCODING}
    opened = await house.client.data_converter.payload_codec.decode(sealed)  # type: ignore[union-attr]
    assert any(REASON.encode() in payload.data for payload in opened)


def payloads(history: WorkflowHistory) -> list[Payload]:
    """Every payload that carries what was said: inputs, results, Updates and their outcomes."""
    found: list[Payload] = []
    for event in history.events:
        started = event.workflow_execution_started_event_attributes.input.payloads
        scheduled = event.activity_task_scheduled_event_attributes.input.payloads
        completed = event.activity_task_completed_event_attributes.result.payloads
        accepted = event.workflow_execution_update_accepted_event_attributes.accepted_request.input.args.payloads
        answered = event.workflow_execution_update_completed_event_attributes.outcome.success.payloads
        ended = event.workflow_execution_completed_event_attributes.result.payloads
        found += [*started, *scheduled, *completed, *accepted, *answered, *ended]
    return found


@pytest.mark.step("H5")
async def test_a_refusal_by_the_database_travels_encrypted_too(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    (line,) = await house.road.lines()
    with pytest.raises(UnknownHardware):
        await walk.by_installer(house, "link_hardware", LinkHardware, line_id=line.id, hardware_id="SECRET-LABEL")
    history = await house.client.get_workflow_handle(house.work_order_id).fetch_history()
    assert b"SECRET-LABEL" not in b"".join(event.SerializeToString() for event in history.events)


async def test_without_the_keys_a_process_can_not_be_read(house: House) -> None:
    await walk.submitted(house)
    config = house.client.service_client.config
    stranger = await Client.connect(config.target_host)
    with pytest.raises(Exception, match=r"Unknown payload encoding|encrypted"):
        await stranger.get_workflow_handle(house.placement_id, result_type=str).query("__stack_trace", result_type=str)
