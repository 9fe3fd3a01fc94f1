"""Brings the facts that were committed to their workflows, in order (rule 1).

Whoever commits a fact delivers it at once; the workers' sweep brings what was left behind by a crash, or while
Temporal was away. A row that can't be delivered holds up its own workflow only.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.rounds import go_round
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


_Error = RPCError | ValueError


@dataclass(frozen=True)
class _Passed:
    """Of the workflows that facts were brought to: whom one of them holds up, and who may hear of the next ones."""

    held_up: set[str]
    interrupted: set[str]


class Relay:
    def __init__(self, desk: Desk, client: Client) -> None:
        self._desk = desk
        self._client = client

    async def deliver(self, workflow_ids: Iterable[str]) -> None:
        """Deliver what these workflows have still to hear, those of several together.

        Never raises: the sweep goes on with what fails here.
        """
        waiting = sorted(set(workflow_ids))
        if len(waiting) > 1:
            waiting = await self._tried(waiting, wait=False)
        for workflow_id in waiting:
            await self._tried([workflow_id], wait=True)

    async def sweep(self) -> None:
        """One round over every workflow that has waited longer than a delivery takes."""
        async with self._desk.database.transaction() as session:
            waiting = await processes.with_undelivered(session, self._desk.clock() - LEFT_BEHIND_AFTER, BATCH)
        for workflow_id in waiting:
            try:
                await self._deliver([workflow_id], wait=False)
            except (RPCError, RuntimeError) as error:
                log.warning("fact_not_delivered", workflow=workflow_id, reason=str(error))

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until told to stop."""
        await go_round(stop, SWEEP_INTERVAL_S, self.sweep)

    async def _tried(self, workflow_ids: Sequence[str], *, wait: bool) -> list[str]:
        """Those that somebody else is delivering to at the moment."""
        try:
            delivered = await self._deliver(workflow_ids, wait=wait)
        except (RPCError, RuntimeError, SQLAlchemyError, OSError) as error:
            log.warning("facts_left_to_the_sweep", workflows=workflow_ids, reason=type(error).__name__)
            return []
        return [workflow_id for workflow_id in workflow_ids if workflow_id not in delivered]

    async def _deliver(self, workflow_ids: Sequence[str], *, wait: bool) -> set[str]:
        """Those that were free to be delivered to: with ``wait`` all of them."""
        async with self._desk.work(RELAY, "hand-over") as work:
            free = await processes.lock_deliveries(work.session, workflow_ids, wait=wait)
            hear = free
            while hear:
                rows = await processes.undelivered(work.session, hear, BATCH)
                passed = await self._send(work, rows)
                await work.session.flush()
                # What is written meanwhile is delivered by whoever writes it, behind this lock.
                hear = hear - passed.held_up if len(rows) == BATCH else passed.interrupted
        return free

    async def _send(self, work: Work, rows: Sequence[Handover]) -> _Passed:
        """Workflows hear of their facts beside each other, and each in order."""
        groups = [list(group) for _, group in groupby(rows, key=lambda row: row.workflow_id)]
        held_up, interrupted = set(), set()
        # All of them end before the locks are let go, also where one can't go on.
        came_of = await asyncio.gather(*map(self._tell, groups), return_exceptions=True)
        for group, errors in zip(groups, came_of, strict=True):
            if isinstance(errors, BaseException):
                raise errors
            # Without an error for each there is one at the end, and it ended the telling.
            for row, error in zip(group, errors, strict=False):
                if error is None:
                    await self._arrived(work, row)
                elif await self._is_late(work, row, error):
                    interrupted.add(row.workflow_id)
                else:
                    held_up.add(row.workflow_id)
        return _Passed(held_up, interrupted)

    async def _tell(self, rows: Sequence[Handover]) -> list[_Error | None]:
        """What came of each of a workflow's facts, up to the first that fails."""
        came_of: list[_Error | None] = []
        for row in rows:
            row.attempts += 1
            try:
                with tracing.continued(row.traceparent):
                    await (self._start(row) if row.kind is HandoverKind.START else self._signal(row))
            except (RPCError, ValueError) as error:
                return [*came_of, error]
            came_of.append(None)
        return came_of

    async def _arrived(self, work: Work, row: Handover) -> None:
        if row.stuck_at is not None:
            await task.close_task(work, TaskKind.HANDOVER_STUCK, row.id)
        row.delivered_at, row.last_error, row.stuck_at = work.now, None, None
        DELIVERED.labels(row.kind.value).inc()

    async def _is_late(self, work: Work, row: Handover, error: _Error) -> bool:
        """Whether the fact failed for its process having ended; otherwise it holds up its workflow."""
        if _is_gone(error) and await process.keep_as_late(work, row):
            await task.close_task(work, TaskKind.HANDOVER_STUCK, row.id)
            return True
        FAILED.inc()
        row.last_error = _reason(error)
        if row.attempts >= STUCK_AFTER_ATTEMPTS and not _is_away(error):
            await _report_stuck(work, row)
        return False

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
            log.info("workflow_started_before", workflow=row.workflow_id)

    async def _signal(self, row: Handover) -> None:
        fact = Fact(
            number=row.number,
            name=row.name,
            payload=row.payload,
            correlation_id=row.correlation_id,
            traceparent=row.traceparent,
        )
        await self._client.get_workflow_handle(row.workflow_id).signal("fact", fact, rpc_timeout=CALL_LIMIT)


def _reason(error: _Error) -> str:
    return f"{error.status.name}: {error.message}"[:500] if isinstance(error, RPCError) else str(error)[:500]


def _is_gone(error: _Error) -> bool:
    """No such workflow runs: it has ended, or has still to be started by its parent."""
    return isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND


def _is_away(error: _Error) -> bool:
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
