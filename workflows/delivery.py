"""One endpoint's notices, delivered in order (N)."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.delivery import DeliveryActivities as Activities
    from models.messages.base import Fact, Step, Subject
    from workflows import options, search_attributes
    from workflows.process import STEP


@workflow.defn(name="delivery")
class DeliveryWorkflow:
    """Lives as long as its endpoint; a fact is only the bell, the notices are in the rows."""

    def __init__(self) -> None:
        self._rung = True
        self._round = 0

    @workflow.run
    async def run(self, subject: Subject) -> None:
        workflow.upsert_search_attributes([search_attributes.REFERENCE.value_set(subject.reference)])
        workflow.set_current_details("Waits for notices to this endpoint; each is tried for three days.")
        while not workflow.info().is_continue_as_new_suggested():
            await workflow.wait_condition(lambda: self._rung, timeout_summary="notices")
            self._rung = False
            if not await self.deliver_next(subject):
                self._rung = True
        workflow.continue_as_new(subject)

    @workflow.signal
    def fact(self, fact: Fact) -> None:  # noqa: ARG002 - the rows tell what there is to deliver
        """A notice is waiting."""
        self._rung = True

    async def deliver_next(self, subject: Subject) -> bool:
        """Whether the endpoint has got everything."""
        self._round += 1
        step = Step(subject_id=subject.subject_id, occurrence=str(self._round), correlation_id=subject.correlation_id)
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
