"""Around every request: correlation id, limits, headers, figures, probes."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from api.envelope import BODY_LIMIT_BYTES
from cli.supervisor.ports import free_port
from tests.people import World


async def test_a_sane_correlation_id_is_kept_and_another_replaced(api: httpx.AsyncClient) -> None:
    kept = await api.get("/healthz", headers={"X-Correlation-Id": "order-7.a"})
    assert kept.headers["x-correlation-id"] == "order-7.a"
    for insane in ("x" * 65, "a b", "<script>", "-a"):
        replaced = await api.get("/healthz", headers={"X-Correlation-Id": insane})
        assert replaced.headers["x-correlation-id"] != insane


async def test_a_body_beyond_the_limit_is_refused_whether_its_length_is_said_or_not(
    api: httpx.AsyncClient, world: World
) -> None:
    headers = {**world.administrator.headers, "Content-Type": "application/json"}

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(BODY_LIMIT_BYTES // 65536 + 1):
            yield b" " * 65536

    said = await api.post("/v1/products", content=b" " * (BODY_LIMIT_BYTES + 1), headers=headers)
    chunked = await api.post("/v1/products", content=chunks(), headers=headers)
    for answer in (said, chunked):
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"


async def test_every_answer_carries_the_security_headers(api: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/v1/nothing", "/v1/tasks"):
        headers = (await api.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]


async def test_figures_are_kept_by_route_and_not_by_address(api: httpx.AsyncClient, world: World) -> None:
    for code in ("UNSEEN-1", "UNSEEN-2"):
        await api.get(f"/v1/products/{code}", headers=world.administrator.headers)
    await api.get("/v1/unseen-route")
    text = (await api.get("/metrics")).text
    assert 'http_requests_total{method="GET",route="/v1/products/{code}",status="404"}' in text
    assert 'route="none",status="404"' in text
    assert "UNSEEN" not in text.upper().replace("UNSEEN_", "")


async def test_the_probes_answer_without_a_login(api: httpx.AsyncClient) -> None:
    assert (await api.get("/readyz")).json() == {"status": "ready", "missing": []}
    assert (await api.get("/healthz")).status_code == 200


@pytest.fixture
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address of the API on a real socket."""
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.config.port}"
    server.should_exit = True
    await serving


async def test_who_sends_too_much_still_gets_the_answer(served: str, world: World) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(8 * BODY_LIMIT_BYTES // 65536):
            yield b" " * 65536

    headers = {**world.administrator.headers, "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=served, trust_env=False) as client:
        answer = await client.post("/v1/products", content=chunks(), headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/content-too-large")
        assert (await client.get("/v1/products", headers=headers)).status_code == 200
