"""Organisations, users, service accounts and their keys."""

from typing import Any

import httpx
import pytest

from models.rules.access import Permission, Role
from models.usecases.work import Desk
from tests.people import PASSWORD, Person, World, service_account


def _user(world: World, **change: Any) -> dict[str, Any]:
    said = {
        "organisation_id": str(world.installer.id),
        "name": "Nina New",
        "email": "nina@installatie.example",
        "password": "a long pass phrase",
        "roles": ["installer"],
    }
    return {**said, **change}


async def test_a_partner_with_a_person_is_added_and_the_person_logs_in(api: httpx.AsyncClient, world: World) -> None:
    headers = world.administrator.headers
    partner = await api.post(
        "/v1/organisations", json={"kind": "installer", "name": "Nieuw BV", "language": "nl"}, headers=headers
    )
    assert partner.status_code == 201
    user = await api.post("/v1/users", json=_user(world, organisation_id=partner.json()["id"]), headers=headers)
    assert user.status_code == 201, user.text
    assert "password" not in user.text
    login = await api.post("/v1/sessions", json={"email": "nina@installatie.example", "password": "a long pass phrase"})
    token = {"Authorization": f"Bearer {login.json()['token']}"}
    own = await api.get("/v1/organisations/current", headers=token)
    assert own.json()["name"] == "Nieuw BV"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"roles": ["administration"]}, "/roles"),
        ({"roles": ["installer", "operations"]}, "/roles"),
        ({"roles": []}, "/roles"),
        ({"roles": ["king"]}, "/roles/0"),
        ({"password": "short"}, "/password"),
        ({"password": "x" * 129}, "/password"),
        ({"email": "nobody"}, "/email"),
        ({"organisation_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11"}, "/organisation_id"),
    ],
)
async def test_a_user_that_can_not_be_is_refused_by_field(
    api: httpx.AsyncClient, world: World, change: dict[str, Any], pointer: str
) -> None:
    answer = await api.post("/v1/users", json=_user(world, **change), headers=world.administrator.headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert "short" not in answer.text


async def test_an_email_address_logs_in_one_person_only(api: httpx.AsyncClient, world: World) -> None:
    taken = _user(world, email=str(world.operations.email).upper())
    answer = await api.post("/v1/users", json=taken, headers=world.administrator.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/email")


async def test_a_second_operator_is_refused(api: httpx.AsyncClient, world: World) -> None:
    body = {"kind": "operator", "name": "Another"}
    answer = await api.post("/v1/organisations", json=body, headers=world.administrator.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/kind")


async def test_an_administrator_can_not_lock_itself_out(api: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/users/{world.administrator.id}/disable"
    assert (await api.post(path, headers=world.administrator.headers)).status_code == 409


async def test_lists_come_in_pages_without_gap_or_repetition(api: httpx.AsyncClient, world: World) -> None:
    headers = world.administrator.headers
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        path = "/v1/users?limit=2" + (f"&cursor={cursor}" if cursor else "")
        page = (await api.get(path, headers=headers)).json()
        assert len(page["items"]) <= 2
        seen += [user["name"] for user in page["items"]]
        cursor = page["next_cursor"]
    with_a_login = [each.name for each in vars(world).values() if isinstance(each, Person) and each.email]
    assert sorted(seen) == sorted(with_a_login)
    own = await api.get(f"/v1/users?organisation_id={world.installer.id}", headers=headers)
    assert [user["name"] for user in own.json()["items"]] == ["Iris Installer"]


async def test_a_key_is_shown_once_works_and_is_revoked(api: httpx.AsyncClient, world: World) -> None:
    headers = world.administrator.headers
    account = await api.post(
        "/v1/service-accounts",
        json={"organisation_id": str(world.municipality.id), "name": "GIS", "roles": ["requester"]},
        headers=headers,
    )
    keys = f"/v1/service-accounts/{account.json()['id']}/keys"
    issued = await api.post(keys, json={"name": "one", "scopes": ["tenders:read"]}, headers=headers)
    assert issued.json()["secret"].startswith("sm_")
    key = {"Authorization": f"Bearer {issued.json()['secret']}"}
    assert (await api.get("/v1/tenders", headers=key)).status_code == 200
    assert issued.json()["secret"] not in (await api.get(keys, headers=headers)).text
    assert (await api.delete(f"{keys}/{issued.json()['id']}", headers=headers)).status_code == 204
    assert (await api.get("/v1/tenders", headers=key)).status_code == 401
    assert (await api.get(keys, headers=headers)).json()["items"][0]["revoked_at"]


async def test_a_disabled_account_opens_nothing_and_gets_no_key(api: httpx.AsyncClient, world: World) -> None:
    headers = world.administrator.headers
    account = f"/v1/service-accounts/{world.requester.id}"
    assert (await api.post(f"{account}/disable", headers=headers)).status_code == 200
    assert (await api.get("/v1/tenders", headers=world.requester.headers)).status_code == 401
    body = {"name": "one", "scopes": ["tenders:read"]}
    assert (await api.post(f"{account}/keys", json=body, headers=headers)).status_code == 409


async def test_a_scope_beyond_the_roles_is_refused(api: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/service-accounts/{world.requester.id}/keys"
    body = {"name": "one", "scopes": ["placements:read", "placements:decide"]}
    answer = await api.post(path, json=body, headers=world.administrator.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/scopes")


async def test_a_person_gets_no_api_key(api: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/service-accounts/{world.operations.id}/keys"
    body = {"name": "one", "scopes": ["placements:read"]}
    assert (await api.post(path, json=body, headers=world.administrator.headers)).status_code == 404


async def test_passwords_are_never_in_the_log(
    api: httpx.AsyncClient, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await api.post("/v1/sessions", json={"email": world.operations.email, "password": PASSWORD})
    await api.post("/v1/users", json=_user(world, roles=["king"]), headers=world.administrator.headers)
    said = "".join(capsys.readouterr())
    assert "/v1/users" in said
    assert PASSWORD not in said
    assert "a long pass phrase" not in said


async def test_a_narrowed_key_gives_nobody_more_than_it_has(api: httpx.AsyncClient, world: World, desk: Desk) -> None:
    async with desk.work(world.administrator.actor, "test") as work:
        scopes = frozenset({Permission.USERS_MANAGE})
        narrow = await service_account(work, world.operator, "HR system", Role.ADMINISTRATION, scopes)
    keys = f"/v1/service-accounts/{narrow.id}/keys"
    wider = await api.post(keys, json={"name": "wide", "scopes": ["stations:activate"]}, headers=narrow.headers)
    assert (wider.status_code, wider.json()["facts"]) == (403, {"permission": "stations:activate"})
    boss = _user(world, organisation_id=str(world.operator.id), roles=["administration"])
    assert (await api.post("/v1/users", json=boss, headers=narrow.headers)).status_code == 403
    same = await api.post(keys, json={"name": "same", "scopes": ["users:manage"]}, headers=narrow.headers)
    assert same.status_code == 201
    by_person = await api.post(
        keys, json={"name": "w", "scopes": ["stations:activate"]}, headers=world.administrator.headers
    )
    assert by_person.status_code == 201
