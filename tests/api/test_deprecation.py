"""What will go says so."""

from datetime import date

import httpx
import pytest
from fastapi import APIRouter

from api import deprecation
from api.app import create_app
from api.deprecation import Deprecated, deprecated
from models.settings import Settings
from tests.people import World
from tests.recording import RecordingRelay

PATH = "/v1/old-products"


@pytest.mark.usefixtures("world")
async def test_a_deprecated_route_says_since_when_until_when_and_what_comes_after(settings: Settings) -> None:
    router = APIRouter()
    end = deprecated(since=date(2026, 11, 1), sunset=date(2027, 6, 1), successor="/v1/products")

    @router.get(PATH, dependencies=[end], summary="Products as they were")
    async def show_all() -> dict[str, str]:
        return {}

    app = create_app(settings, relay=lambda _desk, _client: RecordingRelay())
    app.include_router(router)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://stationmaster.test") as api:
            answer = await api.get(PATH)
            other = await api.get("/v1/openapi.json")
    assert answer.headers["deprecation"] == "@1793491200"
    assert answer.headers["sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
    assert answer.headers["link"] == '</v1/products>; rel="successor-version"'
    assert "deprecation" not in other.headers
    said = other.json()["paths"][PATH]["get"]
    assert said["deprecated"]
    assert "2027-06-01" in said["description"]


def test_nothing_goes_without_half_a_year_of_notice() -> None:
    with pytest.raises(ValueError, match="180 days"):
        Deprecated(date(2026, 11, 1), date(2027, 1, 1), "/v1/products")
    assert deprecation.NOTICE.days >= 180


async def test_nothing_that_is_not_deprecated_says_so(api: httpx.AsyncClient, world: World) -> None:
    answer = await api.get("/v1/products", headers=world.operations.headers)
    assert not {"deprecation", "sunset"} & answer.headers.keys()
