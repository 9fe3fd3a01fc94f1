"""The installation work order: planned, stations linked and tested, accepted, live."""

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.installation import InstallationActivities as Activities
    from models.messages.base import Fact, Subject
    from models.messages.work_order import (
        ApproveSat,
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
    from workflows import options
    from workflows.commissioning import CommissioningWorkflow
    from workflows.process import STEP, Process


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
    }

    @workflow.init
    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._commissioning: set[str] = set()

    @workflow.run
    async def run(self, subject: Subject) -> str:  # noqa: ARG002 - __init__ took it
        """The installer works through the lines, a second person accepts, the report is filed, the stations go live."""
        self.arrive(await workflow.execute_activity_method(Activities.load_work_order, self.step("load"), **STEP))
        while not self.ended:
            await self.start_commissioning()
            if self.stage is WorkOrderStage.ACCEPTED and not self.at.reported:
                await self.make_report()
            elif fact := self.next_fact():
                await self.note_station_active(fact)
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
                workflow.logger.info("the commissioning runs already")

    async def make_report(self) -> None:
        """P18: the PDF for the requester's files."""
        step = self.step("once")
        await self.in_turn(
            lambda: workflow.execute_activity_method(
                Activities.make_sat_report,
                step,
                start_to_close_timeout=options.REPORT_LIMIT,
                retry_policy=options.STEP_RETRY,
                summary="SAT report",
            )
        )

    async def note_station_active(self, fact: Fact) -> None:
        """P19: the work order closes with its last station."""
        arguments = [self.subject.subject_id, fact]
        await self.in_turn(
            lambda: workflow.execute_activity_method(Activities.note_station_active, args=arguments, **STEP)
        )

    @workflow.update
    async def plan(self, decision: PlanWorkOrder) -> str:
        """P10: the installer says when its crew comes."""
        arguments = [self.subject.subject_id, decision]
        return await self.decide(
            WorkOrderEvent.PLAN,
            decision,
            lambda: workflow.execute_activity_method(Activities.plan_work_order, args=arguments, **STEP),
        )

    @plan.validator
    def _check_plan(self, decision: PlanWorkOrder) -> None:
        self.check(WorkOrderEvent.PLAN, decision)

    @workflow.update
    async def link_hardware(self, decision: LinkHardware) -> str:
        """P12: the unit from the box stands on this line."""
        arguments = [self.subject.subject_id, decision]
        return await self.decide(
            WorkOrderEvent.LINK_HARDWARE,
            decision,
            lambda: workflow.execute_activity_method(Activities.link_hardware, args=arguments, **STEP),
        )

    @link_hardware.validator
    def _check_link_hardware(self, decision: LinkHardware) -> None:
        self.check(WorkOrderEvent.LINK_HARDWARE, decision)

    @workflow.update
    async def unlink_hardware(self, decision: UnlinkHardware) -> str:
        """P12: a wrong link is undone."""
        arguments = [self.subject.subject_id, decision]
        return await self.decide(
            WorkOrderEvent.UNLINK_HARDWARE,
            decision,
            lambda: workflow.execute_activity_method(Activities.unlink_hardware, args=arguments, **STEP),
        )

    @unlink_hardware.validator
    def _check_unlink_hardware(self, decision: UnlinkHardware) -> None:
        self.check(WorkOrderEvent.UNLINK_HARDWARE, decision)

    @workflow.update
    async def start_connection_test(self, decision: StartConnectionTest) -> str:
        """P13: the station is made, registered and waited for; again where the test before has failed."""
        arguments = [self.subject.subject_id, decision]
        stage = await self.decide(
            WorkOrderEvent.START_CONNECTION_TEST,
            decision,
            lambda: workflow.execute_activity_method(Activities.start_connection_test, args=arguments, **STEP),
        )
        await self.start_commissioning()
        return stage

    @start_connection_test.validator
    def _check_start_connection_test(self, decision: StartConnectionTest) -> None:
        self.check(WorkOrderEvent.START_CONNECTION_TEST, decision)

    @workflow.update
    async def submit_sat(self, decision: SubmitSat) -> str:
        """P16: the installer sends the acceptance test in."""
        arguments = [self.subject.subject_id, decision]
        return await self.decide(
            WorkOrderEvent.SUBMIT_SAT,
            decision,
            lambda: workflow.execute_activity_method(Activities.submit_sat, args=arguments, **STEP),
        )

    @submit_sat.validator
    def _check_submit_sat(self, decision: SubmitSat) -> None:
        self.check(WorkOrderEvent.SUBMIT_SAT, decision)

    @workflow.update
    async def return_sat(self, decision: ReturnSat) -> str:
        """P17: operations returns it with remarks."""
        arguments = [self.subject.subject_id, decision]
        return await self.decide(
            WorkOrderEvent.RETURN_SAT,
            decision,
            lambda: workflow.execute_activity_method(Activities.return_sat, args=arguments, **STEP),
        )

    @return_sat.validator
    def _check_return_sat(self, decision: ReturnSat) -> None:
        self.check(WorkOrderEvent.RETURN_SAT, decision)

    @workflow.update
    async def approve_sat(self, decision: ApproveSat) -> str:
        """P17: a second person accepts the installation."""
        arguments = [self.subject.subject_id, decision]
        return await self.decide(
            WorkOrderEvent.APPROVE_SAT,
            decision,
            lambda: workflow.execute_activity_method(Activities.approve_sat, args=arguments, **STEP),
        )

    @approve_sat.validator
    def _check_approve_sat(self, decision: ApproveSat) -> None:
        self.check(WorkOrderEvent.APPROVE_SAT, decision)
