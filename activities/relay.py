"""Brings the facts that were committed to their workflows, in order (rule 1).

Whoever commits a fact delivers it at once; the workers' sweep brings what was left behind by a crash, or while
Temporal was away. A row that can't be delivered holds up its own workflow only.
"""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from models import tracing
from models.messages.base import Actor, Fact, Subject
from models.rules.access import Role
from models.rules.handover import STUCK_AFTER_ATTEMPTS
from models.store import organisations, processes
from models.tables.handover import Handover, HandoverKind
from models.tables.task import TaskKind
from models.usecases import process, task
from models.usecases.work import Desk, Work

TASK_QUEUE = "stationmaster"
BATCH = 50
SWEEP_INTERVAL_S = 1.0
LEFT_BEHIND_AFTER = timedelta(seconds=2)
CALL_LIMIT = timedelta(seconds=10)
_AWAY = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        # So a client says that its connection broke in the middle of a call.
        RPCStatusCode.UNKNOWN,
        RPCStatusCode.INTERNAL,
    }
)
RELAY = Actor(id=None, name="hand-over")

log = structlog.get_logger()
DELIVERED = Counter("stationmaster_handover_delivered_total", "Facts delivered to workflows", ["kind"])
FAILED = Counter("stationmaster_handover_failed_total", "Tries to deliver a fact that failed")


class Relay:
    def __init__(self, desk: Desk, client: Client) -> None:
        self._desk = desk
        self._client = client

    async def deliver(self, workflow_ids: Iterable[str]) -> None:
        """Deliver what these workflows have still to hear. Never raises: the sweep goes on with what fails here."""
        for workflow_id in workflow_ids:
            try:
                await self._deliver(workflow_id, wait=True)
            except (RPCError, RuntimeError, SQLAlchemyError, OSError) as error:
                log.warning("fact left to the sweep", workflow=workflow_id, reason=type(error).__name__)

    async def sweep(self) -> None:
        """One round over every workflow that has waited longer than a delivery takes."""
        async with self._desk.database.transaction() as session:
            waiting = await processes.with_undelivered(session, self._desk.clock() - LEFT_BEHIND_AFTER, BATCH)
        for workflow_id in waiting:
            try:
                await self._deliver(workflow_id, wait=False)
            except (RPCError, RuntimeError) as error:
                log.warning("fact can't be delivered", workflow=workflow_id, reason=str(error))

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until told to stop; a database that is away is waited for."""
        while not stop.is_set():
            try:
                await self.sweep()
            except (SQLAlchemyError, OSError) as error:
                log.warning("sweep put off", reason=type(error).__name__)
            try:
                await asyncio.wait_for(stop.wait(), SWEEP_INTERVAL_S)
            except TimeoutError:
                continue

    async def _deliver(self, workflow_id: str, *, wait: bool) -> None:
        async with self._desk.work(RELAY, "hand-over") as work:
            if not await processes.lock_delivery(work.session, workflow_id, wait=wait):
                return
            more = True
            while more:
                rows = await processes.undelivered(work.session, workflow_id, BATCH)
                for row in rows:
                    if not await self._send(work, row):
                        return
                await work.session.flush()
                # What is written meanwhile is delivered by whoever writes it, behind this lock.
                more = len(rows) == BATCH

    async def _send(self, work: Work, row: Handover) -> bool:
        row.attempts += 1
        try:
            with tracing.continued(row.traceparent):
                await (self._start(row) if row.kind is HandoverKind.START else self._signal(row))
        except (RPCError, ValueError) as error:
            if _is_gone(error) and await process.keep_as_late(work, row):
                await task.close_task(work, TaskKind.HANDOVER_STUCK, row.id)
                return True
            FAILED.inc()
            row.last_error = _reason(error)
            if row.attempts >= STUCK_AFTER_ATTEMPTS and not _is_away(error):
                await _report_stuck(work, row)
            return False
        if row.stuck_at is not None:
            await task.close_task(work, TaskKind.HANDOVER_STUCK, row.id)
        row.delivered_at, row.last_error, row.stuck_at = work.now, None, None
        DELIVERED.labels(row.kind.value).inc()
        return True

    async def _start(self, row: Handover) -> None:
        """A run that was closed may be followed by another, which goes on from the rows, or ends where they have."""
        subject = Subject.model_validate(row.payload)
        try:
            await self._client.start_workflow(
                row.name,
                subject,
                id=row.workflow_id,
                task_queue=TASK_QUEUE,
                static_summary=f"{row.name} {subject.reference}",
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                rpc_timeout=CALL_LIMIT,
            )
        except WorkflowAlreadyStartedError:
            log.info("workflow was started before", workflow=row.workflow_id)

    async def _signal(self, row: Handover) -> None:
        fact = Fact(
            number=row.number,
            name=row.name,
            payload=row.payload,
            correlation_id=row.correlation_id,
            traceparent=row.traceparent,
        )
        await self._client.get_workflow_handle(row.workflow_id).signal("fact", fact, rpc_timeout=CALL_LIMIT)


def _reason(error: RPCError | ValueError) -> str:
    return f"{error.status.name}: {error.message}"[:500] if isinstance(error, RPCError) else str(error)[:500]


def _is_gone(error: RPCError | ValueError) -> bool:
    """No such workflow runs: it has ended, or has still to be started by its parent."""
    return isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND


def _is_away(error: RPCError | ValueError) -> bool:
    """Temporal itself is away: nothing is wrong with the fact."""
    return isinstance(error, RPCError) and error.status in _AWAY


async def _report_stuck(work: Work, row: Handover) -> None:
    row.stuck_at = row.stuck_at or work.now
    operator = await organisations.operator(work.session)
    await task.open_task(
        work,
        TaskKind.HANDOVER_STUCK,
        Role.ENGINEER,
        operator.id,
        row.id,
        row.workflow_id,
        f"Fact {row.number} ({row.name}) can't be delivered: {row.last_error}",
        working_days=1,
    )
