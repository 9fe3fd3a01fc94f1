"""Planning over the API: hours, crews, conflicts, every plan kept (P10)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.messages.tender import NewTender, TenderLine
from models.rules.access import Role
from models.usecases import tender
from tests.api.road import Road
from tests.people import Person, World, user

ORDERS = "/v1/work-orders"


def tuesday(hour: int = 8) -> datetime:
    """A Tuesday to come that is no holiday, at this hour of UTC."""
    now = datetime.now(UTC)
    first = now + timedelta(days=(1 - now.weekday()) % 7 + 7)
    while (first.month, first.day) in {(12, 25), (12, 26), (1, 1), (4, 27), (5, 5)}:
        first += timedelta(days=7)
    return first.replace(hour=hour, minute=0, second=0, microsecond=0)


def hours(first: int, last: int, **said: Any) -> dict[str, Any]:
    return {"starts_at": tuesday(first).isoformat(), "ends_at": tuesday(last).isoformat(), **said}


async def plan(road: Road, person: Person | None = None, **said: Any) -> Any:
    path = f"{ORDERS}/{road.work_order}/plan"
    return await road.call(person or road.world.installer_user, "POST", path, json=said)


async def add_crew(road: Road, name: str = "North", person: Person | None = None) -> Any:
    return await road.call(person or road.world.installer_user, "POST", "/v1/crews", json={"name": name})


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
async def test_a_plan_shows_its_hours_its_crew_and_those_before_it(road: Road, world: World) -> None:
    reference = road.work_order
    await world.book_in("VW-1", holder=world.installer)
    await add_crew(road)
    order = await plan(road, **hours(8, 12), crew="North", note="The gate opens at eight")
    assert order["stage"] == "planned"
    assert order["planned_for"] == tuesday().date().isoformat()
    assert datetime.fromisoformat(order["starts_at"]) == tuesday(8)
    assert (order["crew"], order["conflicts"]) == ("North", [])
    (summary,) = (await road.call(world.installer_user, "GET", ORDERS))["items"]
    assert summary["crew"] == "North"
    await plan(road, world.operations, planned_for=tuesday().date().isoformat(), reason="The street is closed")
    plans = (await road.call(world.installer_user, "GET", f"{ORDERS}/{reference}/plans"))["items"]
    assert [(each["number"], each["planned_by"], each["crew"], each["reason"]) for each in plans] == [
        (2, "Olga Operations", None, "The street is closed"),
        (1, "Iris Installer", "North", None),
    ]
    timeline = await road.call(world.operations, "GET", f"/v1/placement-requests/{road.reference}/timeline")
    assert "The street is closed" in [entry["why"] for entry in timeline["items"]]


@pytest.mark.step("P10")
async def test_a_crew_that_is_elsewhere_is_refused_naming_the_other_work_order(road: Road) -> None:
    await add_crew(road)
    first = await road.to_work_order()
    await plan(road, **hours(8, 12), crew="North")
    await road.to_work_order()
    path = f"{ORDERS}/{road.work_order}/plan"
    body = hours(11, 13, crew="North")
    answer = await road.api.post(path, json=body, headers=road.world.installer_user.headers)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/crew-busy")
    assert answer.json()["facts"]["work_orders"] == [first]
    assert (await road.order())["stage"] == "open"
    answer = await road.api.post(
        path, json={**body, "accept_conflicts": True}, headers=road.world.installer_user.headers
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")
    order = await plan(road, **body, accept_conflicts=True, reason="They split up")
    busy = order["conflicts"][0]
    assert (busy["kind"], busy["hard"], busy["work_order"]) == ("crew_busy", True, first)


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10", "P11")
async def test_what_a_plan_does_not_fit_in_with_is_shown_until_it_fits(road: Road, world: World) -> None:
    order = await plan(road, planned_for=(tuesday() + timedelta(days=4)).date().isoformat())
    assert [each["kind"] for each in order["conflicts"]] == ["day_off", "hardware_missing"]
    assert "Saturday" in order["conflicts"][0]["detail"]
    await world.book_in("VW-1", holder=world.installer)
    assert [each["kind"] for each in (await road.order())["conflicts"]] == ["day_off"]


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/planned_for"),
        ({"starts_at": "2099-01-06T08:00:00Z"}, "/ends_at"),
        ({"starts_at": "2099-01-06T08:00:00", "ends_at": "2099-01-06T09:00:00Z"}, "/starts_at"),
        ({"starts_at": "2099-01-06T08:00:00Z", "ends_at": "2099-01-06T07:00:00Z"}, "/ends_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00", "ends_at": "2099-01-06T07:00:00Z"}, "/starts_at"),
        ({"starts_at": "9999-12-31T23:00:00Z", "ends_at": "9999-12-31T23:30:00Z"}, "/starts_at"),
        ({"planned_for": "9999-12-31"}, "/planned_for"),
        (
            {"planned_for": "2099-01-06", "starts_at": "2099-01-07T08:00:00Z", "ends_at": "2099-01-07T09:00:00Z"},
            "/starts_at",
        ),
        ({"planned_for": "2099-01-06", "crew": "Nobody"}, "/crew"),
        ({"planned_for": "2099-01-06", "crew": " "}, "/crew"),
        ({"planned_for": "2099-01-06", "team": "North"}, "/team"),
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused_by_its_field(road: Road, body: Any, pointer: str) -> None:
    path = f"{ORDERS}/{road.work_order}/plan"
    answer = await road.api.post(path, json=body, headers=road.world.installer_user.headers)
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert (await road.order())["stage"] == "open"


@pytest.mark.step("P10")
async def test_operations_plans_the_operators_own_crew(road: Road, world: World) -> None:
    own = NewTender(
        code="T-OWN",
        name="By our own crew",
        requester_id=world.municipality.id,
        installer_id=world.operator.id,
        service_partner_id=world.service_partner.id,
        products=(TenderLine(product="DUO-22"),),
    )
    async with world.desk.work(world.administrator.actor, "test") as work:
        await tender.add_tender(work, own)
        fitter = await user(work, world.operator, "Fred Fitter", Role.INSTALLER)
    await add_crew(road, "Own crew", world.operations)
    reference = await road.to_work_order(tender="T-OWN")
    order = await plan(road, world.operations, **hours(8, 12), crew="own crew")
    assert (order["installer"]["name"], order["crew"]) == (world.operator.name, "Own crew")
    seen = await road.call(fitter, "GET", f"{ORDERS}/{reference}")
    assert seen["allowed_actions"] == ["plan"]


@pytest.mark.step("P10")
async def test_a_partner_sees_and_keeps_its_own_crews_only(road: Road, world: World) -> None:
    crew = await add_crew(road)
    again = await road.api.post("/v1/crews", json={"name": "NORTH"}, headers=world.installer_user.headers)
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/name")
    assert (await road.call(world.other_installer_user, "GET", "/v1/crews"))["items"] == []
    assert [each["name"] for each in (await road.call(world.operations, "GET", "/v1/crews"))["items"]] == ["North"]
    for person in (world.other_installer_user, world.operations):
        answer = await road.api.post(f"/v1/crews/{crew['id']}/disable", headers=person.headers)
        assert answer.status_code == 404
    disabled = await road.call(world.installer_user, "POST", f"/v1/crews/{crew['id']}/disable")
    assert disabled["disabled_at"] is not None
    enabled = await road.call(world.installer_user, "POST", f"/v1/crews/{crew['id']}/enable")
    assert enabled["disabled_at"] is None
