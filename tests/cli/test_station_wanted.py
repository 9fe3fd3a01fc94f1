"""``stationmaster station wanted`` on the public API (L5)."""

from typing import Any

import pytest

from models.rules.access import Role
from models.rules.authorisation import TokenKind
from models.tables.charging import IdToken
from tests.api.road import Road
from tests.cli.commands import Terminal, program
from tests.people import Person, World

pytestmark = [pytest.mark.hard, pytest.mark.step("L5")]

WANTED = ("station", "wanted")
KEY = "MeterValueSampleInterval"


@pytest.fixture
async def engineer(world: World) -> Person:
    return await program(world, world.operator, Role.ENGINEER)


async def active(road: Road) -> str:
    name = await road.to_accepted()
    await road.call(road.world.administrator, "POST", f"/v1/stations/{name}/activate")
    return name


async def test_settings_are_wanted_of_a_product_and_of_a_station_shown_and_forgotten(
    road: Road, terminal: Terminal, engineer: Person
) -> None:
    name = await active(road)
    made: Any = await terminal.run(engineer, *WANTED, "set", "DUO-22", "--product", f"{KEY}=60", "A/B#1=x=y", "--json")
    assert [(each["key"], each["value"]) for each in made.said["configuration"]] == [("A/B#1", "x=y"), (KEY, "60")]
    own = await terminal.run(engineer, *WANTED, "set", name, f"{KEY}=30")
    assert own.code == 0, own.err
    shown = (await terminal.run(engineer, *WANTED, "show", name, "--json")).said["configuration"]
    assert [(each["wanted"], each["of"], each["state"]) for each in shown] == [
        ("x=y", "product", "pending"),
        ("30", "station", "pending"),
    ]
    gone = await terminal.run(engineer, *WANTED, "unset", "DUO-22", "--product", "A/B#1", KEY)
    assert "No setting is wanted." in gone.out
    assert (await terminal.run(engineer, *WANTED, "unset", "DUO-22", "--product", KEY)).code == 1


async def test_firmware_is_rolled_out_shown_with_its_counts_and_stopped(
    road: Road, terminal: Terminal, engineer: Person
) -> None:
    await active(road)
    typed = (*WANTED, "firmware", "DUO-22", "2.1", "https://files.example/2.1.bin", "--product")
    hours = ("--from-hour", "1", "--to-hour", "5", "--first", "2", "--share-percent", "25")
    made = (await terminal.run(engineer, *typed, *hours, "--json")).said
    assert (made["version"], made["from_hour"], made["to_hour"], made["first"]) == ("2.1", 1, 5, 2)
    assert (made["share_percent"], made["failure_limit_percent"]) == (25, 20)
    shown = await terminal.run(engineer, *WANTED, "show", "DUO-22", "--product")
    assert "2.1" in shown.out
    assert "Under way" in shown.out
    wrong = await terminal.run(engineer, *typed, "--from-hour", "1")
    assert (wrong.code, "to_hour" in wrong.err) == (1, True)
    assert (await terminal.run(engineer, *typed, "--certificate", "/not/there")).code == 2
    stopped = (await terminal.run(engineer, *WANTED, "stop-firmware", "DUO-22", "--product", "--json")).said
    assert (stopped["firmware"], stopped["roll_out"]) == (None, None)


async def test_a_local_list_is_wanted_of_a_station_and_how_far_it_has_come_is_shown(
    road: Road, terminal: Terminal, engineer: Person
) -> None:
    name = await active(road)
    async with road.world.desk.database.transaction() as session:
        session.add(IdToken(token="CARD-A", kind=TokenKind.CARD))
    made = (await terminal.run(engineer, *WANTED, "cards", name, "card-a", "--json")).said
    assert (made["tokens"], made["all_cards"]) == (["CARD-A"], False)
    shown = (await terminal.run(engineer, *WANTED, "show", name, "--json")).said["list"]
    assert (shown["of"], shown["state"], shown["wanted"], shown["taken"]) == ("station", "pending", 1, 0)
    assert "Cards taken" in (await terminal.run(engineer, *WANTED, "show", name)).out
    assert (await terminal.run(engineer, *WANTED, "cards", name)).code == 2
    chosen = (await terminal.run(engineer, *WANTED, "cards", name, "--chosen", "--json")).said
    assert (chosen["tokens"], chosen["chosen"]) == ([], True)
    both = await terminal.run(engineer, *WANTED, "cards", name, "--chosen", "--all")
    assert (both.code, "give one of them" in both.err) == (1, True)
    assert (await terminal.run(engineer, *WANTED, "forget-cards", name, "--json")).said["list"] is None


async def test_a_station_is_asked_at_once_and_one_that_is_not_in_operation_is_not(
    road: Road, terminal: Terminal, engineer: Person
) -> None:
    name = await road.to_accepted()
    refused = await terminal.run(engineer, *WANTED, "check", name)
    assert (refused.code, "not in operation" in refused.err) == (1, True)
    await road.call(road.world.administrator, "POST", f"/v1/stations/{name}/activate")
    assert (await terminal.run(engineer, *WANTED, "check", name)).code == 0


@pytest.mark.step("H2")
async def test_what_was_typed_wrong_and_who_may_not_is_told(road: Road, terminal: Terminal, world: World) -> None:
    await active(road)
    operations = await program(world, world.operator, Role.OPERATIONS)
    assert (await terminal.run(operations, *WANTED, "show", "DUO-22", "--product")).code == 0
    assert (await terminal.run(operations, *WANTED, "set", "DUO-22", "--product", f"{KEY}=60")).code == 1
    shape = await terminal.run(operations, *WANTED, "set", "DUO-22", "--product", KEY)
    assert (shape.code, "key=value" in shape.err) == (2, True)
