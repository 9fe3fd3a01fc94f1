"""Processes that do nothing: what Temporal itself takes for as many steps, on a worker like ours."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, Worker

QUEUE = "bench"
_LIMIT = timedelta(seconds=10)


@activity.defn
async def nothing() -> None:
    return


@workflow.defn(name="bench-steps")
class Steps:
    """As many steps as it is told, one after the other."""

    @workflow.run
    async def run(self, steps: int) -> None:
        for _ in range(steps):
            await workflow.execute_activity(nothing, start_to_close_timeout=_LIMIT)


@workflow.defn(name="bench-waiting")
class Waiting:
    """Hears of facts, and takes decisions with one step each, until it is told to end."""

    def __init__(self) -> None:
        self._ended = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self._ended)

    @workflow.signal
    def fact(self, number: int) -> None:
        """Nothing comes of it."""

    @workflow.signal
    def end(self) -> None:
        self._ended = True

    @workflow.update
    async def decide(self) -> None:
        await workflow.execute_activity(nothing, start_to_close_timeout=_LIMIT)


@asynccontextmanager
async def worker(client: Client) -> AsyncIterator[None]:
    """Polls as the product's does. It ends a little after its last activity: the SDK's own ending may hang else."""
    running = Worker(
        client,
        task_queue=QUEUE,
        workflows=[Steps, Waiting],
        activities=[nothing],
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=_LIMIT,
    )
    async with running:
        yield


async def per_minute(client: Client, steps: int, count: int) -> float:
    """Empty workflows of so many steps, all at once."""
    began = time.perf_counter()

    async def one(number: int) -> None:
        await client.execute_workflow(Steps.run, steps, id=f"bench-steps-{began}-{number}", task_queue=QUEUE)

    await asyncio.gather(*(one(number) for number in range(count)))
    return count / (time.perf_counter() - began) * 60
