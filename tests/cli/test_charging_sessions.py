"""``stationmaster charging-session`` on the public API."""

from datetime import timedelta

import pytest

from models.rules.access import Role
from tests.api.road import Road
from tests.api.test_charging_session_decisions import set_aside
from tests.charging import a_street
from tests.cli.commands import Terminal, program
from tests.people import World

pytestmark = [pytest.mark.hard, pytest.mark.step("C1", "B1")]


async def test_a_session_is_found_and_its_price_is_read_line_by_line(terminal: Terminal, world: World) -> None:
    street = await a_street(world, world.desk)
    street.at = world.desk.clock() - timedelta(days=2)
    owner = await street.driver()
    transaction, _ = await street.start()
    await street.stop(transaction)
    session = await street.session()
    await street.settle(session)
    finance = await program(world, world.operator, Role.FINANCE)
    of_owner = ("charging-session", "list", "--subscriber", owner.reference, "--json")
    assert [each["reference"] for each in (await terminal.run(finance, *of_owner)).said] == [session.reference]
    since = (*of_owner[:-1], "--since", street.later(1).isoformat(timespec="seconds"), "--json")
    assert (await terminal.run(finance, *since)).said == []
    shown = await terminal.run(finance, "charging-session", "show", session.reference)
    assert shown.code == 0, shown.err
    assert all(part in shown.out for part in ("Settled", "NL-1", "10.000000", "kWh", "4.13", "0.87", "5.00"))
    assert (await terminal.run(finance, "charging-session", "show", "CS-0")).code == 1


@pytest.mark.step("C4")
async def test_customer_care_starts_and_stops_a_session_for_somebody_on_the_telephone(
    terminal: Terminal, world: World
) -> None:
    street = await a_street(world, world.desk)
    street.at = world.desk.clock()
    owner = await street.driver()
    care = await program(world, world.operator, Role.CUSTOMER_CARE)
    words = ("charging-session", "start", street.asset.name, "--subscriber", owner.reference, "--connector", "1")
    started = await terminal.run(care, *words)
    assert started.code == 0, started.err
    assert all(part in started.out for part in ("Queued", "NL-1", "€0.50 per kWh"))
    await street.start()
    stopped = await terminal.run(care, "charging-session", "stop", (await street.session()).reference, "--json")
    assert stopped.said["kind"] == "stop_charging"
    refused = await terminal.run(care, *words[:-1], "2")
    assert (refused.code, "charges elsewhere already" in refused.err) == (1, True)


@pytest.mark.step("C2", "O15")
async def test_operations_says_when_a_session_began_that_no_clock_tells(
    road: Road, terminal: Terminal, world: World
) -> None:
    street = await a_street(world, world.desk)
    reference = await set_aside(road, street)
    operations = await program(world, world.operator, Role.OPERATIONS)
    words = ("charging-session", "bill", reference, "--reason", "By the log")
    refused = await terminal.run(operations, *words)
    assert (refused.code, "Nobody knows when it began" in refused.err) == (1, True)
    billed = await terminal.run(operations, *words, "--began", street.later(-180).isoformat(), "--json")
    assert (billed.code, billed.said["stage"]) == (0, "stopped"), billed.err
    waived = await terminal.run(operations, "charging-session", "waive", reference, "--reason", "Too late")
    assert waived.code == 1
