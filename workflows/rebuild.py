"""Every process is brought back from its rows (rule 4).

For the day after Temporal's store was lost, or after the database or Temporal was restored to an earlier day. It may
run while the house runs, may be killed, and may be run again. Workers need not work for what is lost to be started;
what runs can only be asked where it stands while they do. After a restore of the database it is to run before the API
is opened: references that were given on the lost day are passed over first.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities import relay
from models.errors import BusinessError
from models.messages.base import Subject
from models.rules.rebuild import Difference, Remedy
from models.store import processes
from models.tables.handover import Process
from models.usecases import rebuild
from models.usecases.rebuild import REBUILD
from models.usecases.work import Desk, Work
from workflows.comparison import (
    ANSWER_WITHIN,
    CORRELATION_ID,
    PAGE,
    Comparer,
    Comparison,
    Finding,
    Lost,
    Watch,
    each_of,
)

log = structlog.get_logger()


@dataclass(frozen=True)
class Outcome:
    """``done`` was seen to; ``left`` differs still. ``numbers_passed``: lost references that were still to be given."""

    done: Sequence[Finding]
    left: Sequence[Finding]
    numbers_passed: int = 0


class Rebuild:
    def __init__(self, desk: Desk, client: Client, watch: Watch = lambda _phase, _count: None) -> None:
        self._desk = desk
        self._client = client
        self._watch = watch
        self._comparer = Comparer(desk, client, watch)
        self._failed: dict[str, str] = {}

    async def bring_back(self, comparison: Comparison) -> Outcome:
        """See to every finding. Raises RPCError where Temporal goes away meanwhile.

        First everything is ended that is not to run as it does, and the facts for what comes in its place are taken
        back; only then is anything started. A process starts its children, and one that was started before its facts
        were taken back might hear a new one first, and then ignore them.
        """
        passed = await each_of(comparison.lost, self._pass_number)
        findings = comparison.findings
        cleared = await each_of(findings, lambda each: self._tried(each, self._clear, "cleared"))
        to_start = [each for each, go_on in zip(findings, cleared, strict=True) if go_on]
        await each_of(to_start, lambda each: self._tried(each, self._start, "started"))
        if comparison.whole:
            await self._wake_deliveries()
        left = await self._left(findings, {each.workflow_id for each in to_start})
        differs = {each.workflow_id for each in left}
        return Outcome([each for each in findings if each.workflow_id not in differs], left, sum(passed))

    async def _left(self, findings: Sequence[Finding], started: set[str]) -> Sequence[Finding]:
        """What differs still. One that was started just now need not have a worker to answer yet."""
        failed = [
            replace(each, why=self._failed[each.workflow_id]) for each in findings if each.workflow_id in self._failed
        ]
        suspects = [each.workflow_id for each in findings if each.workflow_id not in self._failed]
        seen = [
            each
            for each in await self._comparer.confirmed(suspects)
            if each.difference is not Difference.SILENT or each.workflow_id not in started
        ]
        await each_of([*failed, *(each for each in seen if each.remedy is not Remedy.LEAVE)], self._report)
        return [*failed, *seen]

    async def _clear(self, finding: Finding) -> bool:
        """End what is not to run, and take back what the next run has to hear. Whether one is to be started."""
        async with self._desk.work(REBUILD, CORRELATION_ID) as work:
            # Nobody delivers meanwhile, so that whoever else starts it finds nothing heard.
            await processes.lock_deliveries(work.session, [finding.workflow_id], wait=True)
            known = await rebuild.open_process(work, finding.workflow_id)
            match finding.remedy:
                case Remedy.START:
                    return known is not None and await self._take_back_unless_it_runs(work, known)
                case Remedy.REPLACE if known is not None:
                    await self._terminate(finding)
                    await rebuild.take_back(work, known)
                    return True
                case Remedy.END if known is None:
                    await self._terminate(finding)
                case Remedy.KEEP_AS_LATE:
                    await rebuild.keep_as_late(work, finding.workflow_id)
            return False

    async def _take_back_unless_it_runs(self, work: Work, known: Process) -> bool:
        described = await self._comparer.described(known.workflow_id)
        if described is not None and described.status is WorkflowExecutionStatus.RUNNING:
            return False
        await rebuild.take_back(work, known)
        return True

    async def _terminate(self, finding: Finding) -> None:
        handle = self._client.get_workflow_handle(finding.workflow_id, run_id=finding.run_id)
        try:
            await handle.terminate(reason=f"rebuild: {finding.why}", rpc_timeout=ANSWER_WITHIN)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def _start(self, finding: Finding) -> bool:
        async with self._desk.work(REBUILD, CORRELATION_ID) as work:
            known = await rebuild.open_process(work, finding.workflow_id)
            if known is None:
                return False
            try:
                await self._start_workflow(known, await rebuild.subject_of(work, known))
            except WorkflowAlreadyStartedError:
                log.info("parent_was_quicker", workflow=known.workflow_id)
            await rebuild.note_brought_back(work, known, finding.why)
        return True

    async def _start_workflow(self, known: Process, subject: Subject) -> None:
        await self._client.start_workflow(
            known.kind,
            subject,
            id=known.workflow_id,
            task_queue=relay.TASK_QUEUE,
            static_summary=f"{known.kind} {subject.reference}",
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            rpc_timeout=relay.CALL_LIMIT,
        )

    async def _tried(self, finding: Finding, step: Callable[[Finding], Awaitable[bool]], phase: str) -> bool:
        """One process that can't be brought back does not keep the others from it."""
        self._watch(phase, 1)
        try:
            return await step(finding)
        except RPCError as error:
            if error.status is RPCStatusCode.UNAVAILABLE:
                raise
            reason = error.status.name
        except (SQLAlchemyError, BusinessError) as error:
            reason = type(error).__name__
        self._failed[finding.workflow_id] = f"{finding.why}; it could not be brought back: {reason}"
        log.warning("process_not_brought_back", workflow=finding.workflow_id, reason=reason)
        return False

    async def _wake_deliveries(self) -> None:
        after: str | None = ""
        while after is not None:
            async with self._desk.work(REBUILD, CORRELATION_ID) as work:
                after = await rebuild.wake_deliveries(work, after, PAGE)

    async def _report(self, finding: Finding) -> None:
        async with self._desk.work(REBUILD, CORRELATION_ID) as work:
            await rebuild.note_left(work, finding.workflow_id, finding.why)

    async def _pass_number(self, lost: Lost) -> bool:
        async with self._desk.work(REBUILD, CORRELATION_ID) as work:
            return await rebuild.pass_number(work, lost.workflow_id, lost.kind)
