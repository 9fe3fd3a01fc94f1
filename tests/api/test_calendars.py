"""The calendar feed: read by calendars, narrow to whom it concerns, true after each change (P10)."""

import base64
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar, Event

from models.rules.access import Permission, Role
from models.tables.work_order import WorkOrder
from models.usecases.work import Desk
from tests.api.road import Road
from tests.api.test_planning import add_crew, hours, plan, tuesday
from tests.people import Person, World, service_account

FEED = "/v1/calendars/work-orders.ics"


def basic(person: Person, user_name: str = "our calendar") -> dict[str, str]:
    secret = person.headers["Authorization"].removeprefix("Bearer ")
    return {"Authorization": "Basic " + base64.b64encode(f"{user_name}:{secret}".encode()).decode()}


async def program(world: World, *scopes: Permission) -> Person:
    async with world.desk.work(world.administrator.actor, "test") as work:
        wanted = frozenset(scopes or {Permission.WORK_ORDERS_READ})
        return await service_account(work, world.installer, "Calendar", Role.INSTALLER, wanted)


async def feed(road: Road, person: Person, **query: Any) -> httpx.Response:
    answer = await road.api.get(FEED, headers=basic(person), params=query)
    assert answer.status_code == 200, answer.text
    return answer


def events(answer: httpx.Response) -> list[Event]:
    calendar = Calendar.from_ical(answer.content)
    assert Calendar.from_ical(calendar.to_ical()).to_ical() == answer.content
    return [each for each in calendar.walk("VEVENT") if isinstance(each, Event)]


def said(event: Event, name: str) -> str:
    return str(event[name])


@pytest.mark.step("P10")
async def test_a_calendar_reads_the_planned_work_orders(road: Road, world: World) -> None:
    caller = await program(world)
    assert events(await feed(road, caller)) == []
    await add_crew(road)
    reference = await road.to_work_order(stations=2)
    await plan(road, **hours(8, 12), crew="North", note="Gate; code, later\nsee door")
    answer = await feed(road, caller)
    assert answer.headers["content-type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    assert (calendar["METHOD"], calendar["VERSION"]) == ("PUBLISH", "2.0")
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    (event,) = events(answer)
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (tuesday(8), tuesday(12))
    assert said(event, "SUMMARY") == f"{reference}: 2 stations, Dam 1, Amsterdam"
    assert said(event, "LOCATION") == "Dam 1, 1012 JS Amsterdam, NL"
    assert b"GEO:52.3731;4.8926" in answer.content
    assert (said(event, "STATUS"), said(event, "SEQUENCE")) == ("CONFIRMED", "0")
    assert "Crew: North" in said(event, "DESCRIPTION")
    assert "Gate; code, later\nsee door" in said(event, "DESCRIPTION")
    assert said(event, "URL").endswith(f"/v1/work-orders/{reference}")


@pytest.mark.step("P10")
async def test_planning_anew_keeps_the_event_and_raises_its_sequence(road: Road, world: World) -> None:
    caller = await program(world)
    await road.to_work_order()
    await plan(road, planned_for=tuesday().date().isoformat())
    (before,) = events(await feed(road, caller))
    assert isinstance(before.decoded("dtstart"), date)
    assert not isinstance(before.decoded("dtstart"), datetime)
    assert before.decoded("dtend") - before.decoded("dtstart") == timedelta(days=1)
    await plan(road, **hours(8, 12), reason="Only the morning")
    (after,) = events(await feed(road, caller))
    assert after["UID"] == before["UID"]
    assert (said(before, "SEQUENCE"), said(after, "SEQUENCE")) == ("0", "1")
    assert after.decoded("last-modified") >= before.decoded("last-modified")
    assert "Only the morning" in said(after, "DESCRIPTION")


@pytest.mark.step("P10", "P20")
async def test_a_cancelled_work_order_is_shown_as_cancelled(road: Road, world: World, desk: Desk) -> None:
    caller = await program(world)
    reference = await road.to_work_order()
    await plan(road, **hours(8, 12))
    order = await road.order()
    async with desk.database.transaction() as session:
        row = await session.get_one(WorkOrder, order["id"])
        row.stage, row.cancelled_at = "cancelled", datetime.now(UTC) + timedelta(minutes=5)  # type: ignore[assignment]
    (event,) = events(await feed(road, caller))
    assert reference in said(event, "SUMMARY")
    assert (said(event, "STATUS"), said(event, "SEQUENCE")) == ("CANCELLED", "1")


@pytest.mark.step("P10")
async def test_what_has_not_changed_is_not_sent_again(road: Road, world: World) -> None:
    caller = await program(world)
    await road.to_work_order()
    await plan(road, **hours(8, 12))
    etag = (await feed(road, caller)).headers["etag"]
    asked = {**basic(caller), "If-None-Match": f'"other", W/{etag}'}
    again = await road.api.get(FEED, headers=asked)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    await plan(road, **hours(9, 12))
    assert (await road.api.get(FEED, headers=asked)).status_code == 200


@pytest.mark.step("P10")
async def test_a_feed_holds_what_its_company_installs_and_of_one_crew_where_asked(road: Road, world: World) -> None:
    north, _ = await add_crew(road), await add_crew(road, "South")
    references = []
    for name in ("North", "South"):
        references.append(await road.to_work_order())
        await plan(road, **hours(8, 12), crew=name)
    caller = await program(world)
    assert len(events(await feed(road, caller))) == 2
    (event,) = events(await feed(road, caller, crew=north["id"]))
    assert references[0] in said(event, "SUMMARY")
    for person in (world.other_installer_user, world.service_user):
        answer = await road.api.get(FEED, headers=person.headers)
        assert answer.status_code == 200
        assert events(answer) == []
    assert len(events(await road.api.get(FEED, headers=world.operations.headers))) == 2


@pytest.mark.step("P10")
async def test_a_feed_opens_to_a_key_of_its_own_and_to_nothing_in_the_address(road: Road, world: World) -> None:
    caller = await program(world)
    secret = caller.headers["Authorization"].removeprefix("Bearer ")
    refused: list[dict[str, str]] = [{}, {"Authorization": "Basic ***"}, basic(world.installer_user)]
    for headers in refused:
        answer = await road.api.get(FEED, headers=headers)
        assert answer.status_code == 401, headers
        assert answer.headers["www-authenticate"].startswith("Basic ")
    assert (await road.api.get(FEED, params={"key": secret})).status_code in {401, 422}
    narrow = await program(world, Permission.STATIONS_READ)
    assert (await road.api.get(FEED, headers=basic(narrow))).status_code == 403
