"""Products, tenders and the questions of the acceptance test."""

from typing import Any

import httpx
import pytest

from tests.people import World


def _tender(world: World, **change: Any) -> dict[str, Any]:
    said = {
        "code": "T-2",
        "name": "Second",
        "requester_id": str(world.other_municipality.id),
        "installer_id": str(world.other_installer.id),
        "service_partner_id": str(world.service_partner.id),
        "products": [{"product": "DUO-22", "quantity": 2}, {"product": "SOLO-11"}],
    }
    return {**said, **change}


async def test_a_tender_is_added_with_its_products(api: httpx.AsyncClient, world: World) -> None:
    made = await api.post("/v1/tenders", json=_tender(world), headers=world.operations.headers)
    assert made.status_code == 201, made.text
    said = made.json()
    assert said["installer"]["name"] == "Monteurs BV"
    assert [(line["product"]["code"], line["quantity"]) for line in said["products"]] == [("DUO-22", 2), ("SOLO-11", 1)]
    assert (await api.get("/v1/tenders/T-2", headers=world.operations.headers)).json() == said
    again = await api.post("/v1/tenders", json=_tender(world), headers=world.operations.headers)
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/code")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"requester_id": "installer"}, "/requester_id"),
        ({"installer_id": "municipality"}, "/installer_id"),
        ({"service_partner_id": "installer"}, "/service_partner_id"),
        ({"products": []}, "/products"),
        ({"products": [{"product": "NONE-1"}]}, "/products/0/product"),
        ({"products": [{"product": "DUO-22"}, {"product": "DUO-22"}]}, "/products/1/product"),
        ({"products": [{"product": "DUO-22", "quantity": 0}]}, "/products/0/quantity"),
    ],
)
async def test_a_tender_that_can_not_be_is_refused_by_field(
    api: httpx.AsyncClient, world: World, change: dict[str, Any], pointer: str
) -> None:
    change = {
        name: str(getattr(world, value).id) if isinstance(value, str) else value for name, value in change.items()
    }
    answer = await api.post("/v1/tenders", json=_tender(world, **change), headers=world.operations.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await api.get("/v1/tenders/T-2", headers=world.operations.headers)).status_code == 404


async def test_the_operators_own_crew_can_install(api: httpx.AsyncClient, world: World) -> None:
    own = _tender(world, installer_id=str(world.operator.id), service_partner_id=str(world.operator.id))
    assert (await api.post("/v1/tenders", json=own, headers=world.operations.headers)).status_code == 201


async def test_a_partner_sees_its_own_tenders_only(api: httpx.AsyncClient, world: World) -> None:
    for person, sees in ((world.requester, ["T-2026-1"]), (world.installer_user, ["T-2026-1"])):
        page = (await api.get("/v1/tenders", headers=person.headers)).json()
        assert [tender["code"] for tender in page["items"]] == sees
    for stranger in (world.other_requester, world.other_installer_user):
        assert (await api.get("/v1/tenders", headers=stranger.headers)).json()["items"] == []
        assert (await api.get("/v1/tenders/T-2026-1", headers=stranger.headers)).status_code == 404


async def test_a_product_is_known_by_code_and_by_brand_and_model(api: httpx.AsyncClient, world: World) -> None:
    new = {
        "code": "DUO-22",
        "brand": "Other",
        "model": "Other",
        "product_type": "wall box",
        "connectors": 1,
        "max_power_w": 11000,
    }
    headers = world.operations.headers
    code = await api.post("/v1/products", json=new, headers=headers)
    model = await api.post(
        "/v1/products", json={**new, "code": "A-1", "brand": "Voltwerk", "model": "Duo"}, headers=headers
    )
    assert [(each.status_code, each.json()["errors"][0]["pointer"]) for each in (code, model)] == [
        (409, "/code"),
        (409, "/model"),
    ]


@pytest.mark.step("P16")
async def test_each_version_of_the_questions_is_kept(api: httpx.AsyncClient, world: World) -> None:
    path = "/v1/products/DUO-22/sat-templates"
    question = {
        "code": "level",
        "part": "station",
        "kind": "number",
        "text": "Is it level?",
        "unit": "deg",
        "maximum": "2.5",
    }
    made = await api.post(path, json={"questions": [question]}, headers=world.operations.headers)
    assert (made.status_code, made.json()["version"]) == (201, 2)
    versions = (await api.get(path, headers=world.installer_user.headers)).json()["items"]
    assert [version["version"] for version in versions] == [1, 2]
    assert versions[1]["questions"][0]["maximum"] == "2.5"
    assert len(versions[0]["questions"]) == 3


@pytest.mark.step("P16")
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "choice", "choices": ["one"]}, "/questions/1/choices"),
        ({"kind": "text", "choices": ["one", "two"]}, "/questions/1/choices"),
        ({"kind": "text", "minimum": "1"}, "/questions/1/minimum"),
        ({"kind": "number", "minimum": "2", "maximum": "1"}, "/questions/1/maximum"),
        ({"kind": "yes_no", "expected": "maybe"}, "/questions/1/expected"),
        ({"kind": "photo", "expected": "yes"}, "/questions/1/expected"),
        ({"code": "first"}, "/questions/1/code"),
        ({"kind": "song"}, "/questions/1/kind"),
    ],
)
async def test_a_question_that_can_not_be_answered_is_refused(
    api: httpx.AsyncClient, world: World, change: dict[str, Any], pointer: str
) -> None:
    first = {"code": "first", "part": "site", "kind": "text", "text": "Remarks"}
    questions = [first, {**first, "code": "second", **change}]
    path = "/v1/products/DUO-22/sat-templates"
    answer = await api.post(path, json={"questions": questions}, headers=world.operations.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert len((await api.get(path, headers=world.operations.headers)).json()["items"]) == 1


async def test_questions_for_an_unknown_product_are_refused(api: httpx.AsyncClient, world: World) -> None:
    question = {"code": "first", "part": "site", "kind": "text", "text": "Remarks"}
    path = "/v1/products/NONE-1/sat-templates"
    headers = world.operations.headers
    assert (await api.post(path, json={"questions": [question]}, headers=headers)).status_code == 404
    assert (await api.get(path, headers=headers)).status_code == 404
