"""The whole road on real Temporal and real PostgreSQL: straight, and with its most usual bends (P1-P19)."""

import pytest
from temporalio.api.enums.v1 import EventType

from models.errors import ProcessEnded, StageDoesNotAllow
from models.messages.placement import RejectPlacement
from models.rules.grid import GridEvent
from models.tables.placement import PlacementRequest
from tests.road import decision
from tests.workflows import walk
from tests.workflows.house import House


@pytest.mark.step("P1", "P2", "P3", "P5", "P7", "P8", "P10", "P12", "P13", "P14", "P15", "P16", "P17", "P18", "P19")
async def test_the_straight_road_leads_from_a_request_to_an_operating_station(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await walk.begun(house)
    await walk.from_test_to_operation(house)
    assert await walk.results(house) == ("operating", "closed", "active")
    assert len(house.grid.made) == 1


@pytest.mark.step("P3", "P4")
async def test_a_rejected_request_ends_its_process_and_nothing_can_be_decided_any_more(house: House) -> None:
    await walk.submitted(house)
    rejected = decision(RejectPlacement, house.world.operations, reason="No room in the street")
    await house.decide(house.placement_id, "reject", rejected)
    assert await house.client.get_workflow_handle(house.placement_id).result() == "rejected"
    async with house.desk.database.transaction() as session:
        row = await session.get_one(PlacementRequest, house.road.placement.id)
    assert (row.stage, row.rejection_reason) == ("rejected", "No room in the street")
    assert row.ended_at is not None
    with pytest.raises(ProcessEnded):
        await house.decide(house.placement_id, "reject", rejected.model_copy(update={"decision_id": "again"}))
    assert house.grid.keys == []


@pytest.mark.step("P6")
async def test_a_rejected_location_is_replaced_and_the_road_goes_on_with_the_second_attempt(house: House) -> None:
    second = await walk.location_replaced(house)
    first, last = await house.road.attempts()
    assert (first.state, first.reason) == ("rejected", "No capacity in the street")
    await house.grid_says(str(first.connection_request_id), GridEvent.APPROVED)
    await house.grid_finishes(second)
    assert last.street == "Achterstraat"
    assert house.road.order.attempt_id == last.id
    assert "late call about an earlier location" in await house.road.said()
    assert len(house.grid.made) == 2


@pytest.mark.step("P5", "P6")
async def test_a_location_that_the_grid_operator_does_not_take_is_rejected(house: House) -> None:
    house.grid.refuses = "The postal code is unknown"
    await walk.submitted(house)
    await house.decide(house.placement_id, "approve", walk.approval(house))
    await house.assert_arrives("location_rejected")
    (attempt,) = await house.road.attempts()
    assert "The postal code is unknown" in str(attempt.reason)


@pytest.mark.step("P7")
async def test_calls_that_come_twice_and_out_of_order_lead_to_the_same_place(house: House) -> None:
    connection = await walk.approved(house)
    late_and_early = (GridEvent.CONNECTED, GridEvent.INSTALLATION_SCHEDULED, GridEvent.APPROVED)
    await house.grid_says(connection, *late_and_early, *late_and_early)
    await house.assert_arrives("in_installation", "open")
    (attempt,) = await house.road.attempts()
    assert attempt.state == "installation_scheduled"
    assert attempt.connected_at is not None
    assert (await house.road.said("work order")).count("work order made") == 1


async def test_a_stage_that_does_not_allow_a_decision_refuses_it_and_leaves_no_trace(house: House) -> None:
    await walk.approved(house)
    handle = house.client.get_workflow_handle(house.placement_id)
    with pytest.raises(StageDoesNotAllow, match="possible now: 'withdraw', 'cancel'"):
        await house.decide(house.placement_id, "approve", walk.approval(house))
    kinds = [EventType.Name(event.event_type) for event in (await handle.fetch_history()).events]
    assert kinds.count("EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED") == 1
