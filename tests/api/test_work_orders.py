"""Work orders over the API: seen by whom they concern, planned, lines changed, hardware linked (P8-P13)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.road import Road
from tests.people import Person, World

ORDERS = "/v1/work-orders"


async def put_hardware(road: Road, line: str, hardware_id: Any, person: Person | None = None) -> httpx.Response:
    headers = (person or road.world.installer_user).headers
    path = f"{ORDERS}/{road.work_order}/lines/{line}/hardware"
    return await road.api.put(path, json={"hardware_id": hardware_id}, headers=headers)


async def first_line(road: Road) -> Any:
    return (await road.order())["lines"][0]


@pytest.mark.step("P8", "P10")
async def test_a_work_order_tells_the_installer_what_is_needed_on_site(road: Road, world: World) -> None:
    reference = await road.to_work_order(stations=2)
    order = await road.order()
    assert order["reference"] == reference
    assert order["placement_request"] == road.reference
    assert order["stage"] == "open"
    assert order["waits_for"] == "installer"
    assert order["allowed_actions"] == ["plan"]
    assert order["location"]["latitude"] == 52.3731
    assert order["contact"]["email"] == "laadpalen@voorbeeld.example"
    assert order["installer"]["name"] == world.installer.name
    assert order["owner"]["name"] == world.service_partner.name
    assert order["grid_connection"]["connected_at"] is not None
    assert [(line["product"]["code"], line["hardware"], line["station"]) for line in order["lines"]] == [
        ("DUO-22", None, None)
    ] * 2
    assert order["lines"][0]["allowed_actions"] == ["link_hardware"]
    (summary,) = (await road.call(world.installer_user, "GET", ORDERS, params={"stage": "open"}))["items"]
    assert summary["reference"] == reference
    assert "lines" not in summary
    seen = await road.call(world.operations, "GET", f"{ORDERS}/{reference}")
    assert seen["allowed_actions"] == ["plan", "change_lines"]
    assert seen["lines"][0]["allowed_actions"] == ["change_product"]
    placement = await road.call(world.requester, "GET", f"/v1/placement-requests/{road.reference}")
    assert placement["work_order"] == reference


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
async def test_another_installer_sees_nothing_of_a_work_order(road: Road, world: World) -> None:
    reference = road.work_order
    line = (await first_line(road))["id"]
    await world.book_in("VW-9", holder=world.other_installer)
    asked: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("GET", "/map.svg", None),
        ("GET", "/sat", None),
        ("POST", "/plan", {"planned_for": "2099-01-01"}),
        ("PUT", f"/lines/{line}/hardware", {"hardware_id": "VW-9"}),
        ("DELETE", f"/lines/{line}/hardware", None),
        ("POST", f"/lines/{line}/connection-tests", None),
        ("POST", f"/lines/{line}/test-charges", None),
        ("PATCH", "/sat/answers", {"answers": [{"question": "site_clean", "value": "yes"}]}),
        ("POST", "/sat/submit", None),
    ]
    for method, path, body in asked:
        headers = world.other_installer_user.headers
        answer = await road.api.request(method, f"{ORDERS}/{reference}{path}", json=body, headers=headers)
        assert answer.status_code == 404, (method, path, answer.text)
    assert (await road.call(world.other_installer_user, "GET", ORDERS))["items"] == []
    # The service partner that owns the work order reads it, and no more.
    assert (await road.call(world.service_user, "GET", f"{ORDERS}/{reference}"))["allowed_actions"] == []
    answer = await put_hardware(road, line, "VW-9", world.service_user)
    assert answer.status_code == 403


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
async def test_the_installer_plans_and_plans_again_but_not_into_the_past(road: Road) -> None:
    reference = road.work_order
    today = datetime.now(UTC).date()
    for days in (3, 5):
        day = (today + timedelta(days=days)).isoformat()
        order = await road.call(
            road.world.installer_user, "POST", f"{ORDERS}/{reference}/plan", json={"planned_for": day}
        )
        assert (order["stage"], order["planned_for"]) == ("planned", day)
    for wrong in ((today - timedelta(days=2)).isoformat(), "soon", "2026-02-30", None):
        answer = await road.api.post(
            f"{ORDERS}/{reference}/plan", json={"planned_for": wrong}, headers=road.world.installer_user.headers
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/planned_for"


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P9")
async def test_operations_changes_lines_while_they_are_empty(road: Road, world: World) -> None:
    reference = road.work_order
    path = f"{ORDERS}/{reference}/lines"
    line = (await first_line(road))["id"]
    answer = await road.api.delete(f"{path}/{line}", headers=world.operations.headers)
    assert answer.json()["type"] == "/problems/line-in-use"
    order = await road.call(world.operations, "POST", path, json={"product": "SOLO-11"})
    assert [each["product"]["code"] for each in order["lines"]] == ["DUO-22", "SOLO-11"]
    answers = [{"question": "earth_resistance", "line_id": line, "value": "3"}]
    sat = await road.call(world.installer_user, "PATCH", f"{ORDERS}/{reference}/sat/answers", json={"answers": answers})
    assert sat["missing"] == 4
    order = await road.call(world.operations, "PATCH", f"{path}/{line}", json={"product": "SOLO-11"})
    assert [each["product"]["code"] for each in order["lines"]] == ["SOLO-11", "SOLO-11"]
    sat = await road.call(world.installer_user, "GET", f"{ORDERS}/{reference}/sat")
    assert sat["missing"] == 5
    await road.call(world.installer_user, "PATCH", f"{ORDERS}/{reference}/sat/answers", json={"answers": answers})
    order = await road.call(world.operations, "DELETE", f"{path}/{line}")
    assert len(order["lines"]) == 1
    for body, kind in (({"product": "NONE"}, "unknown-product"), ({"product": 7}, "invalid-input")):
        answer = await road.api.post(path, json=body, headers=world.operations.headers)
        assert answer.status_code == 422
        assert answer.json()["type"] == f"/problems/{kind}"
        assert answer.json()["errors"][0]["pointer"] == "/product"
    assert (
        await road.api.post(path, json={"product": "DUO-22"}, headers=world.installer_user.headers)
    ).status_code == 403
    assert len((await road.order())["lines"]) == 1


@pytest.mark.step("P12")
async def test_each_wrong_hardware_has_a_problem_of_its_own_and_leaves_the_line_as_it_was(
    road: Road, world: World
) -> None:
    await road.to_work_order(stations=2)
    one, two = (line["id"] for line in (await road.order())["lines"])
    await world.book_in("VW-1", "VW-2", holder=world.installer)
    await world.book_in("VW-3")
    await world.book_in("VW-4", holder=world.other_installer)
    await world.book_in("SOLO-1", product="SOLO-11", holder=world.installer)
    assert (await put_hardware(road, one, " vw-1 ")).status_code == 200
    wrong = {
        "VW-99": (422, "unknown-hardware"),
        "VW-1": (409, "hardware-already-linked"),
        "VW-3": (409, "hardware-not-handed-over"),
        "VW-4": (409, "hardware-not-handed-over"),
        "SOLO-1": (409, "wrong-product"),
        "": (422, "invalid-input"),
        "x" * 65: (422, "invalid-input"),
    }
    for hardware_id, (status, kind) in wrong.items():
        answer = await put_hardware(road, two, hardware_id)
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), hardware_id
        assert answer.json()["errors"][0]["pointer"] == "/hardware_id"
    answer = await put_hardware(road, one, "VW-2")
    assert answer.json()["type"] == "/problems/hardware-already-linked"
    unknown_line = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c41"
    assert (await put_hardware(road, unknown_line, "VW-2")).status_code == 404
    assert (await put_hardware(road, "one", "VW-2")).status_code == 422
    lines = (await road.order())["lines"]
    assert [line["hardware"] and line["hardware"]["hardware_id"] for line in lines] == ["VW-1", None]
    refusals = [
        item
        for item in (await road.call(world.operations, "GET", f"/v1/placement-requests/{road.reference}/timeline"))[
            "items"
        ]
        if item["refused"]
    ]
    assert len(refusals) == 7
    assert {item["subject"] for item in refusals} == {"work order"}


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P12", "P13")
async def test_a_connection_test_tells_what_to_set_and_a_wrong_link_is_undone(road: Road, world: World) -> None:
    line = (await first_line(road))["id"]
    path = f"{ORDERS}/{road.work_order}/lines/{line}"
    await world.book_in("VW-1", holder=world.installer)
    early = await road.api.post(f"{path}/connection-tests", headers=world.installer_user.headers)
    assert early.status_code == 409
    assert (await put_hardware(road, line, "VW-1")).json()["stage"] == "in_progress"
    assert (await first_line(road))["allowed_actions"] == ["unlink_hardware", "start_connection_test"]
    test = await road.call(world.installer_user, "POST", f"{path}/connection-tests")
    assert test["ocpp_address"] == "ws://127.0.0.1:9000/ocpp/CP-VW-1"
    assert test["ocpp_identity"] == "CP-VW-1"
    assert test["ocpp_protocol"] == "ocpp1.6"
    assert (test["security_profile"], test["authorization_key"]) == (1, "factory")
    assert test["boot_time_limit_s"] == 900
    assert test["events"] == f"/v1/stations/{test['station']}/events"
    assert await road.call(world.installer_user, "GET", f"{path}/connection-tests/latest") == test
    running = await first_line(road)
    assert running["station"]["name"] == test["station"]
    assert running["station"]["stage"] == "registered"
    assert running["allowed_actions"] == ["unlink_hardware"]
    order = await road.call(world.installer_user, "DELETE", f"{path}/hardware")
    gone = await road.api.get(f"{path}/connection-tests/latest", headers=world.installer_user.headers)
    assert gone.status_code == 404
    assert order["lines"][0]["hardware"] is None
    assert order["lines"][0]["station"]["stage"] == "awaiting_hardware"
    answer = await road.api.delete(f"{path}/hardware", headers=world.installer_user.headers)
    assert answer.json()["type"] == "/problems/hardware-not-linked"
    await put_hardware(road, line, "VW-1")
    again = await road.call(world.installer_user, "POST", f"{path}/connection-tests")
    assert (again["station"], again["test_number"]) == (test["station"], 2)


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P15")
async def test_a_test_charge_needs_a_checked_station(road: Road, world: World) -> None:
    line = (await first_line(road))["id"]
    path = f"{ORDERS}/{road.work_order}/lines/{line}/test-charges"
    answer = await road.api.post(path, headers=world.installer_user.headers)
    assert answer.json()["type"] == "/problems/stage-does-not-allow"
    name = await road.to_checked()
    line = (await first_line(road))["id"]
    assert "start_test_charge" in (await first_line(road))["allowed_actions"]
    path = f"{ORDERS}/{road.work_order}/lines/{line}/test-charges"
    started = await road.call(world.installer_user, "POST", path)
    assert (started["station"], started["stage"]) == (name, "test_charging")
    answer = await road.api.post(path, headers=world.installer_user.headers)
    assert answer.status_code == 409


@pytest.mark.step("P22")
async def test_the_map_of_a_work_order_marks_what_it_has_passed(road: Road) -> None:
    await road.to_station()
    answer = await road.api.get(f"{ORDERS}/{road.work_order}/map.svg", headers=road.world.installer_user.headers)
    assert "now at “In progress”" in answer.text
    assert "Passed: Open." in answer.text
