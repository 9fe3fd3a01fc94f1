"""Exports and erasures by the API: who may, what is answered, what is refused and why (S8)."""

import io
import zipfile
from typing import Any

import pytest

from activities.personal_data import PersonalDataRound
from api.v1.customers import NEW
from tests.api.road import Road
from tests.api.test_subscribers import active
from tests.people import World

pytestmark = pytest.mark.step("S8")


async def entered(road: Road) -> str:
    made = await road.call(road.world.customer_care, "POST", "/v1/customers", json=NEW)
    return f"/v1/customers/{made['reference']}"


async def see_to_requests(road: Road) -> None:
    assert road.documents is not None
    await PersonalDataRound(road.world.desk, road.documents).see_to_requests()


async def test_an_export_is_asked_for_made_fetched_and_on_record(road: Road, world: World) -> None:
    path, care = await entered(road), world.customer_care
    asked = await road.call(care, "POST", f"{path}/exports")
    export = f"{path}/exports/{asked['id']}"
    assert (asked["state"], asked["size_bytes"]) == ("asked", None)
    early = await road.api.get(f"{export}/file", headers=care.headers)
    assert (early.status_code, early.json()["detail"]) == (404, "The export is not made yet")
    await see_to_requests(road)
    shown = await road.call(care, "GET", export)
    assert shown["state"] == "ready"
    file = await road.api.get(f"{export}/file", headers=care.headers)
    assert file.headers["content-type"] == "application/zip"
    assert file.headers["cache-control"] == "no-store"
    assert len(file.content) == shown["size_bytes"]
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert str(NEW["name"]) in archive.read("customer.json").decode()
    history = await road.call(care, "GET", f"{path}/history")
    assert {"export asked for", "export made", "export fetched"} <= {each["what"] for each in history["items"]}
    assert [each["id"] for each in (await road.call(care, "GET", f"{path}/exports"))["items"]] == [asked["id"]]


async def test_an_export_of_one_customer_is_not_found_at_another(road: Road, world: World) -> None:
    path = await entered(road)
    other = await road.call(world.customer_care, "POST", "/v1/customers", json={**NEW, "external_id": "CRM-2"})
    asked = await road.call(world.customer_care, "POST", f"{path}/exports")
    for end in ("", "/file"):
        address = f"/v1/customers/{other['reference']}/exports/{asked['id']}{end}"
        assert (await road.api.get(address, headers=world.customer_care.headers)).status_code == 404


async def test_an_erasure_is_refused_with_what_is_open_and_done_once_nothing_is(road: Road, world: World) -> None:
    reference = await active(road)
    care = world.customer_care
    known = (await road.call(care, "GET", f"/v1/subscribers/{reference}"))["customer"]
    path = f"/v1/customers/{known}/erasure"
    wish = {"because": "asked_for"}
    refused = await road.api.post(path, json=wish, headers=care.headers)
    assert refused.status_code == 409, refused.text
    open_subscription: dict[str, Any] = {
        "kind": "open_subscription",
        "reference": reference,
        "detail": "Close the subscription first",
    }
    assert refused.json()["facts"]["obstacles"] == [open_subscription]
    assert (await road.call(care, "GET", path))["obstacles"] == [open_subscription]
    await road.call(care, "POST", f"/v1/subscribers/{reference}/close", json={"reason": "Asks for it"})
    await road.call(world.finance, "POST", f"/v1/subscribers/{reference}/settle", json={"reason": "Nothing is on it"})
    done = await road.call(care, "POST", path, json=wish)
    assert (done["obstacles"], done["erased_at"] is None) == ([], False)
    assert await road.call(care, "POST", path, json=wish) == done


async def test_an_erased_customer_is_shown_as_such_and_takes_nothing_more(road: Road, world: World) -> None:
    path, care = await entered(road), world.customer_care
    export = await road.call(care, "POST", f"{path}/exports")
    await see_to_requests(road)
    await road.call(care, "POST", f"{path}/erasure", json={"because": "asked_for"})
    shown = await road.call(care, "GET", path)
    assert (shown["name"], shown["phone"], shown["external_id"]) == ("(erased)", None, None)
    found = await road.call(care, "POST", "/v1/customers/search", json={"q": NEW["name"]})
    assert found["items"] == []
    file = await road.api.get(f"{path}/exports/{export['id']}/file", headers=care.headers)
    assert file.status_code == 404
    refused = await road.api.patch(path, json={"phone": "+31207654321"}, headers=care.headers)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/customer-erased")
    body = {"customer": shown["reference"], "payment": "postpaid"}
    assert (await road.api.post("/v1/subscribers", json=body, headers=care.headers)).status_code == 422
    exported = await road.api.get("/v1/customers/export", headers=care.headers)
    assert shown["reference"] not in exported.text


async def test_only_customer_care_exports_and_erases(road: Road, world: World) -> None:
    path = await entered(road)
    for person in (world.finance, world.operations, world.administrator, world.engineer):
        for method, end in (("POST", "exports"), ("GET", "exports"), ("GET", "erasure")):
            answer = await road.api.request(method, f"{path}/{end}", headers=person.headers)
            assert answer.status_code == 403, (person.name, end)
