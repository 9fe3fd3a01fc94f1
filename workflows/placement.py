"""From a municipality's request to operating stations."""

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError
from temporalio.workflow import ActivityHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.placement import PlacementActivities as Activities
    from models.messages.base import Decision, Fact, Step, Subject
    from models.messages.placement import (
        ApprovePlacement,
        CancelPlacement,
        LeftToUndo,
        PlacementProgress,
        ProposeLocation,
        RejectPlacement,
        WithdrawPlacement,
    )
    from models.rules.placement import PLACEMENT, PlacementEvent, PlacementStage
    from models.rules.undoing import AT_GRID_OPERATOR, Undo, waits_for
    from models.usecases.work_order import workflow_id as work_order_workflow_id
    from workflows import options
    from workflows.installation import InstallationWorkflow
    from workflows.process import STEP, Process

_UNDOES: dict[Undo, Callable[..., Awaitable[PlacementProgress]]] = {
    Undo.CANCEL_WORK_ORDER: Activities.cancel_work_order,
    Undo.DEREGISTER_STATION: Activities.deregister_station,
    Undo.UNLINK_HARDWARE: Activities.unlink_hardware_again,
    Undo.FIND_CONNECTION_REQUEST: Activities.find_grid_connection,
    Undo.CANCEL_CONNECTION_REQUEST: Activities.cancel_grid_connection,
}
"""By what each is undone; the warehouse brings the rest about."""


@workflow.defn(name="placement")
class PlacementWorkflow(Process[PlacementProgress]):
    machine = PLACEMENT
    decisions = {  # noqa: RUF012 - read only
        "approve": ApprovePlacement,
        "reject": RejectPlacement,
        "propose_location": ProposeLocation,
        "withdraw": WithdrawPlacement,
        "cancel": CancelPlacement,
    }

    @workflow.init
    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._installing = False
        self._asking: ActivityHandle[Any] | None = None

    @workflow.run
    async def run(self, subject: Subject) -> str:  # noqa: ARG002 - __init__ took it
        """Operations decides, the grid operator connects, the installation is done, the stations operate.

        Until the acceptance it can be withdrawn or cancelled: then what was done is undone.
        """
        await self.take(Activities.load_placement, self.step("load"))
        while not self.ended:
            await self.renew()
            if self.stage is PlacementStage.GRID_REQUESTED and not self.at.grid_requested:
                await self.request_grid_connection()
            elif self.stage is PlacementStage.IN_INSTALLATION and self.at.work_order_id is None:
                await self.make_work_order()
            elif self.stage is PlacementStage.UNDOING:
                await self.undo()
            elif fact := self.next_fact():
                await self.hear(fact)
            else:
                await self.start_installation_once()
                await self.wait(f"placement is {self.stage}")
        await self.rest()
        return str(self.stage)

    async def request_grid_connection(self) -> None:
        """P5: exactly one connection request per location attempt, however long the grid operator is away.

        That may take days, so decisions are judged meanwhile instead of waiting for their turn. One that calls the
        request off ends the asking, and what may have reached the grid operator is looked for and cancelled.
        """
        self._asking = self.call_grid_operator(
            Activities.request_grid_connection,
            self.step(f"attempt-{self.at.attempt_number}", self.at.attempt_id),
            f"connection request for location {self.at.attempt_number}",
        )
        try:
            progress = await self._asking
        except ActivityError:
            if self.stage is PlacementStage.UNDOING:
                return
            raise
        finally:
            self._asking = None
        if self.stage is not PlacementStage.UNDOING:
            self.arrive(progress)

    def call_grid_operator(self, activity: Any, step: Step, summary: str) -> ActivityHandle[Any]:
        """One outgoing call, tried until the grid operator is there."""
        how = {
            **STEP,
            "start_to_close_timeout": options.GRID_CALL_LIMIT,
            "retry_policy": options.GRID_CALL_RETRY,
            "summary": summary,
        }
        return workflow.start_activity_method(activity, args=[step], **how)

    async def undo(self) -> None:
        """P20: one after the other, in the order in which the rows name them; whoever is late is waited for."""
        left = self.at.to_undo
        if not left:
            await self.take(Activities.finish_undoing, self.step("once"))
        elif left[0].what in AT_GRID_OPERATOR:
            await self.undo_at_grid_operator(left[0])
        elif left[0].what in _UNDOES:
            await self.take(_UNDOES[left[0].what], self.step(str(left[0].subject_id), left[0].subject_id))
        elif fact := self.next_fact():
            await self.hear(fact)
        else:
            await self.wait("hardware to be booked in again")

    async def undo_at_grid_operator(self, wanted: LeftToUndo) -> None:
        """Tried for days; what is told meanwhile is heard, and may settle it."""
        summary = f"{wanted.what.value.replace('_', ' ')} {wanted.reference}"
        call = self.call_grid_operator(
            _UNDOES[wanted.what], self.step(str(wanted.subject_id), wanted.subject_id), summary
        )
        while not call.done() and wanted in self.at.to_undo:
            await workflow.wait_condition(lambda: call.done() or bool(self._facts))
            if fact := self.next_fact():
                await self.hear(fact)
        if not call.done():
            call.cancel()
            return
        await call
        await self.take(Activities.load_placement, self.step("load"))

    async def hear(self, fact: Fact) -> None:
        """P6-P8 for the grid operator's calls; the installation tells where it has brought the placement.

        What it told before the placement was called off says nothing any more.
        """
        if fact.name == "grid_call":
            await self.take(Activities.apply_grid_call, self.subject.subject_id, fact)
        elif fact.name == "hardware_returned":
            await self.take(Activities.note_hardware_returned, self.subject.subject_id, fact)
        elif fact.name == "stage_changed" and self.stage is not PlacementStage.UNDOING:
            self.arrive(self.at.model_copy(update={"stage": fact.payload["stage"]}))

    async def make_work_order(self) -> None:
        """P8: the installation is scheduled, so there is work for the tender's installer."""
        step = self.step("once")
        await self.take(Activities.make_work_order, step)

    async def start_installation_once(self) -> None:
        """The work order's own process; one that runs already is left alone."""
        reference, work_order_id = self.at.work_order_reference, self.at.work_order_id
        if self._installing or reference is None or work_order_id is None:
            return
        self._installing = True
        subject = self.subject
        try:
            await workflow.start_child_workflow(
                InstallationWorkflow.run,
                Subject(subject_id=work_order_id, reference=reference, correlation_id=subject.correlation_id),
                id=work_order_workflow_id(reference),
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=f"installation {reference}",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("installation_runs_already")

    @workflow.update
    async def approve(self, decision: ApprovePlacement) -> str:
        """P3: operations approves."""
        return await self.decide(PlacementEvent.APPROVE, decision, Activities.approve_placement)

    @approve.validator
    def _check_approve(self, decision: ApprovePlacement) -> None:
        self.check(PlacementEvent.APPROVE, decision)

    @workflow.update
    async def reject(self, decision: RejectPlacement) -> str:
        """P3, P4: operations rejects, with a reason."""
        return await self.decide(PlacementEvent.REJECT, decision, Activities.reject_placement)

    @reject.validator
    def _check_reject(self, decision: RejectPlacement) -> None:
        self.check(PlacementEvent.REJECT, decision)

    @workflow.update
    async def propose_location(self, decision: ProposeLocation) -> str:
        """P6: operations puts another location to the grid operator."""
        return await self.decide(PlacementEvent.PROPOSE_LOCATION, decision, Activities.propose_location)

    @propose_location.validator
    def _check_propose_location(self, decision: ProposeLocation) -> None:
        self.check(PlacementEvent.PROPOSE_LOCATION, decision)

    @workflow.update
    async def withdraw(self, decision: WithdrawPlacement) -> str:
        """P20: the requester wants no station any more."""
        return await self.call_off(PlacementEvent.WITHDRAW, decision, Activities.withdraw_placement)

    @withdraw.validator
    def _check_withdraw(self, decision: WithdrawPlacement) -> None:
        self.check(PlacementEvent.WITHDRAW, decision)

    @workflow.update
    async def cancel(self, decision: CancelPlacement) -> str:
        """P20: operations calls it off, with a reason."""
        return await self.call_off(PlacementEvent.CANCEL, decision, Activities.cancel_placement)

    @cancel.validator
    def _check_cancel(self, decision: CancelPlacement) -> None:
        self.check(PlacementEvent.CANCEL, decision)

    async def call_off(
        self, event: PlacementEvent, decision: Decision, carry_out: Callable[..., Awaitable[PlacementProgress]]
    ) -> str:
        """Nobody waits for the grid operator's answer any more, however long it may take."""
        stage = await self.decide(event, decision, carry_out)
        if self._asking is not None and not self._asking.done():
            self._asking.cancel()
        return stage

    def show(self) -> None:
        """Beside what every process tells: what is still to be undone, and by whom."""
        super().show()
        if self.stage is PlacementStage.UNDOING:
            left = "\n".join(
                f"- {one.what.value.replace('_', ' ')} `{one.reference}`: {waits_for(one.what)}"
                for one in self.at.to_undo
            )
            workflow.set_current_details(f"{workflow.get_current_details()}\n\nStill to undo:\n\n{left or '- nothing'}")
