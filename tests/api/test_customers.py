"""Customers: entered, found and changed, spoken to, and never named in addresses, records or webhooks (S1)."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.v1.customers import NEW
from models.store.database import Database
from models.tables.notice import Notice
from models.tables.timeline import TimelineEntry
from tests.people import Person, World

pytestmark = pytest.mark.step("S1")

CUSTOMERS = "/v1/customers"
PERSONAL = ("Jansen", "a.jansen@", "+3120", "1012 JS")


async def call(api: httpx.AsyncClient, person: Person, method: str, path: str, **sent: Any) -> Any:
    answer = await api.request(method, f"{CUSTOMERS}{path}", headers=person.headers, **sent)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
async def reference(api: httpx.AsyncClient, world: World) -> str:
    made: str = (await call(api, world.customer_care, "POST", "", json=NEW))["reference"]
    return made


async def test_a_customer_gets_its_reference_and_its_telephone_number_is_kept_as_e164(
    api: httpx.AsyncClient, world: World
) -> None:
    made = await call(api, world.customer_care, "POST", "", json={**NEW, "phone": "+31 (0)20 - 123 45 67"})
    assert made["reference"].startswith("CU-")
    assert made["phone"] == "+31201234567"
    assert made["address"] == NEW["address"]
    assert await call(api, world.finance, "GET", f"/{made['reference']}") == made


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [("phone", "020 1234567", "/phone"), ("phone", "+31 1", "/phone"), ("email", "nobody", "/email")],
)
async def test_what_can_reach_nobody_is_refused_by_its_field(
    api: httpx.AsyncClient, world: World, field: str, value: str, pointer: str
) -> None:
    answer = await api.post(CUSTOMERS, json={**NEW, field: value}, headers=world.customer_care.headers)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_an_outside_crms_id_stands_for_one_customer(api: httpx.AsyncClient, world: World, reference: str) -> None:
    again = await api.post(CUSTOMERS, json=NEW, headers=world.customer_care.headers)
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/external_id")
    assert reference in again.json()["detail"]
    found = await call(api, world.customer_care, "GET", "?external_id=CRM-118")
    assert [each["reference"] for each in found["items"]] == [reference]


@pytest.mark.parametrize("words", ["jansen", "A.JANSEN@", "+3120123", "1012", "amsterdam", "CU-"])
async def test_a_customer_is_found_by_anything_that_is_known_of_them(
    api: httpx.AsyncClient, world: World, reference: str, words: str
) -> None:
    found = await call(api, world.customer_care, "POST", "/search", json={"q": words})
    assert [each["reference"] for each in found["items"]] == [reference]
    other = await call(api, world.customer_care, "POST", "/search", json={"q": "100%"})
    assert other["items"] == []


async def test_of_two_who_change_a_customer_the_second_is_told_of_the_first(
    api: httpx.AsyncClient, world: World, reference: str
) -> None:
    seen = await api.get(f"{CUSTOMERS}/{reference}", headers=world.customer_care.headers)
    path, care = f"{CUSTOMERS}/{reference}", world.customer_care
    headers = {**care.headers, "If-Match": seen.headers["etag"]}
    first = await api.patch(path, json={"phone": "+31207654321"}, headers=headers)
    assert (first.status_code, first.json()["phone"]) == (200, "+31207654321")
    second = await api.patch(path, json={"name": "B. Jansen"}, headers=headers)
    assert second.status_code == 412
    assert (await call(api, care, "GET", f"/{reference}"))["name"] == NEW["name"]


async def test_contacts_and_notes_are_kept_and_the_history_tells_who_did_what(
    api: httpx.AsyncClient, world: World, reference: str
) -> None:
    care = world.customer_care
    contact = await call(api, care, "POST", f"/{reference}/contacts", json={"name": "B. de Boer"})
    await call(api, care, "POST", f"/{reference}/notes", json={"text": "Jansen moves house in May"})
    await call(api, care, "PATCH", f"/{reference}", json={"language": "en"})
    await call(api, care, "PATCH", f"/{reference}", json={"language": "en"})
    assert (await call(api, care, "GET", f"/{reference}/contacts"))["items"] == [contact]
    notes = (await call(api, care, "GET", f"/{reference}/notes"))["items"]
    assert [(each["text"], each["written_by_name"]) for each in notes] == [("Jansen moves house in May", care.name)]
    await call(api, care, "DELETE", f"/{reference}/contacts/{contact['id']}")
    gone = await api.delete(f"{CUSTOMERS}/{reference}/contacts/{contact['id']}", headers=care.headers)
    assert gone.status_code == 404
    denied = await api.patch(f"{CUSTOMERS}/{reference}", json={"language": "nl"}, headers=world.finance.headers)
    assert denied.status_code == 403
    history = (await call(api, world.finance, "GET", f"/{reference}/history"))["items"]
    said = [(each["what"], each["who"]) for each in history if not each["refused"]]
    assert said == [
        (what, care.name)
        for what in ("contact removed", "customer changed", "note written", "contact added", "customer added")
    ]
    assert (history[0]["refused"], history[0]["who"]) == (True, world.finance.name)
    assert next(each for each in history if each["what"] == "customer changed")["detail"]["changed"] == ["language"]


async def test_nothing_personal_stands_in_the_audit_trail_not_even_of_what_was_refused(
    api: httpx.AsyncClient, world: World, database: Database, reference: str
) -> None:
    care = world.customer_care
    await call(api, care, "PATCH", f"/{reference}", json={"name": "C. Jansen", "address": NEW["address"]})
    await call(api, care, "POST", f"/{reference}/notes", json={"text": "Jansen moves house in May"})
    await call(api, care, "POST", f"/{reference}/contacts", json={"name": "D. Jansen", "phone": "+31201234567"})
    assert (await api.post(CUSTOMERS, json=NEW, headers=care.headers)).status_code == 409
    assert (await api.post(CUSTOMERS, json=NEW, headers=world.finance.headers)).status_code == 403
    async with database.transaction() as session:
        rows = (await session.execute(sa.select(TimelineEntry))).scalars().all()
    text = " ".join(str(row.model_dump()) for row in rows)
    assert "customer added" in text
    assert [private for private in PERSONAL if private in text] == []


async def test_an_outside_crm_is_told_by_reference_what_has_changed(
    api: httpx.AsyncClient, world: World, database: Database
) -> None:
    hook = {"channel": "webhook", "address": "https://crm.example/hook", "events": ["customer.created"]}
    answer = await api.post("/v1/endpoints", json=hook, headers=world.administrator.headers)
    assert answer.status_code == 201, answer.text
    everything = {**hook, "address": "https://crm.example/all", "events": []}
    await api.post("/v1/endpoints", json=everything, headers=world.administrator.headers)
    made = await call(api, world.customer_care, "POST", "", json=NEW)
    await call(api, world.customer_care, "PATCH", f"/{made['reference']}", json={"phone": "+31207654321"})
    async with database.transaction() as session:
        told = [(each.event, each.data) for each in (await session.execute(sa.select(Notice))).scalars()]
    ids = {"reference": made["reference"], "external_id": "CRM-118"}
    assert sorted(told, key=str) == [
        ("customer.changed", {**ids, "changed": ["phone"]}),
        ("customer.created", ids),
        ("customer.created", ids),
    ]
