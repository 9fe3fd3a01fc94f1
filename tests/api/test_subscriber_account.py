"""The account of a subscription by the API: what can be spent, and how far (S2, C5, B8)."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from models.money import Money
from models.rules.ledger import AccountKind
from models.rules.subscriber import Payment, SubscriberStage
from models.store import ledger
from models.tables.subscriber import Subscriber
from models.usecases import hold
from tests.api.road import Road
from tests.api.test_subscribers import entered
from tests.people import Person, World
from tests.subscribing import a_subscriber

pytestmark = pytest.mark.step("S2", "C5", "B8")


def path_of(row: Subscriber) -> str:
    return f"/v1/subscribers/{row.reference}/account"


async def shown(api: httpx.AsyncClient, who: Person, row: Subscriber) -> dict[str, Any]:
    answer = await api.get(path_of(row), headers=who.headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def held(world: World, row: Subscriber, kind: AccountKind, amount: str) -> None:
    async with world.desk.work(world.finance.actor, "test") as work:
        own = await ledger.accounts_for(work.session, row.id, "EUR", [kind])
        await hold.take(work, own[kind], Money(Decimal(amount), "EUR"), f"session:{row.id}")


async def test_what_is_held_can_not_be_spent_again(api: httpx.AsyncClient, world: World) -> None:
    row = await a_subscriber(world, payment=Payment.PREPAID, balance="50", limit="0")
    await held(world, row, AccountKind.PREPAID, "20")
    told = await shown(api, world.customer_care, row)
    amounts = [told[name] for name in ("balance", "held", "credit_limit", "available", "receivable")]
    assert amounts == ["50.0000", "20.0000", "0.0000", "30.0000", None]
    assert [(each["amount"], each["state"]) for each in told["holds"]] == [("20.0000", "held")]
    assert [each["kind"] for each in told["accounts"]] == ["prepaid"]


async def test_finance_changes_the_limit_with_a_reason_but_not_below_what_is_held(
    api: httpx.AsyncClient, world: World
) -> None:
    row = await a_subscriber(world, limit="500")
    await held(world, row, AccountKind.UNBILLED, "120")

    async def change(who: Person, limit: str, reason: str = "Pays in time") -> httpx.Response:
        body = {"credit_limit": limit, "reason": reason}
        return await api.post(f"{path_of(row)}/credit-limit", json=body, headers=who.headers)

    changed = await change(world.finance, "400")
    assert (changed.status_code, changed.json()["available"]) == (200, "280.0000"), changed.text
    refusals = [
        await change(world.finance, "119.99"),
        await change(world.finance, "5", ""),
        await change(world.customer_care, "5"),
    ]
    assert [answer.status_code for answer in refusals] == [409, 422, 403]
    told = await shown(api, world.finance, row)
    assert (told["credit_limit"], told["receivable"]) == ("400.0000", "0.0000")
    assert [each["kind"] for each in told["accounts"]] == ["unbilled", "receivable"]


async def test_a_prepaid_account_gets_no_credit(api: httpx.AsyncClient, world: World) -> None:
    row = await a_subscriber(world, payment=Payment.PREPAID, limit="0")
    body = {"credit_limit": "10", "reason": "x"}
    answer = await api.post(f"{path_of(row)}/credit-limit", json=body, headers=world.finance.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/credit_limit")


async def test_there_is_no_account_before_the_subscription_is_set_up(road: Road, world: World) -> None:
    reference = await entered(road)
    for method, path, body in (
        ("GET", "account", None),
        ("POST", "account/credit-limit", {"credit_limit": "10", "reason": "x"}),
    ):
        answer = await road.api.request(
            method, f"/v1/subscribers/{reference}/{path}", json=body, headers=world.finance.headers
        )
        assert answer.status_code == 404, answer.text
    told = await road.call(world.customer_care, "GET", f"/v1/subscribers/{reference}")
    assert told["stage"] == SubscriberStage.ACCEPTED
