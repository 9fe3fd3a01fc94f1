"""Two people edit the same thing: who has not seen the other's change is told so."""

from typing import Any

import httpx
import pytest

from tests.api.road import Road
from tests.people import Person, World


async def _tag(api: httpx.AsyncClient, person: Person, path: str) -> str:
    answer = await api.get(path, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.headers["etag"]


async def _edit(
    api: httpx.AsyncClient, person: Person, method: str, path: str, tag: str | None, body: Any
) -> httpx.Response:
    headers = {**person.headers, **({"If-Match": tag} if tag else {})}
    return await api.request(method, path, json=body, headers=headers)


def _is_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 412, answer.text
    assert answer.json()["type"] == "/problems/precondition-failed"
    assert "GET it again" in answer.json()["detail"]


async def test_an_unchanged_answer_is_not_sent_again(api: httpx.AsyncClient, world: World) -> None:
    tag = await _tag(api, world.operations, "/v1/products")
    assert tag.startswith('"')
    again = await api.get("/v1/products", headers={**world.operations.headers, "If-None-Match": f'W/{tag}, "other"'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await api.get("/v1/products", headers={**world.operations.headers, "If-None-Match": '"other"'})
    assert (other.status_code, other.headers["etag"]) == (200, tag)


@pytest.mark.parametrize(
    ("path", "first", "second"),
    [
        ("/v1/tenders/T-2026-1", {"name": "First"}, {"name": "Second"}),
        ("/v1/products/DUO-22", {"product_type": "first"}, {"product_type": "second"}),
        ("/v1/organisations/{organisation}", {"email": "first@city.example"}, {"email": "second@city.example"}),
        ("/v1/users/{user}", {"name": "First"}, {"name": "Second"}),
    ],
)
async def test_of_two_who_edit_what_both_have_seen_one_is_told(
    api: httpx.AsyncClient, world: World, path: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    path = path.format(organisation=world.municipality.id, user=world.requester_user.id)
    administrator = world.administrator
    seen = await _tag(api, administrator, path)
    edited = await _edit(api, administrator, "PATCH", path, seen, first)
    assert edited.status_code == 200, edited.text
    _is_refused(await _edit(api, administrator, "PATCH", path, seen, second))
    assert edited.headers["etag"] == await _tag(api, administrator, path)
    assert edited.headers["content-location"] == path
    again = await _edit(api, administrator, "PATCH", path, edited.headers["etag"], second)
    assert again.status_code == 200
    name, value = next(iter(second.items()))
    assert again.json()[name] == value


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P16")
async def test_answers_are_kept_on_the_draft_that_was_seen(road: Road, world: World) -> None:
    path = f"/v1/work-orders/{road.work_order}/sat"
    seen = await _tag(road.api, world.installer_user, path)
    body = {"answers": [{"question": "site_clean", "value": "yes"}]}
    kept = await _edit(road.api, world.installer_user, "PATCH", f"{path}/answers", seen, body)
    assert kept.status_code == 200, kept.text
    late = {"answers": [{"question": "site_clean", "value": "no"}]}
    _is_refused(await _edit(road.api, world.installer_user, "PATCH", f"{path}/answers", seen, late))
    assert await road.call(world.installer_user, "GET", path) == kept.json()
    assert kept.headers["etag"] == await _tag(road.api, world.installer_user, path)
    without = await _edit(road.api, world.installer_user, "PATCH", f"{path}/answers", None, late)
    assert without.status_code == 200


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P9")
async def test_lines_are_changed_on_the_work_order_that_was_seen(road: Road, world: World) -> None:
    path = f"/v1/work-orders/{road.work_order}"
    seen = await _tag(road.api, world.operations, path)
    added = await _edit(road.api, world.operations, "POST", f"{path}/lines", seen, {"product": "DUO-22"})
    assert added.status_code == 201, added.text
    line = added.json()["lines"][-1]["id"]
    for method in ("PATCH", "DELETE"):
        body = {"product": "DUO-22"} if method == "PATCH" else None
        _is_refused(await _edit(road.api, world.operations, method, f"{path}/lines/{line}", seen, body))
    _is_refused(await _edit(road.api, world.operations, "POST", f"{path}/lines", seen, {"product": "DUO-22"}))
    fresh = await _tag(road.api, world.operations, path)
    removed = await _edit(road.api, world.operations, "DELETE", f"{path}/lines/{line}", fresh, None)
    assert removed.status_code == 200
    assert removed.headers["etag"] == await _tag(road.api, world.operations, path)


async def test_a_version_of_questions_does_not_pass_over_another(api: httpx.AsyncClient, world: World) -> None:
    path = "/v1/products/DUO-22/sat-templates"
    seen = await _tag(api, world.operations, path)
    body = {"questions": [{"code": "first", "part": "site", "kind": "text", "text": "Remarks"}]}
    assert (await _edit(api, world.operations, "POST", path, seen, body)).status_code == 201
    _is_refused(await _edit(api, world.administrator, "POST", path, seen, body))


@pytest.mark.step("P11")
async def test_a_unit_is_handed_over_as_it_was_seen(api: httpx.AsyncClient, world: World) -> None:
    await world.book_in("VW-9")
    path = "/v1/hardware/units/VW-9"
    seen = await _tag(api, world.warehouse, path)
    body = {"installer_id": str(world.installer.id)}
    assert (await _edit(api, world.warehouse, "POST", f"{path}/hand-over", seen, body)).status_code == 200
    _is_refused(await _edit(api, world.warehouse, "POST", f"{path}/return", seen, None))


async def test_a_condition_is_looked_at_or_refused(api: httpx.AsyncClient, world: World) -> None:
    answer = await _edit(
        api, world.administrator, "POST", f"/v1/users/{world.requester_user.id}/disable", '"anything"', None
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "If-Match"


async def test_any_version_will_do_for_who_says_so_and_a_weak_tag_fits_none(
    api: httpx.AsyncClient, world: World
) -> None:
    path = "/v1/products/DUO-22"
    seen = await _tag(api, world.administrator, path)
    _is_refused(await _edit(api, world.administrator, "PATCH", path, f"W/{seen}", {"product_type": "weak"}))
    assert (await _edit(api, world.administrator, "PATCH", path, "*", {"product_type": "any"})).status_code == 200
