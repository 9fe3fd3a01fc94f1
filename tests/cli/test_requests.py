"""``stationmaster request`` on the public API."""

import json
from pathlib import Path

import pytest

from models.rules.access import Role
from tests.api.road import NEW, Road
from tests.cli.commands import Terminal, program
from tests.people import World

pytestmark = pytest.mark.hard


@pytest.mark.step("P1", "P3")
async def test_a_request_is_sent_in_listed_shown_and_approved(
    road: Road, terminal: Terminal, world: World, tmp_path: Path
) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps(NEW))
    made = (await terminal.run(world.requester, "request", "create", str(file), "--key", "k-1", "--json")).said
    again = (
        await terminal.run(world.requester, "request", "create", "-", "--key", "k-1", "--json", stdin=json.dumps(NEW))
    ).said
    assert again["reference"] == made["reference"] == "PR-2026-000001"
    await road.processes.hear_everything()
    listed = await terminal.run(world.requester, "request", "list")
    assert "PR-2026-000001" in listed.out
    assert "Amsterdam" in listed.out
    operations = await program(world, world.operator, Role.OPERATIONS)
    shown = await terminal.run(operations, "request", "show", made["reference"])
    assert "approve, reject" in shown.out
    approved = (await terminal.run(operations, "request", "approve", made["reference"], "--json")).said
    assert approved["stage"] == "grid_requested"


@pytest.mark.step("P3", "P4")
async def test_a_refusal_says_what_is_possible_and_ends_with_1(road: Road, terminal: Terminal, world: World) -> None:
    await road.submit()
    operations = await program(world, world.operator, Role.OPERATIONS)
    assert (await terminal.run(operations, "request", "reject", road.reference)).code == 2
    rejected = (
        await terminal.run(operations, "request", "reject", road.reference, "--reason", "No room", "--json")
    ).said
    assert (rejected["stage"], rejected["rejection_reason"]) == ("rejected", "No room")
    late = await terminal.run(operations, "request", "approve", road.reference)
    assert (late.code, late.out) == (1, "")
    assert "ended" in late.err
    stranger = await terminal.run(world.other_requester, "request", "show", road.reference, "--json")
    assert stranger.code == 1
    assert json.loads(stranger.err)["status"] == 404


@pytest.mark.step("P1")
async def test_bad_input_is_told_field_by_field(terminal: Terminal, world: World) -> None:
    wrong = json.dumps({**NEW, "stations": 0, "contact": {"name": "R", "email": "nobody"}})
    refused = await terminal.run(world.requester, "request", "create", "-", stdin=wrong)
    assert refused.code == 1
    assert "/stations: " in refused.err
    assert "/contact/email: " in refused.err
    for text in ("{", ""):
        assert (await terminal.run(world.requester, "request", "create", "-", stdin=text)).code == 2
    assert (await terminal.run(world.requester, "request", "create", "/none/such.json")).code == 2


@pytest.mark.step("P20")
async def test_a_request_is_withdrawn_by_its_requester_or_cancelled_by_operations(
    road: Road, terminal: Terminal, world: World
) -> None:
    await road.submit()
    operations = await program(world, world.operator, Role.OPERATIONS)
    done = await terminal.run(world.requester, "request", "withdraw", road.reference, "--reason", "Rebuilt", "--json")
    assert (done.said["ending"], done.said["ending_reason"]) == ("withdrawn", "Rebuilt")
    await road.submit()
    done = await terminal.run(
        operations, "request", "cancel", road.reference, "--reason", "The tender has ended", "--json"
    )
    assert (done.said["ending"], done.said["ending_reason"]) == ("cancelled", "The tender has ended")


@pytest.mark.step("P1")
async def test_a_list_is_as_long_as_asked_for(road: Road, terminal: Terminal, world: World) -> None:
    for _ in range(3):
        await road.submit()
    run = terminal.run
    assert len((await run(world.requester, "request", "list", "--limit", "2", "--json")).said) == 2
    assert len((await run(world.requester, "request", "list", "--all", "--json")).said) == 3
    assert (await run(world.requester, "request", "list", "--stage", "operating", "--json")).said == []
    assert "There are none" in (await run(world.requester, "request", "list", "--stage", "operating")).out


async def test_what_others_have_written_can_not_steer_the_terminal(
    road: Road, terminal: Terminal, world: World
) -> None:
    await road.submit(remarks="\x1b[2Jgone [bold]loud[/bold]")
    shown = await terminal.run(world.requester, "request", "show", road.reference)
    assert "\x1b" not in shown.out
    assert "gone [bold]loud[/bold]" in shown.out


async def test_a_reference_is_one_part_of_an_address_whatever_stands_in_it(terminal: Terminal, world: World) -> None:
    strange = await terminal.run(world.requester, "request", "show", "../tasks?state=done", "--json")
    assert strange.code == 1
    assert json.loads(strange.err)["status"] == 404


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"STATIONMASTER_API_KEY": ""}, "STATIONMASTER_API_KEY"),
        ({"STATIONMASTER_API_KEY": "sm_nobody"}, "does not know this key"),
        ({"STATIONMASTER_API_URL": ""}, "STATIONMASTER_API_URL"),
        ({"STATIONMASTER_API_URL": "http://127.0.0.1:1"}, "Nobody answers"),
    ],
)
async def test_who_is_not_let_in_or_reaches_nobody_is_told_what_to_set(
    terminal: Terminal, world: World, environment: dict[str, str], said: str
) -> None:
    lost = await terminal.run(world.requester, "request", "list", **environment)
    assert (lost.code, lost.out) == (3, "")
    assert said in lost.err


async def test_no_command_takes_a_key_as_an_argument(terminal: Terminal, world: World) -> None:
    for option in ("--api-key", "--token"):
        assert (await terminal.run(world.requester, "request", "list", option, "sm_x")).code == 2
