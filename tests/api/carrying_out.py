"""Stands where the Temporal client stands: carries decisions out by their use cases at once, or fails as told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ActivityError, ApplicationError, RetryState

from activities.steps import refused
from models.errors import BusinessError
from models.messages.base import Decision
from models.store import processes
from models.tables.handover import Handover, StepResult
from models.usecases import (
    commissioning,
    placement,
    planning,
    sat,
    session_process,
    site,
    subscriber,
    subscriber_closing,
    subscriber_tariff,
    undoing,
    work_order,
)
from models.usecases.work import Desk, Work

CarryOut = Callable[[Work, UUID, Any], Awaitable[object]]

DECISIONS: dict[tuple[str, str], CarryOut] = {
    ("placement", "approve"): lambda work, subject, _: placement.approve(work, subject),
    ("placement", "reject"): placement.reject,
    ("placement", "propose_location"): placement.propose_location,
    ("placement", "withdraw"): undoing.withdraw,
    ("placement", "cancel"): undoing.cancel,
    ("installation", "plan"): planning.plan,
    ("installation", "link_hardware"): work_order.link_hardware,
    ("installation", "unlink_hardware"): work_order.unlink_hardware,
    ("installation", "start_connection_test"): work_order.start_connection_test,
    ("installation", "submit_sat"): lambda work, subject, _: sat.submit(work, subject),
    ("installation", "return_sat"): sat.give_back,
    ("installation", "approve_sat"): lambda work, subject, _: sat.approve(work, subject),
    ("installation", "cancel"): site.call_off,
    ("subscriber", "accept"): lambda work, subject, _: subscriber.accept(work, subject),
    ("subscriber", "reject"): subscriber.reject,
    ("subscriber", "assign_card"): subscriber.assign_card,
    ("subscriber", "change_tariff"): subscriber_tariff.change,
    ("subscriber", "replace_card"): subscriber.replace_card,
    ("subscriber", "suspend"): subscriber.suspend,
    ("subscriber", "resume"): lambda work, subject, _: subscriber.resume(work, subject),
    ("subscriber", "close"): subscriber_closing.close,
    ("subscriber", "settle"): subscriber_closing.settle,
    ("charging_session", "bill"): session_process.bill,
    ("charging_session", "waive"): session_process.waive,
    ("commissioning", "start_test_charge"): lambda work, subject, _: commissioning.start_test_charge(work, subject),
    ("commissioning", "activate"): lambda work, subject, _: commissioning.activate(work, subject),
}


@dataclass
class Processes:
    """``fails_with`` is raised instead of carrying out; ``seen`` holds the decisions by their ids."""

    desk: Desk
    fails_with: BaseException | None = None
    seen: dict[str, Decision] = field(default_factory=dict)

    def get_workflow_handle(self, workflow_id: str) -> "Handle":
        return Handle(self, workflow_id)

    async def hear_everything(self) -> None:
        """As the relay does: what was handed over has arrived."""
        async with self.desk.database.transaction() as session:
            await session.execute(sa.update(Handover).values(delivered_at=sa.func.now()))


@dataclass
class Handle:
    processes: Processes
    workflow_id: str

    async def execute_update(self, name: str, decision: Decision, *, id: str, rpc_timeout: timedelta) -> None:  # noqa: A002 - temporalio's
        assert id == decision.decision_id
        assert rpc_timeout.total_seconds() > 0
        if self.processes.fails_with is not None:
            raise self.processes.fails_with
        await self._carry_out(name, decision)
        self.processes.seen[id] = decision
        await self.processes.hear_everything()

    async def signal(self, _signal: object, *, rpc_timeout: timedelta) -> None:
        """Nobody listens here."""
        assert rpc_timeout.total_seconds() > 0

    async def _carry_out(self, name: str, decision: Decision) -> None:
        refusal = await self._refusal(name, decision)
        if refusal is not None:
            raise failed(refused(refusal))

    async def _refusal(self, name: str, decision: Decision) -> BusinessError | None:
        try:
            async with self.processes.desk.work(decision.actor, decision.correlation_id) as work:
                process = await processes.find(work.session, self.workflow_id)
                assert process is not None
                await DECISIONS[process.kind, name](work, process.subject_id, decision)
                step = StepResult(workflow_id=self.workflow_id, step=name, occurrence=decision.occurrence, result={})
                work.session.add(step)
        except BusinessError as error:
            return error
        return None


def failed(cause: ApplicationError) -> WorkflowUpdateFailedError:
    """As a client sees an Update whose activity refused."""
    activity = ActivityError(
        "Activity task failed",
        scheduled_event_id=1,
        started_event_id=2,
        identity="worker",
        activity_type="step",
        activity_id="1",
        retry_state=RetryState.NON_RETRYABLE_FAILURE,
    )
    activity.__cause__ = cause
    return WorkflowUpdateFailedError(activity)
