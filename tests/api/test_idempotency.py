"""A creating request that is sent again creates once (P1)."""

import asyncio
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from models.store.idempotency import KEPT
from models.tables.access import IdempotencyKey
from models.usecases.work import Desk
from tests.people import World

ORGANISATION = {"kind": "requester", "name": "Gemeente Nieuw"}


@pytest.mark.step("P1")
async def test_the_same_key_and_request_give_the_same_answer_and_one_effect(
    api: httpx.AsyncClient, world: World
) -> None:
    headers = {**world.administrator.headers, "Idempotency-Key": "k-1"}
    first = await api.post("/v1/organisations", json=ORGANISATION, headers=headers)
    again = await api.post("/v1/organisations", json=ORGANISATION, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    without = await api.post("/v1/organisations", json=ORGANISATION, headers=world.administrator.headers)
    assert without.status_code == 409


@pytest.mark.step("P1")
async def test_the_same_key_with_another_request_is_refused(api: httpx.AsyncClient, world: World) -> None:
    headers = {**world.administrator.headers, "Idempotency-Key": "k-1"}
    await api.post("/v1/organisations", json=ORGANISATION, headers=headers)
    other = await api.post("/v1/organisations", json={**ORGANISATION, "name": "Another"}, headers=headers)
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert other.json()["errors"][0]["parameter"] == "Idempotency-Key"
    elsewhere = await api.post("/v1/products", json={}, headers=headers)
    assert elsewhere.status_code == 422


@pytest.mark.step("P1")
async def test_two_at_once_create_once(api: httpx.AsyncClient, world: World) -> None:
    headers = {**world.administrator.headers, "Idempotency-Key": "k-1"}
    answers = await asyncio.gather(
        *(api.post("/v1/organisations", json=ORGANISATION, headers=headers) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


async def test_a_key_of_somebody_else_is_another_key(api: httpx.AsyncClient, world: World) -> None:
    body = {"channel": "mail", "address": "post@voorbeeld.example"}
    answers = [
        await api.post("/v1/endpoints", json=body, headers={**person.headers, "Idempotency-Key": "k-1"})
        for person in (world.requester, world.other_requester)
    ]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 2


async def test_a_refused_request_leaves_no_key_behind(api: httpx.AsyncClient, world: World) -> None:
    headers = {**world.administrator.headers, "Idempotency-Key": "k-1"}
    taken = {"kind": "requester", "name": world.municipality.name}
    assert (await api.post("/v1/organisations", json=taken, headers=headers)).status_code == 409
    assert (await api.post("/v1/organisations", json=ORGANISATION, headers=headers)).status_code == 201


async def test_a_secret_that_is_shown_once_is_not_kept_in_the_clear(
    api: httpx.AsyncClient, world: World, desk: Desk
) -> None:
    headers = {**world.administrator.headers, "Idempotency-Key": "k-1"}
    body = {"name": "second", "scopes": ["placements:read"]}
    path = f"/v1/service-accounts/{world.requester.id}/keys"
    issued = await api.post(path, json=body, headers=headers)
    again = await api.post(path, json=body, headers=headers)
    assert issued.json()["secret"] == again.json()["secret"]
    async with desk.database.transaction() as session:
        kept = (await session.execute(sa.select(IdempotencyKey))).scalar_one()
    assert kept.body is not None
    assert issued.json()["secret"] not in kept.body


@pytest.mark.parametrize("key", ["", "x" * 256, "with space"])
async def test_a_bad_key_is_named(api: httpx.AsyncClient, world: World, key: str) -> None:
    headers = {**world.administrator.headers, "Idempotency-Key": key}
    answer = await api.post("/v1/organisations", json=ORGANISATION, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "Idempotency-Key"


async def test_a_key_is_forgotten_after_its_time(api: httpx.AsyncClient, world: World, desk: Desk) -> None:
    headers = {**world.administrator.headers, "Idempotency-Key": "k-1"}
    await api.post("/v1/organisations", json=ORGANISATION, headers=headers)
    async with desk.database.transaction() as session:
        await session.execute(sa.update(IdempotencyKey).values(created_at=sa.func.now() - KEPT))
    other = await api.post("/v1/organisations", json={**ORGANISATION, "name": "Another"}, headers=headers)
    assert other.status_code == 201


async def test_a_key_is_kept_for_a_day_at_least(api: httpx.AsyncClient, world: World, desk: Desk) -> None:
    headers = {**world.administrator.headers, "Idempotency-Key": "k-1"}
    first = await api.post("/v1/organisations", json=ORGANISATION, headers=headers)
    async with desk.database.transaction() as session:
        await session.execute(sa.update(IdempotencyKey).values(created_at=sa.func.now() - timedelta(hours=24)))
    again = await api.post("/v1/organisations", json=ORGANISATION, headers=headers)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
