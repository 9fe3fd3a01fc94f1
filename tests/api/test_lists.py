"""Lists are filtered and sorted, and their cursors hold while rows are added."""

from typing import Any

import httpx
import pytest

from tests.api.road import NEW, PLACEMENTS, Road
from tests.people import Person, World


async def _items(api: httpx.AsyncClient, person: Person, path: str, **wanted: Any) -> list[Any]:
    answer = await api.get(path, params=wanted, headers=person.headers)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def _all_pages(api: httpx.AsyncClient, person: Person, path: str, **wanted: Any) -> list[Any]:
    found: list[Any] = []
    cursor: str | None = None
    for _ in range(20):
        params = {**wanted, "limit": 1, **({"cursor": cursor} if cursor else {})}
        answer = await api.get(path, params=params, headers=person.headers)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("The cursor leads round and round")


def _at(**place: Any) -> dict[str, Any]:
    return {"location": {**NEW["location"], **place}}


@pytest.fixture
async def requests(road: Road, world: World) -> list[str]:
    """References: in Amsterdam, in Utrecht, and one in Utrecht that was approved."""
    places = [
        _at(municipality="Amsterdam", street="Dam"),
        _at(municipality="Utrecht", street="Voorstraat"),
        _at(municipality="Utrecht", street="100%_straat"),
    ]
    made = [
        (await road.submit(**place, requester_reference=f"LP-{number}"))["reference"]
        for number, place in enumerate(places)
    ]
    await road.call(world.operations, "POST", f"{PLACEMENTS}/{made[2]}/approve")
    return made


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [2, 1, 0]),
        ({"stage": "submitted"}, [1, 0]),
        ({"municipality": "utrecht"}, [2, 1]),
        ({"municipality": "utrecht", "stage": "submitted"}, [1]),
        ({"tender": "T-2026-1"}, [2, 1, 0]),
        ({"tender": "T-0"}, []),
        ({"requester_reference": "LP-1"}, [1]),
        ({"created_from": "2099-01-01T00:00:00Z"}, []),
        ({"created_to": "2099-01-01T00:00:00Z"}, [2, 1, 0]),
        ({"q": "voorstr"}, [1]),
        ({"q": "LP-"}, [2, 1, 0]),
        ({"q": "%_"}, [2]),
        ({"sort": "created_at"}, [0, 1, 2]),
        ({"sort": "reference"}, [0, 1, 2]),
        ({"sort": "-reference"}, [2, 1, 0]),
        ({"sort": "stage"}, [2, 0, 1]),
        ({"sort": "-stage"}, [1, 0, 2]),
    ],
)
async def test_placements_are_filtered_and_sorted(
    road: Road, world: World, requests: list[str], wanted: dict[str, str], found: list[int]
) -> None:
    for read in (_items, _all_pages):
        shown = await read(road.api, world.operations, PLACEMENTS, **wanted)
        assert [requests.index(item["reference"]) for item in shown] == found


async def test_only_the_location_in_play_is_searched(road: Road, world: World) -> None:
    await road.submit(**_at(municipality="Utrecht", street="Voorstraat"))
    grid_id = await road.approve()
    await road.grid_says("rejected", grid_id, reason="No capacity")
    proposal = {"location": {**NEW["location"], "municipality": "Zeist", "street": "Slotlaan"}}
    await road.call(world.operations, "POST", f"{PLACEMENTS}/{road.reference}/locations", json=proposal)
    for old in ({"municipality": "Utrecht"}, {"q": "Voorstraat"}):
        assert await _items(road.api, world.operations, PLACEMENTS, **old) == []
    for new in ({"municipality": "Zeist"}, {"q": "Slotlaan"}):
        assert len(await _items(road.api, world.operations, PLACEMENTS, **new)) == 1


async def test_a_cursor_holds_while_rows_are_added(road: Road, world: World, requests: list[str]) -> None:
    for sort, rest in (("-created_at", requests[1::-1]), ("-reference", requests[1::-1])):
        first = await road.api.get(PLACEMENTS, params={"limit": 1, "sort": sort}, headers=world.operations.headers)
        newest = first.json()["items"][0]["reference"]
        cursor = first.json()["next_cursor"]
        await road.submit()
        shown = await _items(road.api, world.operations, PLACEMENTS, sort=sort, cursor=cursor)
        assert newest not in [item["reference"] for item in shown]
        assert [item["reference"] for item in shown][-2:] == rest


async def test_a_cursor_of_another_order_is_refused(road: Road, world: World, requests: list[str]) -> None:
    assert requests
    first = await road.api.get(PLACEMENTS, params={"limit": 1}, headers=world.operations.headers)
    params = {"sort": "reference", "cursor": first.json()["next_cursor"]}
    answer = await road.api.get(PLACEMENTS, params=params, headers=world.operations.headers)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "cursor")
    assert "-created_at" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "parameter", "value"),
    [
        (PLACEMENTS, "stage", "lost"),
        (PLACEMENTS, "created_from", "yesterday"),
        (PLACEMENTS, "created_from", "2026-11-21T08:00:00"),
        (PLACEMENTS, "sort", "contact_email"),
        (PLACEMENTS, "stagee", "submitted"),
        ("/v1/work-orders", "planned_from", "soon"),
        ("/v1/work-orders", "installer_id", "7"),
        ("/v1/stations", "stage", "lost"),
        ("/v1/hardware/units", "state", "lost"),
        ("/v1/audit", "refused", "perhaps"),
        ("/v1/organisations/current", "q", "anything"),
    ],
)
async def test_a_filter_that_means_nothing_is_named(
    api: httpx.AsyncClient, world: World, path: str, parameter: str, value: str
) -> None:
    answer = await api.get(path, params={parameter: value}, headers=world.administrator.headers)
    assert answer.status_code == 422, answer.text
    assert [each["parameter"] for each in answer.json()["errors"]] == [parameter]


async def test_work_orders_are_filtered_and_sorted_by_their_day(road: Road, world: World) -> None:
    orders = [await road.to_work_order() for _ in range(3)]
    for order, day in zip(orders[:2], ("2099-02-02", "2099-01-01"), strict=True):
        path = f"/v1/work-orders/{order}/plan"
        await road.call(world.installer_user, "POST", path, json={"planned_for": day})
    for wanted, found in (
        ({"sort": "planned_for"}, [1, 0, 2]),
        ({"sort": "-planned_for"}, [2, 0, 1]),
        ({"planned_from": "2099-01-02"}, [0]),
        ({"planned_to": "2099-01-01"}, [1]),
        ({"stage": "open"}, [2]),
        ({"installer_id": str(world.installer.id)}, [2, 1, 0]),
        ({"installer_id": str(world.municipality.id)}, []),
        ({"q": orders[1]}, [1]),
    ):
        for read in (_items, _all_pages):
            shown = await read(road.api, world.operations, "/v1/work-orders", **wanted)
            assert [orders.index(item["reference"]) for item in shown] == found, wanted


@pytest.mark.walked("to_station")
async def test_stations_and_hardware_are_filtered(road: Road, world: World) -> None:
    name = road.station
    await world.book_in("VW-2")
    for wanted, found in (
        ({"stage": "registered"}, [name]),
        ({"stage": "active"}, []),
        ({"q": "VW-1"}, [name]),
        ({"q": "Dam"}, [name]),
        ({"q": "elsewhere"}, []),
        ({"sort": "name", "service_partner_id": str(world.service_partner.id)}, [name]),
    ):
        shown = await _items(road.api, world.operations, "/v1/stations", **wanted)
        assert [item["name"] for item in shown] == found, wanted
    for wanted, found in (
        ({"state": "in_stock"}, ["VW-2"]),
        ({"holder_id": str(world.installer.id)}, ["VW-1"]),
        ({"product": "DUO-22", "sort": "hardware_id"}, ["VW-1", "VW-2"]),
        ({"product": "NONE"}, []),
        ({"q": "sn-vw-2"}, ["VW-2"]),
    ):
        shown = await _all_pages(road.api, world.warehouse, "/v1/hardware/units", **wanted)
        assert [item["hardware_id"] for item in shown] == found, wanted


async def test_tenders_and_products_are_searched(api: httpx.AsyncClient, world: World) -> None:
    for path, found in (("/v1/tenders", "T-2026-1"), ("/v1/products", "DUO-22")):
        shown = await _items(api, world.administrator, path, q=found.lower(), sort="code")
        assert [item["code"] for item in shown] == [found]
        assert await _items(api, world.administrator, path, q="nothing like it") == []


async def test_a_filter_shows_nobody_more(road: Road, world: World, requests: list[str]) -> None:
    for wanted in ({"q": requests[0]}, {"municipality": "Utrecht"}, {"tender": "T-2026-1"}):
        assert await _items(road.api, world.other_requester, PLACEMENTS, **wanted) == []
