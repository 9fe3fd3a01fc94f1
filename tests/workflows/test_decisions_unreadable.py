"""What an engineer mistypes in Temporal's tools holds up nobody."""

import pytest

from tests.workflows import walk
from tests.workflows.house import House


@pytest.mark.parametrize("typed", [[], ["yes"], [{"decision_id": 1}]])
async def test_a_decision_by_signal_that_can_not_be_read_is_passed_over_and_the_process_goes_on(
    house: House, typed: list[object]
) -> None:
    await walk.submitted(house)
    await house.client.get_workflow_handle(house.placement_id).signal("approve", args=typed)
    await house.decide(house.placement_id, "approve", walk.approval(house))
    await house.assert_arrives("grid_requested")
