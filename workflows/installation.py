"""The installation work order: planned, stations linked and tested, accepted, live."""

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.installation import InstallationActivities as Activities
    from models.messages.base import Fact, Subject
    from models.messages.work_order import (
        ApproveSat,
        CancelWorkOrder,
        LinkHardware,
        PlanWorkOrder,
        ReturnSat,
        StartConnectionTest,
        SubmitSat,
        UnlinkHardware,
        WorkOrderProgress,
    )
    from models.rules.work_order import WORK_ORDER, WorkOrderEvent, WorkOrderStage
    from models.usecases.commissioning import workflow_id as commissioning_workflow_id
    from models.usecases.planning import CALL as PLAN_CALL
    from workflows import options
    from workflows.commissioning import CommissioningWorkflow
    from workflows.process import Process


@workflow.defn(name="installation")
class InstallationWorkflow(Process[WorkOrderProgress]):
    machine = WORK_ORDER
    decisions = {  # noqa: RUF012 - read only
        "plan": PlanWorkOrder,
        "link_hardware": LinkHardware,
        "unlink_hardware": UnlinkHardware,
        "start_connection_test": StartConnectionTest,
        "submit_sat": SubmitSat,
        "return_sat": ReturnSat,
        "approve_sat": ApproveSat,
        "cancel": CancelWorkOrder,
    }

    @workflow.init
    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._commissioning: set[str] = set()

    @workflow.run
    async def run(self, subject: Subject) -> str:  # noqa: ARG002 - __init__ took it
        """The installer works through the lines, a second person accepts, the report is filed, the stations go live."""
        await self.take(Activities.load_work_order, self.step("load"))
        while not self.ended:
            await self.renew()
            await self.start_commissioning()
            if self.stage is WorkOrderStage.ACCEPTED and not self.at.reported:
                await self.make_report()
            elif fact := self.next_fact():
                await self.hear(fact)
            else:
                await self.wait(f"work order is {self.stage}")
        await self.rest()
        return str(self.stage)

    async def start_commissioning(self) -> None:
        """One commissioning process per line's station; one that runs already is left alone."""
        for station in self.at.stations:
            if station.name in self._commissioning:
                continue
            self._commissioning.add(station.name)
            subject = Subject(
                subject_id=station.asset_id, reference=station.name, correlation_id=self.subject.correlation_id
            )
            try:
                await workflow.start_child_workflow(
                    CommissioningWorkflow.run,
                    subject,
                    id=commissioning_workflow_id(station.name),
                    parent_close_policy=ParentClosePolicy.ABANDON,
                    static_summary=f"commissioning {station.name}",
                )
            except WorkflowAlreadyStartedError:
                workflow.logger.info("commissioning_runs_already")

    async def make_report(self) -> None:
        """P18: the PDF for the requester's files."""
        step = self.step("once")
        await self.take(
            Activities.make_sat_report,
            step,
            start_to_close_timeout=options.REPORT_LIMIT,
            heartbeat_timeout=options.REPORT_HEARTBEAT_WITHIN,
            retry_policy=options.REPORT_RETRY,
            summary="SAT report",
        )

    async def hear(self, fact: Fact) -> None:
        """P10 for the plans of the installer's own system; P19: the work order closes with its last station.

        P20: the placement was called off, and has cancelled the work order.
        """
        if fact.name == "cancelled":
            self.arrive(self.at.model_copy(update={"stage": WorkOrderStage.CANCELLED}))
        elif fact.name == PLAN_CALL:
            await self.take(Activities.apply_plan_call, self.subject.subject_id, fact)
        else:
            await self.take(Activities.note_station_active, self.subject.subject_id, fact)

    @workflow.update
    async def plan(self, decision: PlanWorkOrder) -> str:
        """P10: the installer says when its crew comes."""
        return await self.decide(WorkOrderEvent.PLAN, decision, Activities.plan_work_order)

    @plan.validator
    def _check_plan(self, decision: PlanWorkOrder) -> None:
        self.check(WorkOrderEvent.PLAN, decision)

    @workflow.update
    async def link_hardware(self, decision: LinkHardware) -> str:
        """P12: the unit from the box stands on this line."""
        return await self.decide(WorkOrderEvent.LINK_HARDWARE, decision, Activities.link_hardware)

    @link_hardware.validator
    def _check_link_hardware(self, decision: LinkHardware) -> None:
        self.check(WorkOrderEvent.LINK_HARDWARE, decision)

    @workflow.update
    async def unlink_hardware(self, decision: UnlinkHardware) -> str:
        """P12: a wrong link is undone."""
        return await self.decide(WorkOrderEvent.UNLINK_HARDWARE, decision, Activities.unlink_hardware)

    @unlink_hardware.validator
    def _check_unlink_hardware(self, decision: UnlinkHardware) -> None:
        self.check(WorkOrderEvent.UNLINK_HARDWARE, decision)

    @workflow.update
    async def start_connection_test(self, decision: StartConnectionTest) -> str:
        """P13: the station is made, registered and waited for; again where the test before has failed."""
        stage = await self.decide(WorkOrderEvent.START_CONNECTION_TEST, decision, Activities.start_connection_test)
        await self.start_commissioning()
        return stage

    @start_connection_test.validator
    def _check_start_connection_test(self, decision: StartConnectionTest) -> None:
        self.check(WorkOrderEvent.START_CONNECTION_TEST, decision)

    @workflow.update
    async def submit_sat(self, decision: SubmitSat) -> str:
        """P16: the installer sends the acceptance test in."""
        return await self.decide(WorkOrderEvent.SUBMIT_SAT, decision, Activities.submit_sat)

    @submit_sat.validator
    def _check_submit_sat(self, decision: SubmitSat) -> None:
        self.check(WorkOrderEvent.SUBMIT_SAT, decision)

    @workflow.update
    async def return_sat(self, decision: ReturnSat) -> str:
        """P17: operations returns it with remarks."""
        return await self.decide(WorkOrderEvent.RETURN_SAT, decision, Activities.return_sat)

    @return_sat.validator
    def _check_return_sat(self, decision: ReturnSat) -> None:
        self.check(WorkOrderEvent.RETURN_SAT, decision)

    @workflow.update
    async def approve_sat(self, decision: ApproveSat) -> str:
        """P17: a second person accepts the installation."""
        return await self.decide(WorkOrderEvent.APPROVE_SAT, decision, Activities.approve_sat)

    @approve_sat.validator
    def _check_approve_sat(self, decision: ApproveSat) -> None:
        self.check(WorkOrderEvent.APPROVE_SAT, decision)

    @workflow.update
    async def cancel(self, decision: CancelWorkOrder) -> str:
        """P20: operations calls it off, where no placement stands above it that would do so."""
        return await self.decide(WorkOrderEvent.CANCEL, decision, Activities.call_off_work_order)

    @cancel.validator
    def _check_cancel(self, decision: CancelWorkOrder) -> None:
        self.check(WorkOrderEvent.CANCEL, decision)
