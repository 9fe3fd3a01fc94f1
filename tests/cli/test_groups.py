"""``stationmaster group`` on the public API (S6)."""

import pytest

from models.rules.access import Role
from tests.api.road import Road
from tests.api.test_subscribers import active
from tests.cli.commands import Terminal, program
from tests.people import World
from tests.subscribing import cards_in_pool

pytestmark = [pytest.mark.hard, pytest.mark.step("S6")]


async def test_a_group_is_made_limited_and_filled_and_its_super_user_sees_it(
    road: Road, terminal: Terminal, world: World
) -> None:
    care = await program(world, world.operator, Role.CUSTOMER_CARE)
    boss = await program(world, world.group_owner, Role.SUPER_USER)
    made = (await terminal.run(care, "group", "make", "Taxi BV", str(world.group_owner.id), "--json")).said
    name, person, station = made["reference"], await active(road), await road.to_checked()
    limited = await terminal.run(care, "group", "limit", name, "--sessions", "2", "--card-amount", "75", "--json")
    assert (limited.said["sessions"], limited.said["card_amount"]) == (2, "75.0000")
    await cards_in_pool(world, "NL-8")
    for what in (("--person", person), ("--card", "NL-8"), ("--station", station)):
        taken = await terminal.run(care, "group", "take", name, *what)
        assert taken.code == 0, taken.err
    assert (await terminal.run(care, "group", "take", name)).code == 2
    closed = await terminal.run(boss, "group", "open", name, station, "closed", "--json")
    assert closed.said["access"] == "closed"
    unbilled = await terminal.run(boss, "group", "vend", name, station, "unbilled", "--json")
    assert (unbilled.said["access"], unbilled.said["vend"]) == ("closed", "unbilled")
    people = await terminal.run(boss, "group", "members", name, "people", "--json")
    assert [each["subscriber"] for each in people.said] == [person]
    shown = await terminal.run(boss, "group", "show", name)
    assert all(part in shown.out for part in ("Taxi BV", "75.0000", "Sessions now"))
    assert (await terminal.run(boss, "group", "let-go", name, "--person", person)).code == 0
    assert (await terminal.run(boss, "group", "let-go", name, "--station", station)).code == 1
