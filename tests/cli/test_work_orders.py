"""``stationmaster work-order`` on the public API."""

import pytest

from models.rules.access import Role
from tests.api.road import Road
from tests.cli.commands import Terminal, program
from tests.people import World

pytestmark = pytest.mark.hard


@pytest.mark.step("P10")
async def test_a_work_order_is_planned_and_what_stands_against_that_is_shown(
    road: Road, terminal: Terminal, world: World
) -> None:
    reference = await road.to_work_order()
    await road.call(world.installer_user, "POST", "/v1/crews", json={"name": "North"})
    installer = await program(world, world.installer, Role.INSTALLER)
    (listed,) = (await terminal.run(installer, "work-order", "list", "--json")).said
    assert listed["reference"] == reference
    hours = ("--from", "2099-01-06T08:00+01:00", "--to", "2099-01-06T12:00+01:00")
    planned = await terminal.run(installer, "work-order", "plan", reference, *hours, "--crew", "north")
    assert planned.code == 0, planned.err
    assert "North" in planned.out
    assert "the warehouse has to hand them over" in planned.out
    again = await terminal.run(
        installer, "work-order", "plan", reference, "--day", "2099-01-07", "--reason", "Frost", "--json"
    )
    assert (again.said["planned_for"], again.said["crew"]) == ("2099-01-07", None)
    plans = (await terminal.run(installer, "work-order", "plans", reference, "--json")).said
    assert [(each["number"], each["reason"]) for each in plans] == [(2, "Frost"), (1, None)]


@pytest.mark.step("P10")
async def test_a_busy_crew_is_refused_with_the_other_work_order(road: Road, terminal: Terminal, world: World) -> None:
    await road.call(world.installer_user, "POST", "/v1/crews", json={"name": "North"})
    installer = await program(world, world.installer, Role.INSTALLER)
    hours = ("--from", "2099-01-06T08:00+01:00", "--to", "2099-01-06T12:00+01:00", "--crew", "North")
    first = await road.to_work_order()
    assert (await terminal.run(installer, "work-order", "plan", first, *hours)).code == 0
    second = await road.to_work_order()
    refused = await terminal.run(installer, "work-order", "plan", second, *hours)
    assert refused.code == 1
    assert first in refused.err
    accepted = await terminal.run(
        installer, "work-order", "plan", second, *hours, "--accept-conflicts", "--reason", "They split up", "--json"
    )
    assert accepted.said["conflicts"][0]["kind"] == "crew_busy"
    assert (await terminal.run(installer, "work-order", "plan", second)).code == 2


@pytest.mark.step("P9")
async def test_lines_are_shown_added_changed_and_removed_by_their_number(
    road: Road, terminal: Terminal, world: World
) -> None:
    reference = await road.to_work_order()
    operations = await program(world, world.operator, Role.OPERATIONS)
    typed = ("work-order",)
    added = (await terminal.run(operations, *typed, "add-line", reference, "SOLO-11", "--json")).said
    assert [each["product"]["code"] for each in added] == ["DUO-22", "SOLO-11"]
    changed = (await terminal.run(operations, *typed, "change-line", reference, "1", "SOLO-11", "--json")).said
    assert [each["product"]["code"] for each in changed] == ["SOLO-11", "SOLO-11"]
    removed = (await terminal.run(operations, *typed, "remove-line", reference, "1", "--json")).said
    assert [each["number"] for each in removed] == [2]
    missing = await terminal.run(operations, *typed, "remove-line", reference, "7")
    assert (missing.code, missing.err.strip()) == (1, f"{reference} has no line 7; it has 2")
    last = await terminal.run(operations, *typed, "remove-line", reference, "2")
    assert (last.code, "only line" in last.err) == (1, True)
    lines = await terminal.run(operations, *typed, "lines", reference)
    assert "SOLO-11" in lines.out
    shown = await terminal.run(operations, *typed, "show", reference)
    assert "Installatie BV" in shown.out
