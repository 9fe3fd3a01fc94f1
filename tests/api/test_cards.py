"""Cards by the API: a supplier's list row by row, the pool and its warning, blocking (S3, S4)."""

from typing import Any

import httpx
import pytest

from tests.api.test_station_imports import written
from tests.people import Person, World
from tests.subscribing import cards_in_pool, uid_of

pytestmark = pytest.mark.step("S3")

CARDS = "/v1/cards"


async def imported(api: httpx.AsyncClient, world: World, *rows: dict[str, str], key: str = "k-1") -> Any:
    headers = {**world.customer_care.headers, "Content-Type": "text/csv", "Idempotency-Key": key}
    answer = await api.post(f"{CARDS}/import", content=written(rows), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def read(api: httpx.AsyncClient, person: Person, path: str) -> Any:
    answer = await api.get(path, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def warnings(api: httpx.AsyncClient, world: World) -> list[Any]:
    tasks = await read(api, world.customer_care, "/v1/tasks")
    return [each for each in tasks["items"] if each["kind"] == "cards_low"]


def row(number: str, uid: str = "") -> dict[str, str]:
    return {"number": number, "uid": uid or uid_of(number.upper()), "batch": "2026-11"}


async def test_each_card_of_a_list_is_taken_or_refused_by_its_field(api: httpx.AsyncClient, world: World) -> None:
    await cards_in_pool(world, "NL-9")
    said = await imported(
        api,
        world,
        row("nl-1", "04 e9 1c 5a 7a 2c 80"),
        row("NL-2", "0" * 21),
        row("NL-3", "04-E9"),
        row("NL-4", "04AAAA"),
        row("NL-5", "04AAAA"),
        row("NL-9", "04BBBB"),
        row("NL-7", uid_of("NL-9")),
        row("NL-9X", ""),
    )
    statuses = [item["status"] for item in said["items"]]
    assert statuses == ["entered", *["refused"] * 6, "entered"]
    columns = [[error["column"] for error in item["errors"]] for item in said["items"] if item["errors"]]
    assert columns == [["uid"], ["uid"], ["uid"], ["uid"], ["number"], ["uid"]]
    assert "by card NL-9" in said["items"][6]["errors"][0]["detail"]
    taken = await read(api, world.customer_care, f"{CARDS}/NL-1")
    assert (taken["uid"], taken["state"], taken["batch"]) == ("04E91C5A7A2C80", "in_pool", "2026-11")
    again = await imported(api, world, row("NL-1", "04E91C5A7A2C80"), key="k-2")
    assert again["items"][0] == {"line": 2, "status": "known", "reference": "NL-1", "errors": []}


async def test_customer_care_is_warned_once_of_a_low_pool_until_it_is_filled(
    api: httpx.AsyncClient, world: World
) -> None:
    await imported(api, world, row("NL-1"))
    await imported(api, world, row("NL-2"), key="k-2")
    (warning,) = await warnings(api, world)
    assert "Fewer than 50 cards" in warning["title"]
    await imported(api, world, *(row(f"NL-{number}") for number in range(100, 160)), key="k-3")
    assert await warnings(api, world) == []
    pool = await read(api, world.operations, f"{CARDS}/pool")
    assert pool == {"in_pool": 62, "assigned": 0, "blocked": 0, "low_below": 50}


@pytest.mark.step("S4")
async def test_a_card_is_blocked_once_for_a_reason_and_found_by_its_state(api: httpx.AsyncClient, world: World) -> None:
    await cards_in_pool(world, "NL-1", "NL-2")
    path, care = f"{CARDS}/nl-1/block", world.customer_care
    refused = await api.post(path, json={"reason": "replaced"}, headers=care.headers)
    assert refused.status_code == 422
    blocked = await api.post(path, json={"reason": "damaged"}, headers=care.headers)
    assert (blocked.status_code, blocked.json()["state"], blocked.json()["block_reason"]) == (200, "blocked", "damaged")
    assert (await api.post(path, json={"reason": "lost"}, headers=care.headers)).status_code == 409
    assert [each["number"] for each in (await read(api, care, f"{CARDS}?state=blocked"))["items"]] == ["NL-1"]
    assert [each["number"] for each in (await read(api, care, f"{CARDS}?q=nl-2"))["items"]] == ["NL-2"]
    assert (await api.get(f"{CARDS}/NL-77", headers=care.headers)).status_code == 404
