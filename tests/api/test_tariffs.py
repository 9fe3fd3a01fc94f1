"""Tariffs over the API: made, given versions, assigned, shown before charging, explained, tried (C10)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.v1.tariff_shapes import TARIFF
from api.v1.tariffs import NEW
from models.store import assets
from models.store.viewer import EVERYTHING
from tests.api.road import Road
from tests.past_sessions import past_session
from tests.people import Person, World
from tests.subscribing import a_subscriber

pytestmark = pytest.mark.step("C10")

TARIFFS = "/v1/tariffs"
PLACE = f"{TARIFFS}/TRF-PUBLIC"
PARKING = "€0.0605 per minute of parking without charging, billed by 5 minutes, from 30 minutes after charging ended"
SESSION = {
    "periods": [
        {"starts_at": "2026-10-24T21:00:00Z", "activity": "charging", "energy_wh": 20_000},
        {"starts_at": "2026-10-25T01:00:00Z", "activity": "parked"},
    ],
    "ended_at": "2026-10-25T02:00:00Z",
    "zone": "Europe/Berlin",
}


async def call(api: httpx.AsyncClient, person: Person, method: str, path: str, **sent: Any) -> Any:
    answer = await api.request(method, path, headers=person.headers, **sent)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture
async def tariff(api: httpx.AsyncClient, world: World) -> Any:
    return await call(api, world.finance, "POST", TARIFFS, json=NEW)


async def test_a_tariff_is_shown_as_ocpi_has_it(api: httpx.AsyncClient, world: World, tariff: Any) -> None:
    assert (tariff["code"], tariff["version"], tariff["currency"], tariff["tax_included"]) == (
        "TRF-PUBLIC",
        1,
        "EUR",
        "NO",
    )
    said = tariff["tariff"]
    assert {name: said[name] for name in ("country_code", "party_id", "id")} == {
        "country_code": "NL",
        "party_id": "STM",
        "id": "TRF-PUBLIC",
    }
    assert said["elements"] == TARIFF["elements"]
    assert await call(api, world.customer_care, "GET", PLACE) == tariff
    listed = await call(api, world.operations, "GET", f"{TARIFFS}?q=public&sort=code")
    assert [(each["code"], each["version"]) for each in listed["items"]] == [("TRF-PUBLIC", 1)]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"currency": "EUX"}, "/tariff/currency"),
        ({"elements": []}, "/tariff/elements"),
        ({"elements": [{"price_components": [{"type": "ENERGY", "price": -1, "step_size": 1}]}]},
         "/tariff/elements/0/price_components/0/price"),
        ({"max_price": {"excl_vat": 10}}, "/tariff"),
    ],
)  # fmt: skip
async def test_what_can_not_be_meant_is_refused_by_its_place(
    api: httpx.AsyncClient, world: World, changed: dict[str, Any], pointer: str
) -> None:
    answer = await api.post(TARIFFS, json={**NEW, "tariff": {**TARIFF, **changed}}, headers=world.finance.headers)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


@pytest.mark.usefixtures("tariff")
async def test_a_code_is_taken_once(api: httpx.AsyncClient, world: World) -> None:
    again = await api.post(TARIFFS, json=NEW, headers=world.finance.headers)
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/code")


@pytest.mark.usefixtures("tariff")
async def test_a_version_is_added_on_what_was_seen_and_holds_from_its_time(
    api: httpx.AsyncClient, world: World
) -> None:
    seen = await api.get(PLACE, headers=world.finance.headers)
    headers = {**world.finance.headers, "If-Match": seen.headers["etag"]}
    later = (world.desk.clock() + timedelta(days=30)).isoformat()
    first = await api.post(f"{PLACE}/versions", json={"tariff": TARIFF, "valid_from": later}, headers=headers)
    assert (first.status_code, first.json()["number"]) == (201, 2), first.text
    now = await call(api, world.finance, "POST", f"{PLACE}/versions", json={"tariff": TARIFF})
    assert now["number"] == 3
    stale = await api.post(f"{PLACE}/versions", json={"tariff": TARIFF}, headers=headers)
    assert stale.status_code == 412
    assert (await call(api, world.finance, "GET", PLACE))["version"] == 3
    shown = await call(api, world.finance, "GET", f"{PLACE}/versions?limit=2")
    assert [each["number"] for each in shown["items"]] == [3, 2]
    rest = await call(api, world.finance, "GET", f"{PLACE}/versions?cursor={shown['next_cursor']}")
    assert [(each["number"], each["tariff"]) for each in rest["items"]] == [(1, TARIFF)]


@pytest.mark.usefixtures("tariff")
async def test_a_tariff_is_assigned_and_its_assignment_ended(api: httpx.AsyncClient, world: World) -> None:
    subscriber = await a_subscriber(world)
    made = await call(api, world.finance, "POST", f"{PLACE}/assignments", json={"account": subscriber.reference})
    assert (made["account"], made["station"], made["valid_until"]) == (subscriber.reference, None, None)
    ended = await call(api, world.finance, "POST", f"{PLACE}/assignments/{made['id']}/end", json={})
    assert ended["valid_until"] is not None
    listed = await call(api, world.finance, "GET", f"{PLACE}/assignments")
    assert listed["items"] == [ended]
    again = await api.post(f"{PLACE}/assignments/{made['id']}/end", json={}, headers=world.finance.headers)
    assert again.status_code == 409


@pytest.mark.usefixtures("tariff")
async def test_what_charging_costs_is_shown_before_in_the_order_of_the_regulation(
    road: Road, api: httpx.AsyncClient, world: World
) -> None:
    name, care = await road.to_checked(), world.customer_care
    nobody = await api.get(f"/v1/stations/{name}/prices", headers=care.headers)
    assert nobody.status_code == 404
    await call(api, world.finance, "POST", f"{PLACE}/assignments", json={"station": name})
    shown = await call(api, care, "GET", f"/v1/stations/{name}/prices")
    assert (shown["code"], shown["version"]) == ("TRF-PUBLIC", 1)
    assert [(each["kind"], each["text"]) for each in shown["prices"]] == [
        ("kwh", "€0.3509 per kWh, from 23:00 to 07:00"),
        ("kwh", "€0.4719 per kWh"),
        ("minute", PARKING),
        ("session", "€0.4235 per session"),
    ]
    dutch = await call(api, care, "GET", f"/v1/stations/{name}/prices?language=nl")
    assert dutch["prices"][1]["text"] == "€\xa00,4719 per kWh"
    unknown = await api.get("/v1/stations/NL-STM-999999/prices", headers=care.headers)
    assert unknown.status_code == 404
    nobody = await api.get(f"/v1/stations/{name}/prices?account=SUB-1", headers=care.headers)
    assert (nobody.status_code, nobody.json()["errors"][0]["parameter"]) == (422, "account")


@pytest.mark.usefixtures("tariff")
async def test_a_described_session_is_explained_line_by_line(api: httpx.AsyncClient, world: World) -> None:
    """From 23:00 of summer to 02:00 of winter in Berlin, which are four hours, all of them night."""
    told = await call(api, world.operations, "POST", f"{PLACE}/explain", json=SESSION)
    price = told["price"]
    assert [(each["kind"], each["element"], each["used"], each["billed"], each["net"]) for each in price["lines"]] == [
        ("FLAT", 1, "1.000000", "1.000000", "0.35"),
        ("ENERGY", 2, "20.000000", "20.000000", "5.80"),
        ("PARKING_TIME", 4, "0.500000", "0.500000", "1.50"),
    ]
    assert (price["net"], price["vat"], price["gross"]) == ("7.65", "1.61", "9.26")
    assert price["lines"][2]["spans"] == [
        {"since": "2026-10-25T01:30:00Z", "until": "2026-10-25T02:00:00Z", "volume": "0.500000"}
    ]


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"ended_at": "2026-10-24T20:00:00Z"}, "/periods"),
        ({"ended_at": "9999-12-31T00:00:00Z"}, "/ended_at"),
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"zone": "../x"}, "/zone"),
    ],
)
@pytest.mark.usefixtures("tariff")
async def test_a_session_that_can_not_be_is_not_explained(
    api: httpx.AsyncClient, world: World, changed: dict[str, Any], place: str
) -> None:
    answer = await api.post(f"{PLACE}/explain", json={**SESSION, **changed}, headers=world.finance.headers)
    assert answer.status_code == 422, answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == [place]


@pytest.mark.walked("to_checked")
@pytest.mark.usefixtures("tariff")
async def test_a_tariff_is_tried_on_past_sessions_of_a_station(
    road: Road, api: httpx.AsyncClient, world: World
) -> None:
    name = road.station
    async with world.desk.database.transaction() as session:
        asset = await assets.find(session, name, EVERYTHING)
    assert asset is not None
    began = datetime(2026, 11, 3, 10, tzinfo=UTC)
    number = await past_session(world.desk.database, asset.id, began, (60, 10_000), (180, 10_000))
    trial = {"station": name, "since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}
    told = await call(api, world.finance, "POST", f"{PLACE}/trial", json=trial)
    assert (told["sessions"], told["gross"]) == (1, "10.59")  # 0.35, 3.90 and an hour and a half at 3.00, with 21%
    [item] = told["items"]
    assert (item["session"], item["energy_wh"], item["then"]) == (number, 10_000, None)
    assert [line["net"] for line in item["price"]["lines"]] == ["0.35", "3.90", "4.50"]


@pytest.mark.usefixtures("tariff")
async def test_what_is_not_there_is_not_found(api: httpx.AsyncClient, world: World) -> None:
    for method, path, body in (
        ("GET", f"{TARIFFS}/TRF-NONE", None),
        ("POST", f"{TARIFFS}/TRF-NONE/versions", {"tariff": TARIFF}),
        ("POST", f"{PLACE}/explain?version=9", SESSION),
        ("POST", f"{PLACE}/assignments/0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e01/end", {}),
    ):
        answer = await api.request(method, path, json=body, headers=world.finance.headers)
        assert answer.status_code == 404, (path, answer.text)


async def test_a_tariff_of_the_future_is_priced_by_the_version_that_is_named(
    api: httpx.AsyncClient, world: World
) -> None:
    later = (world.desk.clock() + timedelta(days=30)).isoformat()
    made = await call(api, world.finance, "POST", TARIFFS, json={**NEW, "valid_from": later})
    assert (made["version"], made["tariff"]) == (None, None)
    unsaid = await api.post(f"{PLACE}/explain", json=SESSION, headers=world.finance.headers)
    assert unsaid.status_code == 404
    assert (await call(api, world.finance, "POST", f"{PLACE}/explain?version=1", json=SESSION))["version"] == 1
