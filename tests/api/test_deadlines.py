"""How long stages may take is settled by administration (P21)."""

from typing import Any

import httpx
import pytest

from tests.people import Person, World

pytestmark = pytest.mark.step("P21")


async def shown(api: httpx.AsyncClient, person: Person, process: str, stage: str) -> list[dict[str, Any]]:
    answer = await api.get("/v1/deadlines", headers=person.headers)
    assert answer.status_code == 200
    return [each for each in answer.json()["items"] if (each["process"], each["stage"]) == (process, stage)]


async def test_every_stage_that_waits_for_somebody_is_shown_with_what_holds(
    api: httpx.AsyncClient, world: World
) -> None:
    (submitted,) = await shown(api, world.administrator, "placement", "submitted")
    assert (submitted["waits_for"], submitted["working_days"], submitted["is_default"]) == ("operations", 5, True)
    assert await shown(api, world.administrator, "placement", "operating") == []
    assert len(await shown(api, world.administrator, "work_order", "planned")) == 1


async def test_a_stage_is_settled_for_everywhere_and_for_a_country_and_restored(
    api: httpx.AsyncClient, world: World
) -> None:
    path, headers = "/v1/deadlines/placement/submitted", world.administrator.headers
    for country, days in ((None, 4), ("DE", 8), ("DE", 9)):
        body = {"country": country, "working_days": days, "remind_before_days": 2}
        assert (await api.put(path, json=body, headers=headers)).status_code == 200
    lines = await shown(api, world.administrator, "placement", "submitted")
    assert [(each["country"], each["working_days"], each["is_default"]) for each in lines] == [
        (None, 4, False),
        ("DE", 9, False),
    ]
    await api.delete(f"{path}?country=DE", headers=headers)
    await api.delete(path, headers=headers)
    (only,) = await shown(api, world.administrator, "placement", "submitted")
    assert (only["country"], only["working_days"], only["is_default"]) == (None, 5, True)


@pytest.mark.parametrize(
    ("path", "change", "names"),
    [
        ("placement/submitted", {"working_days": 0}, "/working_days"),
        ("placement/submitted", {"working_days": 9_999}, "/working_days"),
        ("placement/submitted", {"country": "nl"}, "/country"),
        ("placement/submitted", {"remind_before_days": 5}, "/remind_before_days"),
        ("placement/operating", {}, "stage"),
        ("billing/open", {}, "process"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_field(
    api: httpx.AsyncClient, world: World, path: str, change: dict[str, Any], names: str
) -> None:
    body = {"country": None, "working_days": 5, "remind_before_days": 1, **change}
    answer = await api.put(f"/v1/deadlines/{path}", json=body, headers=world.administrator.headers)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert names in {error.get("pointer"), error.get("parameter")}


async def test_only_administration_settles(api: httpx.AsyncClient, world: World) -> None:
    for person in (world.operations, world.installer_user, world.requester_user, world.engineer):
        assert (await api.get("/v1/deadlines", headers=person.headers)).status_code == 403
        body = {"working_days": 5, "remind_before_days": 1}
        answer = await api.put("/v1/deadlines/placement/submitted", json=body, headers=person.headers)
        assert answer.status_code == 403
