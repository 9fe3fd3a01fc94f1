"""The batches of one node: what stations tell at high rates, and the tokens that they show."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

from activities.courier import Courier
from csms import metrics
from csms.batches import Batches
from models.messages.base import Actor
from models.messages.telemetry import Answer, Outcome, Seen, Shown, Verdict
from models.usecases import telemetry
from models.usecases.work import Desk

FRONT = Actor(id=None, name="stations")


class Telemetry:
    """``desk`` with connections that nobody else uses: when all stations come back at once, these go on."""

    def __init__(self, desk: Desk, courier: Courier) -> None:
        self._desk = desk
        self._courier = courier
        self._facts: Batches[Seen, Answer] = Batches(self._keep, later=lambda answer: answer is Outcome.LATER)
        self._tokens: Batches[Shown, Verdict | None] = Batches(self._judge)

    def keep(self, fact: Seen) -> "asyncio.Future[Answer]":
        """Done once the fact is committed."""
        return self._facts.put(fact)

    def judge(self, shown: Shown) -> "asyncio.Future[Verdict | None]":
        return self._tokens.put(shown)

    async def close(self) -> None:
        await self._facts.close()
        await self._tokens.close()

    async def _keep(self, facts: Sequence[Seen]) -> list[Answer]:
        async with self._desk.work(FRONT, str(uuid4())) as work:
            answers = await telemetry.keep(work, facts)
        metrics.BATCHES.observe(len(facts))
        self._courier.take(work.handed_over)
        return answers

    async def _judge(self, shown: Sequence[Shown]) -> list[Verdict | None]:
        async with self._desk.work(FRONT, str(uuid4())) as work:
            return await telemetry.judge(work, shown)
