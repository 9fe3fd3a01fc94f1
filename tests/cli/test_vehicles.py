"""``stationmaster vehicle`` on the public API (S9)."""

import pytest

from models.rules.access import Role
from tests.api.road import Road
from tests.api.test_subscribers import active
from tests.cli.commands import Terminal, program
from tests.people import World

pytestmark = [pytest.mark.hard, pytest.mark.step("S9")]


async def test_a_car_is_registered_changed_and_removed_in_a_terminal(
    road: Road, terminal: Terminal, world: World
) -> None:
    care = await program(world, world.operator, Role.CUSTOMER_CARE)
    person = await active(road)
    assert (await terminal.run(care, "vehicle", "register", person)).code == 2
    wrong = await terminal.run(care, "vehicle", "register", person, "--mac", "A1:B2")
    assert wrong.code == 1
    assert "such as A1:B2:C3:D4:E5:F6" in wrong.err
    given = ("--mac", "a1:b2:c3:d4:e5:f6", "--plate", "v-123-bb", "--json")
    car = (await terminal.run(care, "vehicle", "register", person, *given)).said
    name = car["reference"]
    added = await terminal.run(care, "vehicle", "add-id", name, "--emaid", "NL-TNM-C00122045-K")
    assert all(part in added.out for part in ("V-123-BB", "A1B2C3D4E5F6", "NLTNMC00122045"))
    assert (await terminal.run(care, "vehicle", "remove-id", name, car["ids"][0]["id"])).code == 0
    changed = await terminal.run(care, "vehicle", "change", name, "--name", "Van 3", "--json")
    assert (changed.said["name"], [each["kind"] for each in changed.said["ids"]]) == ("Van 3", ["emaid"])
    gone = await terminal.run(care, "vehicle", "remove", name, "--because", "sold", "--json")
    assert gone.said["state"] == "removed"
    listed = await terminal.run(care, "vehicle", "list", "--subscriber", person, "--json")
    assert [each["removal_reason"] for each in listed.said] == ["sold"]
