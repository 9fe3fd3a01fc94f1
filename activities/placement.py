"""The steps of the placement process."""

from datetime import timedelta
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.gateways.errors import Refused, TryAgain
from activities.gateways.grid_operator import GridOperator
from activities.steps import STATIONMASTER, Steps, UseCase
from models.messages.base import Actor, Decision, Fact, Step
from models.messages.placement import ApprovePlacement, PlacementProgress, ProposeLocation, RejectPlacement
from models.usecases import placement, work_order
from models.usecases.work import Work

GRID_OPERATOR = Actor(id=None, name="grid operator")


class PlacementActivities:
    def __init__(self, steps: Steps, grid_operator: GridOperator) -> None:
        self._steps = steps
        self._grid_operator = grid_operator

    @activity.defn
    async def load_placement(self, step: Step) -> PlacementProgress:
        return await self._steps.look(step.correlation_id, lambda work: placement.load(work, step.subject_id))

    @activity.defn
    async def approve_placement(self, placement_id: UUID, decision: ApprovePlacement) -> PlacementProgress:
        return await self._take(placement_id, decision, lambda work: placement.approve(work, placement_id))

    @activity.defn
    async def reject_placement(self, placement_id: UUID, decision: RejectPlacement) -> PlacementProgress:
        return await self._take(placement_id, decision, lambda work: placement.reject(work, placement_id, decision))

    @activity.defn
    async def propose_location(self, placement_id: UUID, decision: ProposeLocation) -> PlacementProgress:
        return await self._take(
            placement_id, decision, lambda work: placement.propose_location(work, placement_id, decision)
        )

    @activity.defn
    async def request_grid_connection(self, step: Step) -> PlacementProgress:
        """P5: the one outgoing call of this step; the same key for the same attempt however often it is retried."""
        attempt_id = step.subject_id
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            request = await placement.connection_request(work, attempt_id)
        if request is None:
            return await self._after_request(step, lambda work: placement.load_by_attempt(work, attempt_id))
        key = f"{activity.info().workflow_id}:request_grid_connection:{step.occurrence}"
        try:
            given = await self._grid_operator.request_connection(request, key)
        except TryAgain as error:
            async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
                await placement.note_grid_unreachable(work, attempt_id, error.detail)
            raise _unavailable(error) from error
        except Refused as error:
            detail = f"The grid operator did not take the request: {error.detail}"
            return await self._after_request(step, lambda work: placement.note_grid_refused(work, attempt_id, detail))
        return await self._after_request(step, lambda work: placement.note_grid_requested(work, attempt_id, given))

    @activity.defn
    async def apply_grid_call(self, placement_id: UUID, fact: Fact) -> PlacementProgress:
        return await self._take(
            placement_id,
            fact,
            lambda work: placement.apply_grid_call(work, placement_id, fact.payload["webhook_id"]),
            actor=GRID_OPERATOR,
        )

    @activity.defn
    async def make_work_order(self, step: Step) -> PlacementProgress:
        async def make(work: Work) -> PlacementProgress:
            await work_order.make(work, step.subject_id)
            return await placement.load(work, step.subject_id)

        return await self._take(step.subject_id, step, make)

    async def _after_request(self, step: Step, use_case: UseCase[PlacementProgress]) -> PlacementProgress:
        return await self._steps.take(
            step, PlacementProgress, use_case, lambda work: placement.load_by_attempt(work, step.subject_id)
        )

    async def _take(
        self,
        placement_id: UUID,
        cause: Decision | Fact | Step,
        use_case: UseCase[PlacementProgress],
        actor: Actor = STATIONMASTER,
    ) -> PlacementProgress:
        return await self._steps.take(
            cause, PlacementProgress, use_case, lambda work: placement.load(work, placement_id), actor=actor
        )


def _unavailable(error: TryAgain) -> ApplicationError:
    return ApplicationError(
        f"The grid operator can't be reached: {error.detail}",
        type="GridOperatorUnavailable",
        category=ApplicationErrorCategory.BENIGN,
        next_retry_delay=None if error.after_s is None else timedelta(seconds=error.after_s),
    )
