"""Fact to workflow: from the transaction in which a fact is written to the task in which its process hears of it."""

import time

import sqlalchemy as sa
from sqlmodel import col, select
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from activities.relay import TASK_QUEUE
from bench import empty
from bench.histories import heard_at
from bench.house import House
from bench.measured import Times
from cli.demo.waiting import until
from models.clock import utc_now
from models.store import figures
from models.tables.handover import Handover


async def of_facts(house: House, workflow_ids: list[str]) -> Times:
    """Of all facts of these processes. A row tells when its transaction began, so that is in it."""
    taken: list[float] = []
    for workflow_id in workflow_ids:
        heard = await heard_at(house.temporal, workflow_id)
        rows = await _written(house, workflow_id)
        taken += [heard[row.number - 1] - row.created_at.timestamp() for row in rows]
    return Times.of(taken)


async def all_heard(house: House) -> None:
    """Waits until no fact and no process waits any more: what is measured next is not to be measured behind a queue."""

    async def none_waits() -> bool:
        async with house.database.transaction() as session:
            waiting = (await figures.collect(session, utc_now())).handover_waiting
        return waiting == 0 and await _backlog(house) == 0

    await until("every fact to be heard", none_waits)


async def _backlog(house: House) -> int:
    """Tasks that no worker has taken yet."""
    service, count = house.temporal.workflow_service, 0
    for kind in (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY):
        wanted = DescribeTaskQueueRequest(
            namespace=house.temporal.namespace,
            task_queue=TaskQueue(name=TASK_QUEUE),
            task_queue_type=kind,
            report_stats=True,
        )
        count += (await service.describe_task_queue(wanted)).stats.approximate_backlog_count
    return count


async def _written(house: House, workflow_id: str) -> list[Handover]:
    async with house.database.transaction() as session:
        found = await session.execute(
            select(Handover)
            .where(col(Handover.workflow_id) == workflow_id, sa.not_(col(Handover.late)))
            .order_by(col(Handover.number))
        )
        return list(found.scalars())


async def floor(house: House, count: int) -> Times:
    """A bare signal to a process that does nothing with it."""
    handle = await house.temporal.start_workflow(empty.Waiting.run, id="bench-facts", task_queue=empty.QUEUE)
    sent = []
    for number in range(count):
        sent.append(time.time())
        await handle.signal(empty.Waiting.fact, number)
    heard = (await heard_at(house.temporal, handle.id))[1:]
    await handle.signal(empty.Waiting.end)
    return Times.of([at - began for at, began in zip(heard, sent, strict=False)])
