"""``stationmaster tariff`` on the public API (C10)."""

import json
from typing import Any

import pytest

from api.v1.tariffs import NEW
from models.rules.access import Role
from models.store import assets
from models.store.viewer import EVERYTHING
from tests.api.road import Road
from tests.api.test_tariffs import SESSION
from tests.cli.commands import Terminal, program
from tests.past_sessions import past_session
from tests.people import Person, World

pytestmark = [pytest.mark.hard, pytest.mark.step("C10")]

CODE = "TRF-PUBLIC"


@pytest.fixture
async def finance(road: Road, world: World) -> Person:
    await road.call(world.finance, "POST", "/v1/tariffs", json=NEW)
    return await program(world, world.operator, Role.FINANCE)


async def test_tariffs_are_listed_and_shown(terminal: Terminal, finance: Person) -> None:
    listed: Any = (await terminal.run(finance, "tariff", "list", "--search", "public", "--json")).said
    assert [(each["code"], each["version"]) for each in listed] == [(CODE, 1)]
    shown = await terminal.run(finance, "tariff", "show", CODE)
    assert shown.code == 0, shown.err
    assert '"min_overstay": 1800' in shown.out
    unknown = await terminal.run(finance, "tariff", "show", "TRF-NONE")
    assert unknown.code == 1


async def test_a_described_session_is_explained(terminal: Terminal, finance: Person) -> None:
    told = await terminal.run(finance, "tariff", "explain", CODE, "-", stdin=json.dumps(SESSION))
    assert told.code == 0, told.err
    assert "9.26" in told.out
    assert "PARKING_TIME" in told.out
    typed_wrong = await terminal.run(finance, "tariff", "explain", CODE, "-", stdin="{")
    assert typed_wrong.code == 2


async def test_a_tariff_is_tried_on_past_sessions(
    road: Road, terminal: Terminal, finance: Person, world: World
) -> None:
    name = await road.to_checked()
    async with world.desk.database.transaction() as session:
        asset = await assets.find(session, name, EVERYTHING)
    assert asset is not None
    began = world.desk.clock()
    number = await past_session(world.desk.database, asset.id, began, (60, 10_000))
    period = ("--since", "2020-01-01T00:00Z", "--until", "2100-01-01T00:00Z")
    tried: Any = (await terminal.run(finance, "tariff", "try", CODE, "--station", name, *period, "--json")).said
    assert [each["session"] for each in tried["items"]] == [number]
    shown = await terminal.run(finance, "tariff", "try", CODE, "--station", name, *period)
    assert str(number) in shown.out
