"""A request is a span by the template of its route; what it writes for its process carries its place in the trace."""

import httpx
import pytest
from opentelemetry.trace import StatusCode
from sqlmodel import select

from models.tables.handover import Handover
from models.usecases.work import Desk
from tests.api.road import Road
from tests.people import World
from tests.spans import kept_spans, trace_of

THEIRS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_request_is_named_by_its_route_and_tells_no_address(
    api: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {**world.administrator.headers, "X-Correlation-Id": "order-7", "traceparent": THEIRS}
    with kept_spans(monkeypatch) as spans:
        await api.get("/v1/products/HUSH-1?q=hush-hush", headers=headers)
    request = spans.one("GET /v1/products/{code}")
    assert request.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/products/{code}",
        "http.response.status_code": 422,
        "stationmaster.correlation_id": "order-7",
    }
    assert request.status.status_code is StatusCode.UNSET
    assert "hush" not in "".join(each.to_json() for each in spans.all()).lower()


async def test_a_callers_trace_is_linked_and_not_continued(
    api: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept_spans(monkeypatch) as spans:
        await api.get("/v1/tasks", headers={**world.operations.headers, "traceparent": THEIRS})
    request = spans.one("GET /v1/tasks")
    assert request.parent is None
    assert [f"{link.context.trace_id:032x}" for link in request.links] == [THEIRS.split("-")[1]]


async def test_probes_are_no_spans(api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_spans(monkeypatch) as spans:
        for path in ("/healthz", "/readyz", "/metrics"):
            await api.get(path)
    assert spans.all() == ()


async def test_the_hand_over_of_a_request_carries_its_place_in_the_trace(
    road: Road, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept_spans(monkeypatch) as spans:
        await road.submit()
    request = spans.one("POST /v1/placement-requests")
    async with desk.database.transaction() as session:
        row = (await session.execute(select(Handover))).scalars().one()
    assert request.context is not None
    assert row.traceparent is not None
    assert row.traceparent.startswith(f"00-{trace_of(request):032x}-{request.context.span_id:016x}-")
