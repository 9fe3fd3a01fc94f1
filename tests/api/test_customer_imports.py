"""Customers from a list and back into one, each row for itself (S1)."""

from typing import Any

import httpx
import pytest

from api.v1.customers import NEW
from tests.api.test_station_imports import written
from tests.people import World

pytestmark = pytest.mark.step("S1")

IMPORT = "/v1/customers/import"


def row(name: str = "A. Jansen", **changed: str) -> dict[str, str]:
    said = {
        "name": name,
        "email": f"{name.replace(' ', '').lower()}@voorbeeld.example",
        "street": "Dam",
        "house_number": "1",
        "postal_code": "1012 JS",
        "city": "Amsterdam",
    }
    return {**said, **changed}


async def imported(api: httpx.AsyncClient, world: World, content: bytes, key: str = "k-1", query: str = "") -> Any:
    headers = {**world.customer_care.headers, "Content-Type": "text/csv", "Idempotency-Key": key}
    answer = await api.post(f"{IMPORT}{query}", content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def statuses(said: Any) -> list[str]:
    return [item["status"] for item in said["items"]]


async def listed(api: httpx.AsyncClient, world: World) -> list[Any]:
    answer = await api.get("/v1/customers", headers=world.finance.headers)
    items: list[Any] = answer.json()["items"]
    return items


async def test_each_row_is_entered_or_refused_for_itself(api: httpx.AsyncClient, world: World) -> None:
    rows = [
        row(external_id="C-1", phone="+31 20 1234567"),
        row("B. Bakker", phone="nonsense"),
        row("C. Smit", external_id="C-2"),
        row("D. Mulder", external_id="C-2"),
        row("E. Visser"),
        row("E. Visser"),
        row("F. Meijer", email=""),
        row("G. de Wit", country="Nederland"),
    ]
    said = await imported(api, world, written(rows))
    assert statuses(said) == ["entered", *["refused"] * 3, "entered", *["refused"] * 3]
    columns = [[error["column"] for error in item["errors"]] for item in said["items"] if item["errors"]]
    assert columns == [["phone"], ["external_id"], ["external_id"], [None], ["email"], ["country"]]
    assert {each["name"] for each in await listed(api, world)} == {"A. Jansen", "E. Visser"}


async def test_a_list_sent_again_changes_whom_it_names_otherwise_and_nobody_else(
    api: httpx.AsyncClient, world: World
) -> None:
    first = [row(external_id="C-1", kind="company", phone="+31201234567"), row("B. Bakker"), row("C. Smit")]
    await imported(api, world, written(first))
    again = [row(external_id="C-1", city="Utrecht"), row("B. Bakker"), row("C. Smit", city="Utrecht")]
    said = await imported(api, world, written(again), key="k-2")
    assert statuses(said) == ["changed", "known", "refused"]
    changed = next(each for each in await listed(api, world) if each["external_id"] == "C-1")
    assert (changed["kind"], changed["phone"], changed["address"]["city"]) == ("company", "+31201234567", "Utrecht")
    assert said["items"][0]["reference"] == changed["reference"]


async def test_a_list_that_is_only_checked_enters_nobody(api: httpx.AsyncClient, world: World) -> None:
    said = await imported(api, world, written([row(), row("B. Bakker", phone="1")]), query="?check=true")
    assert (statuses(said), said["checked"]) == (["possible", "refused"], True)
    assert await listed(api, world) == []


async def test_an_export_can_be_imported_again_and_holds_no_formula(api: httpx.AsyncClient, world: World) -> None:
    formula = {**NEW, "name": "=HYPERLINK(1)", "external_id": None}
    for body in (NEW, formula):
        answer = await api.post("/v1/customers", json=body, headers=world.customer_care.headers)
        assert answer.status_code == 201
    exported = await api.get("/v1/customers/export", headers=world.finance.headers)
    assert exported.headers["content-type"].startswith("text/csv")
    assert "'=HYPERLINK(1)" in exported.text
    assert ",+31201234567," in exported.text
    said = await imported(api, world, exported.content)
    assert statuses(said) == ["known", "known"]
    trail = await api.get("/v1/audit", headers=world.administrator.headers)
    assert "customers exported" in [each["what"] for each in trail.json()["items"]]


async def test_who_may_only_read_imports_nothing(api: httpx.AsyncClient, world: World) -> None:
    headers = {**world.finance.headers, "Content-Type": "text/csv", "Idempotency-Key": "k"}
    answer = await api.post(IMPORT, content=written([row()]), headers=headers)
    assert answer.status_code == 403
    assert await listed(api, world) == []
