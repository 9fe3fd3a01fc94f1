"""How often a key may call."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from models.settings import Settings
from tests.people import World
from tests.recording import RecordingRelay

PATH = "/v1/products"


async def _key(api: httpx.AsyncClient, world: World, **said: Any) -> dict[str, str]:
    body = {"name": "narrow", "scopes": ["placements:read"], **said}
    path = f"/v1/service-accounts/{world.requester.id}/keys"
    issued = await api.post(path, json=body, headers=world.administrator.headers)
    assert issued.status_code == 201, issued.text
    return {"Authorization": f"Bearer {issued.json()['secret']}"}


def _at(app: FastAPI, instant: datetime) -> None:
    services = app.state.services
    app.state.services = dataclasses.replace(services, desk=dataclasses.replace(services.desk, clock=lambda: instant))


@pytest.fixture
def noon(world: World) -> datetime:
    """The next full minute but some: logins hold by then."""
    return world.desk.clock().replace(second=0, microsecond=0) + timedelta(minutes=2)


async def test_a_key_has_its_own_limit_and_is_told_how_much_is_left(
    app: FastAPI, api: httpx.AsyncClient, world: World, noon: datetime
) -> None:
    key = await _key(api, world, requests_per_minute=3)
    _at(app, noon)
    left = []
    for _ in range(3):
        answer = await api.get(PATH, headers=key)
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"default";q=3;w=60'
        left.append(answer.headers["ratelimit"])
    assert left == ['"default";r=2;t=60', '"default";r=1;t=60', '"default";r=0;t=60']
    refused = await api.get(PATH, headers=key)
    assert refused.status_code == 429
    assert refused.json()["type"] == "/problems/rate-limited"
    assert refused.headers["ratelimit"] == '"default";r=0;t=60'
    _at(app, noon + timedelta(seconds=int(refused.headers["retry-after"])))
    assert (await api.get(PATH, headers=key)).status_code == 200


async def test_other_keys_and_people_are_counted_for_themselves(
    app: FastAPI, api: httpx.AsyncClient, world: World, noon: datetime
) -> None:
    one, other = [await _key(api, world, requests_per_minute=1) for _ in range(2)]
    _at(app, noon)
    assert [(await api.get(PATH, headers=one)).status_code for _ in range(2)] == [200, 429]
    assert (await api.get(PATH, headers=other)).status_code == 200
    assert (await api.get(PATH, headers=world.operations.headers)).headers[
        "ratelimit-policy"
    ] == '"default";q=6000;w=60'


async def test_several_processes_count_together(
    app: FastAPI, api: httpx.AsyncClient, world: World, settings: Settings, noon: datetime
) -> None:
    key = await _key(api, world, requests_per_minute=2)
    beside = create_app(settings, relay=lambda _desk, _client: RecordingRelay())
    async with beside.router.lifespan_context(beside):
        for each in (app, beside):
            _at(each, noon)
        transport = httpx.ASGITransport(beside, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://stationmaster.test") as second:
            statuses = [(await each.get(PATH, headers=key)).status_code for each in (api, second, api, second)]
    assert statuses == [200, 200, 429, 429]


async def test_a_limit_must_be_a_sensible_number(api: httpx.AsyncClient, world: World) -> None:
    body = {"name": "none", "scopes": ["placements:read"], "requests_per_minute": 0}
    path = f"/v1/service-accounts/{world.requester.id}/keys"
    answer = await api.post(path, json=body, headers=world.administrator.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/requests_per_minute")
