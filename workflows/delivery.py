"""One endpoint's notices, delivered in order (N)."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.delivery import DeliveryActivities as Activities
    from models.messages.base import Fact, Step, Subject
    from models.messages.delivery import Drained
    from models.rules.delivery import EndpointState
    from models.usecases.notice import QUEUED
    from workflows import options, search_attributes
    from workflows.process import STEP

_SAID = {
    EndpointState.OK: "Waits for notices to this endpoint.",
    EndpointState.FAILING: "The endpoint does not take its notices; tried again by itself, or at once when resumed.",
    EndpointState.DOWN: "The endpoint is **down**; tried again by itself for three days, or at once when resumed.",
    EndpointState.PAUSED: "**Paused**: notices wait until somebody resumes the endpoint.",
    EndpointState.DISABLED: "Disabled: nothing is sent.",
}


@workflow.defn(name="delivery")
class DeliveryWorkflow:
    """Lives as long as its endpoint; a fact is only the bell, everything else is in the rows."""

    def __init__(self) -> None:
        self._rung = True
        self._called = False
        """By a person: what is true of the endpoint has changed, however long there was still to wait."""
        self._round = 0
        self._state: EndpointState | None = None

    @workflow.run
    async def run(self, subject: Subject) -> None:
        """Drain, wait for what the endpoint needs, drain again; where the rows stand, each run begins with a look."""
        workflow.upsert_search_attributes([search_attributes.REFERENCE.value_set(subject.reference)])
        if not workflow.patched("drained-in-batches"):
            await self.deliver_one_by_one(subject)
        while not workflow.info().is_continue_as_new_suggested():
            drained = await self.drain(subject)
            if not drained.more:
                await self.rest(drained)
        workflow.continue_as_new(subject)

    @workflow.signal
    def fact(self, fact: Fact) -> None:
        """A notice is queued, or somebody has changed the endpoint."""
        self._rung = True
        self._called = self._called or fact.name != QUEUED

    async def drain(self, subject: Subject) -> Drained:
        """One batch of what waits; what rings from here on is seen afterwards."""
        self._rung = self._called = False
        drained = await workflow.execute_activity_method(
            Activities.drain,
            self._step(subject),
            start_to_close_timeout=options.DRAIN_LIMIT,
            heartbeat_timeout=options.DRAIN_HEARTBEAT_WITHIN,
            retry_policy=options.STEP_RETRY,
        )
        self._show(drained.state)
        return drained

    async def rest(self, drained: Drained) -> None:
        """Until there is something to do. An endpoint that is given time is not tried for every notice that comes."""
        is_held = drained.wait_s is not None
        timeout = None if drained.wait_s is None else timedelta(seconds=drained.wait_s)
        try:
            await workflow.wait_condition(
                lambda: self._called or (self._rung and not is_held) or workflow.info().is_continue_as_new_suggested(),
                timeout=timeout,
                timeout_summary=f"endpoint is {drained.state}",
            )
        except TimeoutError:
            return

    async def deliver_one_by_one(self, subject: Subject) -> None:
        """As the first release did; such a run goes over to batches with the first bell that this release hears."""
        workflow.set_current_details("Waits for notices to this endpoint; each is tried for three days.")
        while not workflow.info().is_continue_as_new_suggested():
            await workflow.wait_condition(lambda: self._rung, timeout_summary="notices")
            if workflow.patched(f"leaves-at-{self._round}"):
                workflow.continue_as_new(subject)
            self._rung = False
            if not await self.deliver_next(subject):
                self._rung = True
        workflow.continue_as_new(subject)

    async def deliver_next(self, subject: Subject) -> bool:
        """Whether the endpoint has got everything."""
        step = self._step(subject)
        try:
            delivery = await workflow.execute_activity_method(
                Activities.deliver_next,
                step,
                start_to_close_timeout=options.DELIVERY_LIMIT,
                schedule_to_close_timeout=options.DELIVERY_GIVEN_UP_AFTER,
                retry_policy=options.DELIVERY_RETRY,
            )
        except ActivityError:
            delivery = await workflow.execute_activity_method(Activities.give_up_next, step, **STEP)
        return delivery.empty

    def _step(self, subject: Subject) -> Step:
        self._round += 1
        return Step(subject_id=subject.subject_id, occurrence=str(self._round), correlation_id=subject.correlation_id)

    def _show(self, state: EndpointState) -> None:
        if state is not self._state:
            self._state = state
            workflow.upsert_search_attributes([search_attributes.STAGE.value_set(state.value)])
            workflow.set_current_details(f"{_SAID[state]}\n\nSo since {workflow.now():%Y-%m-%d %H:%M} UTC.")
