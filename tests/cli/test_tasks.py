"""``stationmaster task`` on the public API."""

import pytest

from models.rules.access import Role
from tests.api.road import Road
from tests.cli.commands import Terminal, program
from tests.people import World

pytestmark = pytest.mark.hard


@pytest.mark.step("P21")
async def test_a_task_is_claimed_released_and_passed_on(road: Road, terminal: Terminal, world: World) -> None:
    await road.submit()
    operations = await program(world, world.operator, Role.OPERATIONS)
    (task,) = (await terminal.run(operations, "task", "list", "--json")).said
    assert (task["kind"], task["reference"]) == ("review_placement", road.reference)
    claimed = (await terminal.run(operations, "task", "claim", task["id"], "--json")).said
    assert claimed["claimed_by"] == str(operations.id)
    assert len((await terminal.run(operations, "task", "list", "--mine", "--json")).said) == 1
    released = (await terminal.run(operations, "task", "release", task["id"], "--json")).said
    assert released["claimed_by"] is None
    to = str(world.second_operations.id)
    passed_on = await terminal.run(
        operations, "task", "reassign", task["id"], to, "--reason", "You know them", "--json"
    )
    assert passed_on.said["claimed_by"] == to
    shown = await terminal.run(operations, "task", "show", task["id"])
    assert road.reference in shown.out


@pytest.mark.step("P21")
async def test_a_task_that_a_decision_closes_is_not_finished_by_hand(
    road: Road, terminal: Terminal, world: World
) -> None:
    await road.submit()
    operations = await program(world, world.operator, Role.OPERATIONS)
    (task,) = (await terminal.run(operations, "task", "list", "--json")).said
    refused = await terminal.run(operations, "task", "finish", task["id"])
    assert (refused.code, refused.out) == (1, "")
    assert "decided" in refused.err
    assert (await terminal.run(operations, "task", "claim", "no-id")).code == 2
    assert (await terminal.run(operations, "task", "list", "--overdue", "--json")).said == []
