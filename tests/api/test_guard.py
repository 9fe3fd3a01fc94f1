"""Every route is guarded, and every denied attempt is on record."""

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlmodel import col, select

from api.openapi import guards_of
from models.rules.access import POLICY, Permission, Role
from models.tables.timeline import TimelineEntry
from models.usecases.work import Desk
from tests.people import World, service_account

PUBLIC = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/v1/openapi.json",
    "/v1/sessions",
    "/v1/subscriptions",  # a consumer who asks for one, bounded by address
    "/v1/webhooks/grid-operator",  # proves itself by its signature
    "/v1/webhooks/installers/{organisation_id}",  # likewise
    "/v1/webhooks/sms",  # likewise
    "/v1/webhooks/sms/status/{notice_id}",  # likewise
}


def test_no_route_is_open_that_is_not_on_the_short_list(app: FastAPI) -> None:
    open_routes = {route.path for route in iter_route_contexts(app.routes) if not guards_of(route)}
    assert open_routes <= PUBLIC


async def test_every_guarded_route_refuses_who_is_not_logged_in(app: FastAPI, api: httpx.AsyncClient) -> None:
    for route in iter_route_contexts(app.routes):
        if guards_of(route):
            for method in route.methods or ():
                answer = await api.request(method, (route.path or "").replace("{", "").replace("}", ""))
                assert answer.status_code == 401, (method, route.path, answer.text)
                assert answer.headers["content-type"] == "application/problem+json"


async def test_a_role_without_the_permission_is_refused_and_that_is_on_record(
    api: httpx.AsyncClient, world: World, desk: Desk
) -> None:
    body = {"kind": "requester", "name": "Mine"}
    answer = await api.post("/v1/organisations", json=body, headers=world.installer_user.headers)
    assert answer.status_code == 403
    assert answer.json()["facts"] == {"permission": "organisations:manage"}
    async with desk.database.transaction() as session:
        entry = (await session.execute(select(TimelineEntry).where(col(TimelineEntry.refused)))).scalar_one()
    assert entry.actor == str(world.installer_user.id)
    assert entry.what == "refused: POST /v1/organisations"
    assert entry.correlation_id == answer.headers["x-correlation-id"]


async def test_a_key_can_do_no_more_than_its_scopes(api: httpx.AsyncClient, world: World, desk: Desk) -> None:
    async with desk.work(world.administrator.actor, "test") as work:
        narrow = await service_account(
            work, world.municipality, "Narrow", Role.REQUESTER, frozenset({Permission.PLACEMENTS_READ})
        )
    assert (await api.get("/v1/tenders", headers=narrow.headers)).status_code == 403
    assert (await api.get("/v1/tenders", headers=world.requester.headers)).status_code == 200


def test_the_policy_decides_on_every_permission() -> None:
    assert set(POLICY) == set(Permission)
