"""Subscriptions by the API: entered, decided about, asked for by consumers, seen by those whom they concern."""

from typing import Any

import httpx
import pytest

from api.v1.customers import NEW as CUSTOMER
from api.v1.tariffs import NEW as TARIFF
from models.usecases import subscriber as usecase
from tests.api.road import Road
from tests.people import World
from tests.subscribing import cards_in_pool

pytestmark = pytest.mark.step("S1")

SUBSCRIBERS = "/v1/subscribers"
PERSON = {name: value for name, value in CUSTOMER.items() if name != "external_id"}


async def entered(road: Road, **said: Any) -> str:
    customer = await road.call(road.world.customer_care, "POST", "/v1/customers", json=PERSON)
    body = {"customer": customer["reference"], "payment": "postpaid", **said}
    made = await road.call(road.world.customer_care, "POST", SUBSCRIBERS, json=body)
    await road.processes.hear_everything()
    reference: str = made["reference"]
    return reference


async def active(road: Road, number: str = "NL-1", **said: Any) -> str:
    """As its process sets it up."""
    await cards_in_pool(road.world, number)
    reference = await entered(road, card=number, **said)
    shown = await road.call(road.world.customer_care, "GET", f"{SUBSCRIBERS}/{reference}")
    async with road.world.desk.work(road.world.customer_care.actor, "test") as work:
        await usecase.set_up(work, shown["id"])
    await road.processes.hear_everything()
    return reference


async def decided(road: Road, reference: str, name: str, **said: Any) -> Any:
    who = road.world.finance if name == "settle" else road.world.customer_care
    return await road.call(who, "POST", f"{SUBSCRIBERS}/{reference}/{name}", json=said or None)


@pytest.mark.step("S4", "S5")
async def test_a_subscription_is_entered_and_decided_about_to_its_end(road: Road, world: World) -> None:
    reference = await active(road)
    await cards_in_pool(world, "NL-2")
    shown = await road.call(world.customer_care, "GET", f"{SUBSCRIBERS}/{reference}")
    assert shown["cards"] == [{"number": "NL-1", "state": "assigned", "block_reason": None}]
    assert shown["allowed_actions"] == ["assign_card", "replace_card", "change_tariff", "suspend", "close"]
    assert (await decided(road, reference, "suspend", reason="Unpaid"))["suspended_because"] == "Unpaid"
    refused = await road.api.post(
        f"{SUBSCRIBERS}/{reference}/suspend", json={"reason": "x"}, headers=world.customer_care.headers
    )
    assert refused.status_code == 409
    assert (await decided(road, reference, "resume"))["stage"] == "active"
    replaced = await decided(road, reference, "cards/replace", old="nl-1", reason="lost")
    assert [(each["number"], each["state"]) for each in replaced["cards"]] == [
        ("NL-1", "blocked"),
        ("NL-2", "assigned"),
    ]
    assert (await decided(road, reference, "close", reason="Moves abroad"))["stage"] == "closing"
    tasks = await road.call(world.finance, "GET", "/v1/tasks")
    assert [each["title"] for each in tasks["items"]] == [
        "Settle the account: nothing is on it; say that it is settled"
    ]
    assert (await decided(road, reference, "settle", reason="Nothing to do"))["stage"] == "closed"
    listed = await road.call(world.finance, "GET", f"{SUBSCRIBERS}?stage=closed")
    assert [each["reference"] for each in listed["items"]] == [reference]


@pytest.mark.step("S5", "C10")
async def test_a_tariff_is_chosen_with_the_subscription_and_changed_from_an_instant_on(
    road: Road, world: World
) -> None:
    for code in ("TRF-PUBLIC", "TRF-NIGHT"):
        await road.call(world.finance, "POST", "/v1/tariffs", json={**TARIFF, "code": code})
    reference = await active(road, tariff="TRF-PUBLIC")
    shown = await road.call(world.customer_care, "GET", f"{SUBSCRIBERS}/{reference}")
    assert (shown["tariff"], [each["tariff"] for each in shown["tariffs"]]) == ("TRF-PUBLIC", ["TRF-PUBLIC"])
    at = "2099-01-01T00:00:00Z"
    changed = await decided(road, reference, "tariff", tariff="TRF-NIGHT", valid_from=at)
    assert [(each["tariff"], each["valid_until"]) for each in changed["tariffs"]] == [
        ("TRF-PUBLIC", at),
        ("TRF-NIGHT", None),
    ]
    refused = await road.api.post(
        f"{SUBSCRIBERS}/{reference}/tariff", json={"tariff": "TRF-NONE"}, headers=world.customer_care.headers
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/tariff")


async def test_the_customers_history_tells_of_the_subscription_and_its_cards(road: Road, world: World) -> None:
    reference = await active(road)
    shown = await road.call(world.finance, "GET", f"{SUBSCRIBERS}/{reference}")
    history = await road.call(world.finance, "GET", f"/v1/customers/{shown['customer']}/history")
    said = [each["what"] for each in history["items"]]
    assert {"customer added", "subscription asked for", "card assigned", "set up"} <= set(said)


async def test_only_finance_settles_and_only_customer_care_decides(road: Road, world: World) -> None:
    reference = await active(road)
    path = f"{SUBSCRIBERS}/{reference}"
    for person, name in ((world.finance, "close"), (world.customer_care, "settle"), (world.operations, "close")):
        answer = await road.api.post(f"{path}/{name}", json={"reason": "x"}, headers=person.headers)
        assert answer.status_code == 403, name
    assert (await road.api.get(path, headers=world.operations.headers)).status_code == 403


@pytest.mark.step("S2")
async def test_a_consumer_asks_and_waits_for_customer_care(road: Road, world: World) -> None:
    asked = await road.api.post("/v1/subscriptions", json={"person": PERSON, "payment": "prepaid"})
    assert asked.status_code == 202, asked.text
    assert asked.json().keys() == {"reference"}
    await road.processes.hear_everything()
    (task,) = (await road.call(world.customer_care, "GET", "/v1/tasks"))["items"]
    assert (task["kind"], task["reference"]) == ("review_subscription", asked.json()["reference"])
    shown = await road.call(world.customer_care, "GET", f"{SUBSCRIBERS}/{task['reference']}")
    assert (shown["stage"], shown["source"], shown["cards"]) == ("requested", "web", [])
    assert (await decided(road, task["reference"], "accept"))["stage"] == "accepted"


@pytest.mark.step("H2")
async def test_a_consumer_may_ask_a_few_times_a_minute_and_names_no_crm(road: Road) -> None:
    wrong = {"person": CUSTOMER, "payment": "prepaid"}
    assert (await road.api.post("/v1/subscriptions", json=wrong)).status_code == 422
    body = {"person": PERSON, "payment": "prepaid"}
    answers = [(await road.api.post("/v1/subscriptions", json=body)).status_code for _ in range(8)]
    assert answers.count(202) <= 5
    assert answers[-1] == 429


async def test_the_letter_is_there_once_it_is_made(road: Road, api: httpx.AsyncClient, world: World) -> None:
    reference = await active(road)
    answer = await api.get(f"{SUBSCRIBERS}/{reference}/letter", headers=world.customer_care.headers)
    assert answer.status_code == 404
    assert "not made yet" in answer.json()["detail"]
