"""However slowly facts reach their processes, requests are answered (rule 1)."""

import asyncio
import dataclasses
from collections.abc import Iterable

import pytest
from fastapi import FastAPI

from api import context


class Slow:
    """Delivers when it is let; ``most`` is how many it was asked for at once."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.now = self.most = self.done = 0

    async def deliver(self, workflow_ids: Iterable[str]) -> None:
        assert workflow_ids
        self.now += 1
        self.most = max(self.most, self.now)
        await self.let.wait()
        self.now -= 1
        self.done += 1


async def test_few_facts_are_delivered_at_once_and_no_answer_waits_behind_them(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "DELIVERIES_WAITING", 20)
    slow = Slow()
    services = dataclasses.replace(app.state.services, relay=slow, _under_way=set())
    for number in range(context.DELIVERIES_AT_ONCE):
        await services.deliver({f"placement-{number}"})
    began = asyncio.get_running_loop().time()
    for number in range(100):
        await services.deliver({f"placement-more-{number}"})
    assert asyncio.get_running_loop().time() - began < context.DELIVERY_PATIENCE_S * 20
    assert slow.most == context.DELIVERIES_AT_ONCE
    under_way = set(services._under_way)
    slow.let.set()
    await asyncio.gather(*under_way)
    assert slow.done == 20
