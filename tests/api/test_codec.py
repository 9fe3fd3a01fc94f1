"""The Temporal UI reads what is encrypted, for those who may."""

import base64

import httpx
import pytest
from fastapi import FastAPI
from temporalio.api.common.v1 import Payload

from api.app import create_app
from models.secrets import KeyRing
from models.settings import Settings
from tests.people import World
from workflows.codec import EncryptionCodec

UI = "http://ui.test:8233"
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"no parking here"')


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"ui_origin": UI})


@pytest.fixture
def routed(settings: Settings) -> FastAPI:
    return create_app(settings)


async def _sealed(settings: Settings) -> dict[str, object]:
    codec = EncryptionCodec(KeyRing.parse(settings.keys.get_secret_value()))
    (sealed,) = await codec.encode([PLAIN])
    metadata = {name: base64.b64encode(value).decode() for name, value in sealed.metadata.items()}
    return {"payloads": [{"metadata": metadata, "data": base64.b64encode(sealed.data).decode()}]}


async def test_an_engineer_reads_what_a_history_says(api: httpx.AsyncClient, world: World, settings: Settings) -> None:
    sealed = await _sealed(settings)
    headers = {**world.engineer.headers, "Origin": UI, "X-Namespace": "default"}
    opened = await api.post("/codec/decode", json=sealed, headers=headers)
    assert opened.status_code == 200, opened.text
    assert base64.b64decode(opened.json()["payloads"][0]["data"]) == PLAIN.data
    assert opened.headers["access-control-allow-origin"] == UI
    again = await api.post("/codec/encode", json=opened.json(), headers=headers)
    assert base64.b64decode(again.json()["payloads"][0]["data"]) != PLAIN.data


async def test_nobody_else_reads_it(api: httpx.AsyncClient, world: World, settings: Settings) -> None:
    sealed = await _sealed(settings)
    assert (await api.post("/codec/decode", json=sealed)).status_code == 401
    assert (await api.post("/codec/decode", json=sealed, headers=world.requester.headers)).status_code == 403


async def test_only_the_ui_may_call_it_from_a_page(api: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace"}
    ours = await api.options("/codec/decode", headers={**asked, "Origin": UI})
    assert (ours.status_code, ours.headers["access-control-allow-origin"]) == (200, UI)
    other = await api.options("/codec/decode", headers={**asked, "Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-origin" not in (await api.get("/v1/tasks", headers={"Origin": UI})).headers


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"payloads": 1}', b'{"payloads": [{"data": 7}]}', b'{"payloads": [1]}', b"\xff", b""]
)
async def test_what_are_no_payloads_is_refused(api: httpx.AsyncClient, world: World, body: bytes) -> None:
    answer = await api.post("/codec/decode", content=body, headers=world.engineer.headers)
    assert answer.status_code == 422, answer.text


async def test_what_was_sealed_by_another_key_is_refused(api: httpx.AsyncClient, world: World) -> None:
    metadata = {"encoding": base64.b64encode(b"binary/encrypted").decode()}
    body = {"payloads": [{"metadata": metadata, "data": base64.b64encode(b"\x01\x02zz" + b"0" * 40).decode()}]}
    answer = await api.post("/codec/decode", json=body, headers=world.engineer.headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/payloads"


async def test_it_is_open_only_where_the_settings_say_so(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"codec_without_login": True}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://stationmaster.test") as client:
            answer = await client.post("/codec/decode", json=await _sealed(settings))
    assert answer.status_code == 200
