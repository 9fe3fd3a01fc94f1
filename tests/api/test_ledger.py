"""The ledger as finance reads it and books on it by hand (B8, C5)."""

import csv
import io
from typing import Any

import httpx
import pytest

from models.rules.subscriber import Payment
from tests.ledger import Books
from tests.people import Person, World

pytestmark = pytest.mark.step("B8")

LEDGER = "/v1/ledger"


@pytest.fixture
async def books(world: World) -> Books:
    """100 euros paid in, 12.34 of them spent, 5 held."""
    books = await Books.opened(world.desk, "100")
    await books.settle(await books.take("20"), "12.34")
    await books.take("5")
    return books


async def get(api: httpx.AsyncClient, person: Person, path: str, **query: Any) -> Any:
    answer = await api.get(f"{LEDGER}{path}", params=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(api: httpx.AsyncClient, person: Person, path: str, body: Any, key: str | None = None) -> httpx.Response:
    headers = person.headers | ({"Idempotency-Key": key} if key else {})
    return await api.post(f"{LEDGER}{path}", json=body, headers=headers)


async def test_an_account_tells_what_is_there_held_and_available(
    api: httpx.AsyncClient, world: World, books: Books
) -> None:
    owner = (await books.row()).owner_id
    found = await get(api, world.customer_care, "/accounts", owner_id=str(owner))
    (account,) = found["items"]
    assert account == await get(api, world.finance, f"/accounts/{books.account_id}")
    said = [account[name] for name in ("kind", "balance", "held", "credit_limit", "available", "entries")]
    assert said == ["prepaid", "87.6600", "5.0000", "0.0000", "82.6600", 2]
    bank = (await get(api, world.finance, "/accounts", kind="bank", currency="EUR"))["items"][0]
    assert (bank["owner_id"], bank["balance"]) == (None, None)
    assert (await get(api, world.finance, f"/accounts/{bank['id']}/balance"))["balance"] == "-100.0000"


async def test_a_statement_is_paged_runs_on_and_leads_back_to_what_each_line_was_for(
    api: httpx.AsyncClient, world: World, books: Books
) -> None:
    path = f"/accounts/{books.account_id}/statement"
    first = await get(api, world.finance, path, limit=1)
    second = await get(api, world.finance, path, limit=1, cursor=first["next_cursor"])
    assert (first["opening_balance"], first["closing_balance"], second["next_cursor"]) == ("0.0000", "87.6600", None)
    lines = [*first["items"], *second["items"]]
    assert [(each["number"], each["amount"], each["balance_after"], each["kind"]) for each in lines] == [
        (2, "-12.3400", "87.6600", "settlement"),
        (1, "100.0000", "100.0000", "top_up"),
    ]
    assert lines[0]["session_id"]
    assert lines[1]["payment_id"]
    booked = await get(api, world.finance, f"/transactions/{lines[0]['transaction_id']}")
    assert {each["account"]: each["amount"] for each in booked["sides"]} == {
        "prepaid": "-12.3400",
        "revenue": "9.8700",
        "vat": "2.4700",
    }
    later = await get(api, world.finance, path, at_from=lines[0]["booked_at"])
    assert (later["opening_balance"], [each["number"] for each in later["items"]]) == ("100.0000", [2])
    earlier = await get(api, world.finance, path, at_to=lines[0]["booked_at"])
    assert (earlier["closing_balance"], [each["number"] for each in earlier["items"]]) == ("100.0000", [1])
    at = {"at": lines[0]["booked_at"]}
    assert (await get(api, world.finance, f"/accounts/{books.account_id}/balance", **at))["balance"] == "100.0000"


async def test_a_statement_is_exported_as_csv_with_amounts_that_a_spreadsheet_can_sum(
    api: httpx.AsyncClient, world: World, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.v1.ledger._AT_ONCE", 1)
    await books.adjust("-1", "=SUM(A1)")
    answer = await api.get(f"{LEDGER}/accounts/{books.account_id}/statement.csv", headers=world.finance.headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["number"], row["amount"], row["balance_after"]) for row in rows] == [
        ("1", "100.0000", "100.0000"),
        ("2", "-12.3400", "87.6600"),
        ("3", "-1.0000", "86.6600"),
    ]
    assert rows[2]["reason"] == "'=SUM(A1)"


@pytest.mark.step("C5")
async def test_holds_are_listed_by_their_state(api: httpx.AsyncClient, world: World, books: Books) -> None:
    path = f"/accounts/{books.account_id}/holds"
    everything = (await get(api, world.finance, path))["items"]
    assert [(each["state"], each["settled_amount"]) for each in everything] == [("held", None), ("settled", "12.3400")]
    assert await get(api, world.finance, path, state="held") == {"items": everything[:1], "next_cursor": None}


async def test_finance_credits_a_payment_once_however_it_is_sent(
    api: httpx.AsyncClient, world: World, books: Books
) -> None:
    path, body = f"/accounts/{books.account_id}/top-ups", {"amount": "25.00", "currency": "EUR", "payment_id": "B-1"}
    first = await post(api, world.finance, path, body, "key-1")
    assert first.status_code == 201, first.text
    assert (first.json()["booked_by"], first.json()["payment_id"]) == ("Fien Finance", "B-1")
    for again in (await post(api, world.finance, path, body, "key-1"), await post(api, world.finance, path, body)):
        assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    other = await post(api, world.finance, path, {**body, "amount": "26.00"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/already-exists")
    assert await books.stands() == ("112.66", "5.00")


async def test_an_adjustment_has_a_reason_and_takes_no_more_than_is_available(
    api: httpx.AsyncClient, world: World, books: Books
) -> None:
    path = f"/accounts/{books.account_id}/adjustments"
    made = await post(api, world.finance, path, {"amount": "-2.66", "currency": "EUR", "reason": "Cable damaged"})
    assert (made.status_code, made.json()["reason"]) == (201, "Cable damaged")
    refused = await post(api, world.finance, path, {"amount": "-80.01", "currency": "EUR", "reason": "More"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/insufficient-balance")
    assert await books.stands() == ("85.00", "5.00")
    audit = await api.get("/v1/audit", params={"subject_id": str(books.account_id)}, headers=world.engineer.headers)
    assert (audit.json()["items"][0]["what"], audit.json()["items"][0]["why"]) == (
        "adjustment booked",
        "Cable damaged",
    )


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": "0"}, "/amount"),
        ({"amount": "1.00001"}, "/amount"),
        ({"amount": "NaN"}, "/amount"),
        ({"currency": "USD"}, "/currency"),
        ({"currency": "XQX"}, "/currency"),
        ({"reason": ""}, "/reason"),
    ],
)
async def test_an_adjustment_that_can_not_be_is_refused_by_its_field(
    api: httpx.AsyncClient, world: World, books: Books, change: dict[str, str], pointer: str
) -> None:
    body = {"amount": "1", "currency": "EUR", "reason": "Sorry", **change}
    answer = await post(api, world.finance, f"/accounts/{books.account_id}/adjustments", body)
    assert answer.status_code == 422, answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert await books.stands() == ("87.66", "5.00")


async def test_a_wrong_booking_is_taken_back_once_and_shows_what_it_corrects(
    api: httpx.AsyncClient, world: World, books: Books
) -> None:
    wrong = await books.adjust("7")
    path = f"/transactions/{wrong.id}/reverse"
    made = [await post(api, world.finance, path, {"reason": "Another driver's"}) for _ in range(2)]
    assert [each.status_code for each in made] == [201, 201]
    assert made[0].json()["id"] == made[1].json()["id"]
    assert (made[0].json()["reverses_id"], made[0].json()["debt"]) == (str(wrong.id), "correction")
    again = await post(api, world.finance, f"/transactions/{made[0].json()['id']}/reverse", {"reason": "No"})
    assert again.status_code == 409
    assert await books.stands() == ("87.66", "5.00")


async def test_what_is_not_there_or_makes_no_sense_is_said(api: httpx.AsyncClient, world: World, books: Books) -> None:
    nowhere = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e99"
    for path in (f"/accounts/{nowhere}", f"/accounts/{nowhere}/statement", f"/transactions/{nowhere}"):
        assert (await api.get(f"{LEDGER}{path}", headers=world.finance.headers)).status_code == 404
    period = {"at_from": "2026-02-01T00:00:00Z", "at_to": "2026-01-01T00:00:00Z"}
    path = f"{LEDGER}/accounts/{books.account_id}/statement"
    answer = await api.get(path, params=period, headers=world.finance.headers)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "at_to")
    owed = await Books.opened(world.desk, payment=Payment.POSTPAID, limit="10")
    body = {"amount": "25.00", "currency": "EUR", "payment_id": "B-2"}
    assert (await post(api, world.finance, f"/accounts/{owed.account_id}/top-ups", body)).status_code == 422
