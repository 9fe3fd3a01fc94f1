"""Cars by the API: registered by agents and by a group's super-users, found in sessions and prices (S9)."""

from typing import Any

import httpx
import pytest

from api.v1 import tariffs
from models.rules.tariff import PlaceKind
from tests.api.road import Road
from tests.api.test_subscribers import active
from tests.charging import Street, a_street
from tests.people import Person, World
from tests.vehicles import SHOWN, registered

pytestmark = pytest.mark.step("S9")

VEHICLES, GROUPS = "/v1/vehicles", "/v1/groups"
MAC = {"kind": "mac_address", "value": "a1-b2-c3-d4-e5-f6"}
CONTRACT = {"kind": "emaid", "value": "nl-tnm-c00122045-k"}


async def call(api: httpx.AsyncClient, who: Person, method: str, path: str, **sent: Any) -> Any:
    answer = await api.request(method, path, headers=who.headers, **sent)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def refused(api: httpx.AsyncClient, who: Person, path: str, body: Any) -> tuple[int, str, str]:
    """The status, the field it is about, and what is said of it."""
    answer = await api.post(path, json=body, headers=who.headers)
    said = answer.json()
    [error] = said.get("errors") or [{"pointer": said.get("field"), "detail": said["detail"]}]
    return answer.status_code, error["pointer"], error["detail"]


async def test_a_car_is_registered_changed_and_removed(road: Road, api: httpx.AsyncClient, world: World) -> None:
    care, owner = world.customer_care, await active(road)
    body = {"subscriber": owner, "ids": [MAC], "name": "Van 3", "plate": "v-123-bb"}
    car = await call(api, care, "POST", VEHICLES, json=body)
    assert (car["subscriber"], car["state"], car["plate"]) == (owner, "registered", "V-123-BB")
    assert [(each["kind"], each["value"], each["token"]) for each in car["ids"]] == [
        ("mac_address", "A1B2C3D4E5F6", "VID:A1B2C3D4E5F6")
    ]
    path = f"{VEHICLES}/{car['reference']}"
    seen = await api.get(path, headers=care.headers)
    on_it = {**care.headers, "If-Match": seen.headers["etag"]}
    changed = await api.patch(path, json={"plate": None, "make": "VW"}, headers=on_it)
    assert (changed.json()["plate"], changed.json()["name"], changed.json()["make"]) == (None, "Van 3", "VW")
    assert (await api.patch(path, json={"name": "Other"}, headers=on_it)).status_code == 412
    more = await call(api, care, "POST", f"{path}/ids", json=CONTRACT)
    assert [each["value"] for each in more["ids"]] == ["A1B2C3D4E5F6", "NLTNMC00122045"]
    await call(api, care, "DELETE", f"{path}/ids/{more['ids'][0]['id']}")
    gone = await call(api, care, "POST", f"{path}/remove", json={"reason": "sold"})
    assert (gone["state"], gone["removal_reason"], gone["ids"]) == ("removed", "sold", [])
    assert (await refused(api, care, f"{path}/ids", MAC))[0] == 409
    again = await call(api, care, "POST", VEHICLES, json=body)
    listed = await call(api, world.operations, "GET", f"{VEHICLES}?state=registered&subscriber={owner}")
    assert [each["reference"] for each in listed["items"]] == [again["reference"]]


@pytest.mark.parametrize(
    ("changes", "pointer", "remedy"),
    [
        ({"ids": [{"kind": "mac_address", "value": "A1B2C3D4E5"}]}, "/ids/0/value", "such as A1:B2:C3:D4:E5:F6"),
        ({"ids": [MAC, {"kind": "emaid", "value": "NL-TNM"}]}, "/ids/1/value", "such as NL-TNM-C00122045-K"),
        ({"ids": [{"kind": "emaid", "value": "NL-TNM-C00122045-J"}]}, "/ids/0/value", "does not fit the rest"),
        ({"ids": [MAC, {**MAC, "value": "VID:A1B2C3D4E5F6"}]}, "", "stands here twice"),
        ({"ids": []}, "", "at least one"),
        ({"subscriber": "SUB-1999-000001"}, "/subscriber", "no such subscription"),
        ({"plate": "<script>"}, "/plate", ""),
    ],
)
async def test_what_is_typed_wrong_is_refused_by_its_field_with_what_to_do(
    api: httpx.AsyncClient, world: World, changes: dict[str, Any], pointer: str, remedy: str
) -> None:
    body = {"subscriber": "SUB-2026-000001", "ids": [MAC], **changes}
    status, field, detail = await refused(api, world.customer_care, VEHICLES, body)
    assert (status, field) == (422, pointer)
    assert remedy in detail


async def test_an_id_that_is_taken_is_refused_and_nobody_is_told_whose_it_is(
    road: Road, api: httpx.AsyncClient, world: World
) -> None:
    one, other = await active(road, "NL-1"), await active(road, "NL-2")
    car = await call(api, world.customer_care, "POST", VEHICLES, json={"subscriber": one, "ids": [MAC]})
    body = {"subscriber": other, "ids": [CONTRACT, {**MAC, "value": "A1:B2:C3:D4:E5:F6"}]}
    answer = await api.post(VEHICLES, json=body, headers=world.customer_care.headers)
    assert answer.status_code == 409
    assert "removed there before" in answer.text
    assert not any(each in answer.text for each in (one, car["reference"]))


@pytest.mark.step("S6")
async def test_a_super_user_looks_after_the_cars_of_the_own_group_alone(
    road: Road, api: httpx.AsyncClient, world: World
) -> None:
    care, boss = world.customer_care, world.super_user
    own, strange = await active(road, "NL-1"), await active(road, "NL-2")
    group = await call(
        api, care, "POST", GROUPS, json={"name": "Taxi BV", "organisation_id": str(world.group_owner.id)}
    )
    path = f"{GROUPS}/{group['reference']}"
    await call(api, care, "POST", f"{path}/people", json={"subscriber": own})
    theirs = await call(api, care, "POST", VEHICLES, json={"subscriber": strange, "ids": [CONTRACT]})
    car = await call(api, boss, "POST", f"{path}/people/{own}/vehicles", json={"ids": [MAC], "name": "Taxi 1"})
    listed = await call(api, boss, "GET", f"{path}/vehicles")
    assert [(each["reference"], each["name"]) for each in listed["items"]] == [(car["reference"], "Taxi 1")]
    status, _, detail = await refused(api, boss, f"{path}/people/{own}/vehicles", {"ids": [CONTRACT]})
    assert status == 409
    assert strange not in detail
    for where, body in (
        (f"{path}/people/{strange}/vehicles", {"ids": [{**MAC, "value": "02:00:00:00:00:01"}]}),
        (f"{path}/vehicles/{theirs['reference']}/remove", {"reason": "sold"}),
    ):
        assert (await refused(api, boss, where, body))[0] == 404
    assert (await api.get(VEHICLES, headers=boss.headers)).status_code == 403
    gone = await call(api, boss, "POST", f"{path}/vehicles/{car['reference']}/remove", json={"reason": "stolen"})
    assert (gone["state"], gone["removal_reason"]) == ("removed", "stolen")


@pytest.fixture
async def street(world: World) -> Street:
    return await a_street(world, world.desk)


@pytest.mark.step("C1", "C10")
async def test_sessions_and_prices_are_found_by_the_car(api: httpx.AsyncClient, world: World, street: Street) -> None:
    owner = await street.driver("NL-1")
    car, care, finance = await registered(street, owner), world.customer_care, world.finance
    now = world.desk.clock()
    await street.start("NL-1", connector=2, started_at=now)
    await street.start(token=SHOWN, started_at=now)
    found = await call(api, care, "GET", f"/v1/charging-sessions?vehicle={car.reference}")
    assert [(each["vehicle"], each["card"], each["subscriber"]) for each in found["items"]] == [
        (car.reference, None, owner.reference)
    ]
    [seen] = (await call(api, world.engineer, "GET", "/v1/charging-sessions?limit=1"))["items"]
    assert (seen["vehicle"], seen["subscriber"]) == (None, None), "for whoever may not read cards"
    hidden = await api.get(f"/v1/charging-sessions?vehicle={car.reference}", headers=world.engineer.headers)
    assert hidden.status_code == 403
    await call(api, finance, "POST", "/v1/tariffs", json={**tariffs.NEW, "code": "TRF-VAN"})
    assigned = {"vehicle": car.reference}
    of_car = await call(api, finance, "POST", "/v1/tariffs/TRF-VAN/assignments", json=assigned)
    assert (of_car["vehicle"], of_car["account"], of_car["place_kind"]) == (car.reference, owner.reference, None)
    prices = f"/v1/stations/{street.asset.name}/prices"
    own = await call(api, care, "GET", f"{prices}?vehicle={car.reference}&place_kind={PlaceKind.PUBLIC.value}")
    everybodys = await call(api, care, "GET", f"{prices}?account={owner.reference}")
    assert own["code"] == "TRF-VAN" != everybodys["code"]
    stranger = await street.driver("NL-2")
    wrong = {"vehicle": car.reference, "account": stranger.reference}
    status, field, _ = await refused(api, finance, "/v1/tariffs/TRF-VAN/assignments", wrong)
    assert (status, field) == (422, "/vehicle")
