"""``stationmaster station`` on the public API."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from models.messages.station import CommandOutcome
from models.rules.access import Role
from models.store import assets, commands
from models.store.viewer import EVERYTHING
from models.usecases import command
from tests.api.road import PROCESS, Road
from tests.cli.commands import Terminal, program
from tests.csms.station import until_async
from tests.people import World

pytestmark = pytest.mark.hard


async def _answer(road: Road, name: str, outcome: str) -> None:
    """As the command's process does, once the command is there."""

    async def waiting() -> list[UUID]:
        async with road.world.desk.work(PROCESS, "test") as work:
            asset = await assets.find(work.session, name, EVERYTHING)
            assert asset is not None
            return list(await commands.open_ids(work.session, asset.id))

    ids: list[UUID] = await until_async(waiting)
    said = CommandOutcome.model_validate({"outcome": outcome})
    async with road.world.desk.work(PROCESS, "test") as work:
        await command.dispatch(work, ids[0])
    async with road.world.desk.work(PROCESS, "test") as work:
        await command.note_outcome(work, ids[0], said)


async def test_a_command_is_sent_listed_and_called_off(road: Road, terminal: Terminal, world: World) -> None:
    name = await road.to_checked()
    engineer = await program(world, world.operator, Role.ENGINEER)
    typed = ("station", "command", name)
    asked: Any = (await terminal.run(engineer, *typed, "unlock", "connector=1", "--valid", "60", "--json")).said
    assert (asked["state"], asked["arguments"]) == ("queued", {"connector": 1})
    more = await terminal.run(engineer, *typed, "read_configuration", 'keys:=["HeartbeatInterval"]')
    assert more.code == 0, more.err
    assert "read_configuration" in more.out
    listed = (await terminal.run(engineer, "station", "commands", name, "--json")).said
    assert [each["kind"] for each in listed] == ["read_configuration", "unlock"]
    shown = await terminal.run(engineer, "station", "commands", name, "--kind", "unlock")
    assert "Queued" in shown.out
    gone = await terminal.run(engineer, "station", "cancel-command", name, asked["id"], "--json")
    assert gone.said["state"] == "cancelled"
    again = await terminal.run(engineer, "station", "cancel-command", name, asked["id"])
    assert again.code == 1


@pytest.mark.parametrize(("outcome", "code"), [("accepted", 0), ("rejected", 1)])
async def test_who_waits_is_told_by_the_exit_code_what_came_of_it(
    road: Road, terminal: Terminal, world: World, outcome: str, code: int
) -> None:
    name = await road.to_checked()
    engineer = await program(world, world.operator, Role.ENGINEER)
    told, _ = await asyncio.gather(
        terminal.run(engineer, "station", "command", name, "reset", "--wait"), _answer(road, name, outcome)
    )
    assert told.code == code, told.err
    assert outcome in told.out


@pytest.mark.step("H2")
async def test_what_was_typed_wrong_is_named(road: Road, terminal: Terminal, world: World) -> None:
    name = await road.to_checked()
    engineer = await program(world, world.operator, Role.ENGINEER)
    field = await terminal.run(engineer, "station", "command", name, "unlock", "connector=9")
    assert field.code == 1
    assert "/arguments/connector" in field.err
    shape = await terminal.run(engineer, "station", "command", name, "unlock", "connector")
    assert shape.code == 2
    assert "key=value" in shape.err
    json = await terminal.run(engineer, "station", "command", name, "unlock", "connector:={")
    assert json.code == 2


@pytest.mark.step("S7")
async def test_the_terms_of_a_station_are_set_and_shown(road: Road, terminal: Terminal, world: World) -> None:
    name = await road.to_checked()
    operations = await program(world, world.operator, Role.OPERATIONS)
    made = await terminal.run(operations, "station", "vend", name, "free", "--json")
    assert made.said["vend"] == "free"
    shown = await terminal.run(operations, "station", "vend", name)
    assert "free" in shown.out
    assert (await terminal.run(operations, "station", "vend", name, "gratis")).code == 1
