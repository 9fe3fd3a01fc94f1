"""Our client of the grid operator's API, against the stand-in as a program of its own."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from activities.gateways.errors import Refused, TryAgain
from activities.gateways.grid_operator import HttpGridOperator
from models.messages.grid import ConnectionAddress, ConnectionRequest
from models.settings import Settings
from tests.sandbox_programs import API_KEY, Program, free_port, get, put, until

CALLBACK_URL = "http://127.0.0.1:9/v1/webhooks/grid-operator"

pytestmark = pytest.mark.step("P5")


@pytest.fixture
async def client(grid_operator: Program) -> AsyncIterator[HttpGridOperator]:
    put(grid_operator, "/control/fault", {})
    gateway = HttpGridOperator(grid_operator.url, SecretStr(API_KEY), CALLBACK_URL, call_limit_s=5)
    yield gateway
    await gateway.aclose()
    put(grid_operator, "/control/fault", {})


def _request(**changes: Any) -> ConnectionRequest:
    address = ConnectionAddress(street="Dam", house_number="1", postal_code="1012 JS", city="Amsterdam", country="NL")
    asked = ConnectionRequest(
        reference=f"PR-2026-{uuid.uuid4().hex[:6]}/1",
        address=address,
        latitude=52.37,
        longitude=4.89,
        municipality="Amsterdam",
        charge_points=2,
    )
    return asked.model_copy(update=changes)


async def test_a_connection_is_requested_with_all_that_the_grid_operator_needs(
    client: HttpGridOperator, grid_operator: Program
) -> None:
    asked = _request()
    made = await client.request_connection(asked, "key-" + asked.reference)
    (known,) = get(grid_operator, "/control/requests", reference=asked.reference)
    assert known["connection_request_id"] == made
    assert known["request"] == {**asked.model_dump(), "callback_url": CALLBACK_URL}


async def test_a_request_whose_answer_is_lost_is_made_once(client: HttpGridOperator, grid_operator: Program) -> None:
    asked, key = _request(), uuid.uuid4().hex
    put(grid_operator, "/control/fault", {"mode": "lose_answer"})
    with pytest.raises(TryAgain, match="504"):
        await client.request_connection(asked, key)
    put(grid_operator, "/control/fault", {})
    made = await client.request_connection(asked, key)
    (count,) = get(grid_operator, "/control/counts", reference=asked.reference)
    assert (count["posts"], count["connection_request_id"]) == (2, made)


async def test_a_slow_grid_operator_is_given_up_and_asked_again(grid_operator: Program) -> None:
    hasty = HttpGridOperator(grid_operator.url, SecretStr(API_KEY), CALLBACK_URL, call_limit_s=0.2)
    asked, key = _request(), uuid.uuid4().hex
    put(grid_operator, "/control/fault", {"mode": "slow", "delay_s": 1})
    try:
        with pytest.raises(TryAgain, match="can't be reached"):
            await hasty.request_connection(asked, key)
        await until(lambda: get(grid_operator, "/control/requests", reference=asked.reference))
    finally:
        put(grid_operator, "/control/fault", {})
        await hasty.aclose()
    patient = HttpGridOperator(grid_operator.url, SecretStr(API_KEY), CALLBACK_URL)
    made = await patient.request_connection(asked, key)
    await patient.aclose()
    (known,) = get(grid_operator, "/control/requests", reference=asked.reference)
    assert known["connection_request_id"] == made


async def test_a_grid_operator_that_is_down_says_when_to_come_back(
    client: HttpGridOperator, grid_operator: Program
) -> None:
    put(grid_operator, "/control/fault", {"mode": "down", "retry_after_s": 30})
    with pytest.raises(TryAgain) as told:
        await client.request_connection(_request(), uuid.uuid4().hex)
    assert told.value.after_s == 30
    assert "down" in told.value.detail


async def test_nobody_at_the_address_means_try_again() -> None:
    gateway = HttpGridOperator(f"http://127.0.0.1:{free_port()}", SecretStr(API_KEY), CALLBACK_URL)
    with pytest.raises(TryAgain) as told:
        await gateway.request_connection(_request(), "key")
    assert told.value.after_s is None
    await gateway.aclose()


async def test_bad_input_is_refused_with_the_field(client: HttpGridOperator) -> None:
    with pytest.raises(Refused) as refused:
        await client.request_connection(_request(latitude=123.0), uuid.uuid4().hex)
    assert refused.value.field == "/latitude"


async def test_a_key_used_for_another_request_is_refused(client: HttpGridOperator) -> None:
    await client.request_connection(_request(), "one-key")
    with pytest.raises(Refused, match="409"):
        await client.request_connection(_request(), "one-key")


async def test_a_wrong_api_key_can_be_put_right_and_is_not_shown(grid_operator: Program) -> None:
    gateway = HttpGridOperator(grid_operator.url, SecretStr("not-the-key"), CALLBACK_URL)
    with pytest.raises(TryAgain, match="401") as told:
        await gateway.request_connection(_request(), "key")
    assert "not-the-key" not in str(told.value)
    await gateway.aclose()


@pytest.mark.step("P20")
async def test_a_request_is_cancelled_however_often_it_is_said(
    client: HttpGridOperator, grid_operator: Program
) -> None:
    asked = _request()
    made = await client.request_connection(asked, uuid.uuid4().hex)
    await client.cancel(made, "cancel-key")
    await client.cancel(made, "cancel-key")
    (known,) = get(grid_operator, "/control/requests", reference=asked.reference)
    assert known["status"] == "cancelled"
    with pytest.raises(Refused, match="404"):
        await client.cancel("GC-/none", "cancel-key")


async def test_the_callback_is_made_of_our_public_address(grid_operator: Program) -> None:
    settings = Settings(
        database_url=SecretStr("postgresql://nobody@127.0.0.1/none"),
        keys=SecretStr("k1:unused"),
        public_api_url="https://charging.example/",
        grid_operator_url=grid_operator.url,
        grid_operator_api_key=SecretStr(API_KEY),
    )
    gateway = HttpGridOperator.from_settings(settings)
    asked = _request()
    await gateway.request_connection(asked, uuid.uuid4().hex)
    (known,) = get(grid_operator, "/control/requests", reference=asked.reference)
    assert known["request"]["callback_url"] == "https://charging.example/v1/webhooks/grid-operator"
    await gateway.aclose()
