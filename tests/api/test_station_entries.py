"""Stations without a placement request over the API: entered, shown, called off (L6, P20)."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from models.tables.timeline import TimelineEntry
from models.tables.unit import Unit
from tests.api.road import PROCESS, Road
from tests.people import FACTORY_KEY, World
from tests.recording import RecordingRelay

pytestmark = pytest.mark.step("L6")

ENTER = "/v1/stations"
PLACE = {
    "street": "Dam",
    "house_number": "1",
    "postal_code": "1012 JS",
    "city": "Amsterdam",
    "municipality": "Amsterdam",
    "latitude": 52.3731,
    "longitude": 4.8926,
}


def unit(name: str = "VW-7") -> dict[str, str]:
    return {"serial": f"SN-{name}", "hardware_id": name, "ocpp_identity": name, "factory_key": FACTORY_KEY}


def new(world: World, **changed: Any) -> dict[str, Any]:
    site = {
        "location": PLACE,
        "owner_id": str(world.municipality.id),
        "reference": "Garage Noord",
        "contact": {"name": "Gerda Garage", "email": "gerda@garage.example"},
    }
    return {
        "site": site,
        "installer_id": str(world.installer.id),
        "service_partner_id": str(world.service_partner.id),
        "stations": [{"product": "DUO-22", "unit": unit(), "evse_ids": ["NL*ABC*E7*1", "nl*abc*e7*2"]}],
        **changed,
    }


async def entered(road: Road) -> Any:
    made = await road.call(road.world.operations, "POST", ENTER, json=new(road.world))
    road.work_order = made["reference"]
    await road.processes.hear_everything()
    return made


async def test_entering_gives_a_work_order_and_never_the_key(
    api: httpx.AsyncClient, world: World, relay: RecordingRelay
) -> None:
    headers = {**world.operations.headers, "Idempotency-Key": "k-1"}
    first = await api.post(ENTER, json=new(world), headers=headers)
    assert first.status_code == 201, first.text
    assert FACTORY_KEY not in first.text
    made = first.json()
    assert (made["placement_request"], made["grid_connection"], made["remarks"]) == (None, None, None)
    assert made["site"] == {
        "reference": "Garage Noord",
        "owner": {"id": str(world.municipality.id), "name": "Gemeente Voorbeeld"},
    }
    assert made["contact"]["email"] == "gerda@garage.example"
    assert made["location"]["street"] == "Dam"
    assert made["stage"] == "in_progress"
    assert made["allowed_actions"] == ["change_lines", "cancel"]
    assert made["lines"][0]["hardware"]["ocpp_identity"] == "VW-7"
    assert relay.delivered == [f"work-order-{made['reference']}"]
    again = await api.post(ENTER, json=new(world), headers=headers)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (made, "true")


async def test_the_partners_see_it_and_other_organisations_do_not(road: Road, api: httpx.AsyncClient) -> None:
    made = await entered(road)
    world = road.world
    address = f"/v1/work-orders/{made['reference']}"
    for person in (world.installer_user, world.service_user, world.operations):
        assert (await api.get(address, headers=person.headers)).status_code == 200
        found = await api.get("/v1/work-orders", params={"q": "Garage"}, headers=person.headers)
        assert [each["reference"] for each in found.json()["items"]] == [made["reference"]]
    for path in (address, f"{address}/timeline", f"{address}/sat"):
        assert (await api.get(path, headers=world.other_installer_user.headers)).status_code == 404
    for person in (world.requester, world.warehouse, world.installer_user):
        assert (await api.post(ENTER, json=new(world), headers=person.headers)).status_code == 403


BAD: dict[str, tuple[Any, str]] = {
    "/stations/0/unit/factory_key": ({**unit(), "factory_key": "short"}, "16 to 40"),
    "/stations/0/unit/ocpp_identity": ({**unit(), "ocpp_identity": "a:b"}, "match"),
    "/stations/0/unit/serial": ({**unit(), "serial": "  "}, "at least 1"),
}


@pytest.mark.parametrize("pointer", BAD)
async def test_bad_hardware_is_refused_by_its_field_and_the_key_is_not_repeated(
    api: httpx.AsyncClient, world: World, pointer: str
) -> None:
    said, words = BAD[pointer]
    body = new(world, stations=[{"product": "DUO-22", "unit": said}])
    answer = await api.post(ENTER, json=body, headers=world.operations.headers)
    assert answer.status_code == 422, answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert words in answer.text
    assert FACTORY_KEY not in answer.text


async def test_what_is_known_already_is_a_conflict_that_names_each_field(road: Road, api: httpx.AsyncClient) -> None:
    await entered(road)
    answer = await api.post(ENTER, json=new(road.world), headers=road.world.operations.headers)
    assert answer.status_code == 409
    assert [each["pointer"] for each in answer.json()["errors"]] == [
        "/stations/0/evse_ids",
        "/stations/0/evse_ids",
        "/stations/0/unit/serial",
        "/stations/0/unit/hardware_id",
        "/stations/0/unit/ocpp_identity",
    ]


@pytest.mark.step("P13", "P22")
async def test_its_station_and_its_timeline_are_shown(road: Road) -> None:
    made = await entered(road)
    world = road.world
    line = f"/v1/work-orders/{made['reference']}/lines/{made['lines'][0]['id']}"
    test = await road.call(world.installer_user, "POST", f"{line}/connection-tests")
    shown = await road.call(world.operations, "GET", f"/v1/stations/{test['station']}")
    assert shown["location"]["street"] == "Dam"
    assert [each["evse_id"] for each in shown["evses"]] == ["NL*ABC*E7*1", "NL*ABC*E7*2"]
    assert shown["work_order"] == made["reference"]
    hook = {"channel": "webhook", "address": "https://installer.example/hook", "events": []}
    await road.call(world.installer_user, "POST", "/v1/endpoints", json=hook)
    await road.call(world.operations, "POST", f"/v1/work-orders/{made['reference']}/cancel", json={"reason": "Twice"})
    told = await road.call(world.installer_user, "GET", f"/v1/work-orders/{made['reference']}/timeline")
    said = [(each["kind"], each["subject"], each["what"]) for each in told["items"]]
    assert ("event", "work order", "stations entered") in said
    assert ("event", "station", "registered") in said
    assert ("event", "unit", "came with its station") not in said, "the unit stands on no line any more"
    assert ("message", "message", "work_order.cancelled") in said
    assert not [each for each in told["items"] if each["what"].endswith(" changed")]


@pytest.mark.step("P22")
async def test_what_became_of_hardware_in_others_hands_is_not_told_to_partners(road: Road) -> None:
    made = await entered(road)
    world = road.world
    async with world.desk.work(PROCESS, "test") as work:
        unit_id = await work.session.scalar(sa.select(col(Unit.id)).where(col(Unit.hardware_id) == "VW-7"))
        assert unit_id is not None
        earlier = TimelineEntry(
            at=work.now - timedelta(days=30),
            subject="unit",
            subject_id=unit_id,
            actor="test",
            actor_name="Wim Warehouse",
            what="handed over",
            detail={"to": "Another Installer"},
            correlation_id="test",
        )
        work.session.add(earlier)
    address = f"/v1/work-orders/{made['reference']}/timeline"
    readers = (world.operations, world.installer_user)
    told = [[each["what"] for each in (await road.call(who, "GET", address))["items"]] for who in readers]
    assert ["handed over" in each for each in told] == [True, False]
    assert ["came with its station" in each for each in told] == [True, True]


@pytest.mark.step("P20")
async def test_calling_off_needs_a_reason_and_happens_once(road: Road, api: httpx.AsyncClient) -> None:
    made = await entered(road)
    address, headers = f"/v1/work-orders/{made['reference']}/cancel", road.world.operations.headers
    assert (await api.post(address, json={"reason": " "}, headers=headers)).status_code == 422
    done = await road.call(road.world.operations, "POST", address, json={"reason": "Entered twice"})
    assert (done["stage"], done["cancel_reason"]) == ("cancelled", "Entered twice")
    assert done["allowed_actions"] == []
    assert done["lines"][0]["hardware"] is None
    assert (await api.post(address, json={"reason": "Again"}, headers=headers)).status_code == 409


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P20")
async def test_cancel_is_not_offered_where_a_placement_stands_above(road: Road, api: httpx.AsyncClient) -> None:
    reference = road.work_order
    shown = await road.call(road.world.operations, "GET", f"/v1/work-orders/{reference}")
    assert "cancel" not in shown["allowed_actions"]
    refused = await api.post(
        f"/v1/work-orders/{reference}/cancel", json={"reason": "No"}, headers=road.world.operations.headers
    )
    assert refused.status_code == 409
    assert road.reference in refused.json()["detail"]


async def test_the_key_stands_nowhere_but_as_a_hash(road: Road, api: httpx.AsyncClient) -> None:
    await entered(road)
    await api.post(ENTER, json=new(road.world), headers=road.world.operations.headers)
    told = await road.call(road.world.administrator, "GET", "/v1/audit")
    assert FACTORY_KEY not in str(told)
    assert "argon2" not in str(told)
