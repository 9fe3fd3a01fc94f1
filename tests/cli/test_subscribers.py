"""``stationmaster customer``, ``subscriber`` and ``card`` on the public API."""

import asyncio
import dataclasses
import json
import zipfile
from pathlib import Path

import pytest
from fastapi import FastAPI

from activities.gateways.documents import LocalDocuments
from activities.personal_data import PersonalDataRound
from api.v1.tariffs import NEW as TARIFF
from models.rules.access import Role
from tests.api.road import Road
from tests.api.test_customer_imports import row
from tests.api.test_station_imports import written
from tests.api.test_subscribers import PERSON, active
from tests.cli.commands import Terminal, program
from tests.people import World
from tests.subscribing import cards_in_pool

pytestmark = [pytest.mark.hard, pytest.mark.step("S1")]


async def test_a_customer_is_entered_found_imported_and_written_out(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    care = await program(world, world.operator, Role.CUSTOMER_CARE)
    made = (await terminal.run(care, "customer", "create", "-", "--json", stdin=json.dumps(PERSON))).said
    found = await terminal.run(care, "customer", "find", "jansen")
    assert made["reference"] in found.out
    assert "customer added" in (await terminal.run(care, "customer", "history", made["reference"])).out
    file = tmp_path / "customers.csv"
    file.write_bytes(written([row("B. Bakker"), row("C. Smit", phone="1")]))
    done = await terminal.run(care, "customer", "import", str(file))
    assert (done.code, "1 entered, 0 known, 1 refused" in done.out) == (1, True)
    exported = await terminal.run(care, "customer", "export")
    assert exported.out.count("@voorbeeld.example") == 2
    stranger = await program(world, world.operator, Role.OPERATIONS)
    assert (await terminal.run(stranger, "customer", "export")).code == 1


@pytest.mark.step("S3", "S4", "S5")
async def test_an_agent_looks_after_a_subscription_and_its_cards(road: Road, terminal: Terminal, world: World) -> None:
    care = await program(world, world.operator, Role.CUSTOMER_CARE)
    reference = await active(road)
    await cards_in_pool(world, "NL-2")
    shown = await terminal.run(care, "subscriber", "show", reference)
    assert all(part in shown.out for part in (reference, "Active", "NL-1"))
    replaced = await terminal.run(care, "subscriber", "replace-card", reference, "NL-1", "--because", "lost", "--json")
    assert {each["number"]: each["state"] for each in replaced.said["cards"]} == {"NL-1": "blocked", "NL-2": "assigned"}
    await road.call(world.finance, "POST", "/v1/tariffs", json=TARIFF)
    priced = await terminal.run(care, "subscriber", "change-tariff", reference, "TRF-PUBLIC", "--json")
    assert [each["tariff"] for each in priced.said["tariffs"]] == ["TRF-PUBLIC"]
    suspended = await terminal.run(care, "subscriber", "suspend", reference, "--reason", "Unpaid", "--json")
    assert suspended.said["stage"] == "suspended"
    assert (await terminal.run(care, "card", "block", "NL-2", "--because", "stolen", "--json")).said[
        "state"
    ] == "blocked"
    assert (await terminal.run(care, "card", "pool", "--json")).said["blocked"] == 2
    told = await terminal.run(care, "subscriber", "notices", reference, "--kind", "card_replaced", "--json")
    assert [(each["kind"], each["state"]) for each in told.said] == [("card_replaced", "waiting")]
    assert "card_blocked" in (await terminal.run(care, "subscriber", "notices", reference)).out
    account = await terminal.run(care, "subscriber", "account", reference, "--json")
    assert (account.said["balance"], account.said["available"]) == ("0.0000", "250.0000")
    finance = await program(world, world.operator, Role.FINANCE)
    limited = await terminal.run(finance, "subscriber", "credit-limit", reference, "400", "--reason", "Pays", "--json")
    assert limited.said["credit_limit"] == "400.0000"
    refused = await terminal.run(care, "subscriber", "settle", reference, "--reason", "x")
    assert (refused.code, "subscribers:settle" in refused.err) == (1, True)


@pytest.mark.step("S8")
async def test_what_is_kept_about_a_customer_is_written_out_and_erased(
    app: FastAPI, terminal: Terminal, world: World, tmp_path: Path
) -> None:
    documents = LocalDocuments(tmp_path / "documents")
    app.state.services = dataclasses.replace(app.state.services, documents=documents)
    care = await program(world, world.operator, Role.CUSTOMER_CARE)
    made = (await terminal.run(care, "customer", "create", "-", "--json", stdin=json.dumps(PERSON))).said
    reference, file = made["reference"], tmp_path / "data.zip"
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as together:
        together.create_task(PersonalDataRound(world.desk, documents).run(stop))
        done = await terminal.run(care, "customer", "personal-data", reference, str(file))
        stop.set()
    assert done.code == 0, done.err
    with zipfile.ZipFile(file) as archive:
        assert made["name"] in archive.read("customer.json").decode()
    checked = await terminal.run(care, "customer", "erase", reference, "--check", "--json")
    assert (checked.said["obstacles"], checked.said["erased_at"]) == ([], None)
    assert (await terminal.run(care, "customer", "erase", reference)).code == 0
    assert (await terminal.run(care, "customer", "show", reference, "--json")).said["name"] == "(erased)"
