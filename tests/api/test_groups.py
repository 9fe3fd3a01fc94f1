"""Groups by the API: made by the operator, managed by their own super-users (S6)."""

from typing import Any

import httpx
import pytest

from tests.api.road import Road
from tests.api.test_subscribers import PERSON, active
from tests.people import Person, World
from tests.subscribing import cards_in_pool

pytestmark = pytest.mark.step("S6")
GROUPS = "/v1/groups"


async def call(api: httpx.AsyncClient, who: Person, method: str, path: str, **sent: Any) -> Any:
    answer = await api.request(method, path, headers=who.headers, **sent)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
async def group(api: httpx.AsyncClient, world: World) -> str:
    body = {"name": "Taxi BV", "organisation_id": str(world.group_owner.id), "card_amount": "75.00"}
    made = await call(api, world.customer_care, "POST", GROUPS, json=body)
    assert (made["tag"], made["card_amount"], made["sessions"]) == (made["reference"], "75.0000", None)
    return f"{GROUPS}/{made['reference']}"


async def test_a_group_is_changed_on_what_was_seen(api: httpx.AsyncClient, world: World, group: str) -> None:
    seen = await api.get(group, headers=world.customer_care.headers)
    headers = {**world.customer_care.headers, "If-Match": seen.headers["etag"]}
    changed = await api.patch(group, json={"limits": {"energy_wh": 5000}}, headers=headers)
    assert (changed.json()["energy_wh"], changed.json()["card_amount"]) == (5000, None)
    assert (await api.patch(group, json={"name": "Other"}, headers=headers)).status_code == 412
    listed = await call(api, world.finance, "GET", f"{GROUPS}?q=taxi&sort=name")
    assert [each["energy_wh"] for each in listed["items"]] == [5000]
    used = await call(api, world.super_user, "GET", f"{group}/use")
    assert (used["energy_wh"], used["amount"], used["sessions_now"]) == (0, "0", 0)


async def test_a_super_user_looks_after_the_people_and_cards_of_the_own_group(
    road: Road, api: httpx.AsyncClient, world: World, group: str
) -> None:
    reference = await active(road)
    await cards_in_pool(world, "NL-8")
    await call(api, world.customer_care, "POST", f"{group}/people", json={"subscriber": reference})
    await call(api, world.customer_care, "POST", f"{group}/cards", json={"card": "NL-8"})
    boss = world.super_user
    given = await call(api, boss, "POST", f"{group}/people/{reference}/cards", json={"card": "NL-8"})
    assert (given["state"], given["subscriber"], given["of_its_own"]) == ("assigned", reference, True)
    people = await call(api, boss, "GET", f"{group}/people")
    assert people["items"] == [
        {"subscriber": reference, "name": PERSON["name"], "stage": "active", "cards": ["NL-1", "NL-8"]}
    ]
    blocked = await call(api, boss, "POST", f"{group}/cards/NL-1/block", json={"reason": "lost"})
    assert (blocked["state"], blocked["of_its_own"]) == ("blocked", False)
    asked = await call(api, boss, "POST", f"{group}/people/new", json={"person": PERSON, "payment": "postpaid"})
    stages = {each["subscriber"]: each["stage"] for each in (await call(api, boss, "GET", f"{group}/people"))["items"]}
    assert stages == {reference: "active", asked["subscriber"]: "requested"}
    await call(api, boss, "DELETE", f"{group}/people/{reference}")
    assert [each["subscriber"] for each in (await call(api, boss, "GET", f"{group}/people"))["items"]] == [
        asked["subscriber"]
    ]
    assert (await call(api, boss, "GET", f"{group}/cards"))["items"] == []


async def test_a_super_user_takes_in_nothing_that_was_not_the_groups(
    road: Road, api: httpx.AsyncClient, world: World, group: str
) -> None:
    """Whoever could would see whose it is, and what they charge."""
    reference = await active(road)
    await cards_in_pool(world, "NL-8")
    for path, body in (
        ("people", {"subscriber": reference}),
        ("cards", {"card": "NL-8"}),
        ("stations", {"station": "x"}),
    ):
        answer = await api.post(f"{group}/{path}", json=body, headers=world.super_user.headers)
        assert answer.status_code == 403, path
    refused = await api.post(
        f"{group}/people/{reference}/cards", json={"card": "NL-8"}, headers=world.super_user.headers
    )
    assert refused.status_code == 404
    await call(api, world.customer_care, "POST", f"{group}/people", json={"subscriber": reference})
    refused = await api.post(
        f"{group}/people/{reference}/cards", json={"card": "NL-8"}, headers=world.super_user.headers
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/card")


@pytest.mark.walked("to_checked")
async def test_a_station_of_the_group_is_closed_and_opened_by_its_super_user(
    road: Road, api: httpx.AsyncClient, world: World, group: str
) -> None:
    name = road.station
    refused = await api.put(
        f"{group}/stations/{name}/access", json={"access": "closed"}, headers=world.super_user.headers
    )
    assert refused.status_code == 404
    await call(api, world.customer_care, "POST", f"{group}/stations", json={"station": name})
    closed = await call(api, world.super_user, "PUT", f"{group}/stations/{name}/access", json={"access": "closed"})
    assert closed["access"] == "closed"
    listed = await call(api, world.super_user, "GET", f"{group}/stations?sort=name")
    assert [(each["name"], each["access"]) for each in listed["items"]] == [(name, "closed")]
    await call(api, world.customer_care, "DELETE", f"{group}/stations/{name}")
    assert (await call(api, world.super_user, "GET", f"{group}/stations"))["items"] == []
