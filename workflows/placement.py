"""From a municipality's request to operating stations."""

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.placement import PlacementActivities as Activities
    from models.messages.base import Fact, Subject
    from models.messages.placement import ApprovePlacement, PlacementProgress, ProposeLocation, RejectPlacement
    from models.rules.placement import PLACEMENT, PlacementEvent, PlacementStage
    from models.usecases.work_order import workflow_id as work_order_workflow_id
    from workflows import options
    from workflows.installation import InstallationWorkflow
    from workflows.process import Process


@workflow.defn(name="placement")
class PlacementWorkflow(Process[PlacementProgress]):
    machine = PLACEMENT
    decisions = {  # noqa: RUF012 - read only
        "approve": ApprovePlacement,
        "reject": RejectPlacement,
        "propose_location": ProposeLocation,
    }

    @workflow.init
    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._installing = False

    @workflow.run
    async def run(self, subject: Subject) -> str:  # noqa: ARG002 - __init__ took it
        """Operations decides, the grid operator connects, the installation is done, the stations operate."""
        await self.take(Activities.load_placement, self.step("load"))
        while not self.ended:
            if self.stage is PlacementStage.GRID_REQUESTED and not self.at.grid_requested:
                await self.request_grid_connection()
            elif self.stage is PlacementStage.IN_INSTALLATION and self.at.work_order_id is None:
                await self.make_work_order()
            elif fact := self.next_fact():
                await self.hear(fact)
            else:
                await self.start_installation_once()
                await self.wait(f"placement is {self.stage}")
        await self.rest()
        return str(self.stage)

    async def request_grid_connection(self) -> None:
        """P5: exactly one connection request per location attempt, however long the grid operator is away.

        That may take days, so decisions are judged meanwhile instead of waiting for their turn.
        """
        progress = await self.run_step(
            Activities.request_grid_connection,
            self.step(f"attempt-{self.at.attempt_number}", self.at.attempt_id),
            start_to_close_timeout=options.GRID_CALL_LIMIT,
            retry_policy=options.GRID_CALL_RETRY,
            summary=f"connection request for location {self.at.attempt_number}",
        )
        self.arrive(progress)

    async def hear(self, fact: Fact) -> None:
        """P6-P8 for the grid operator's calls; the installation tells where it has brought the placement."""
        if fact.name == "grid_call":
            await self.take(Activities.apply_grid_call, self.subject.subject_id, fact)
        elif fact.name == "stage_changed":
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
            workflow.logger.info("the installation runs already")

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
