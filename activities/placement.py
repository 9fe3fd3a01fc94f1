"""The steps of the placement process."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.gateways.errors import Refused, TryAgain
from activities.gateways.grid_operator import GridOperator
from activities.steps import STATIONMASTER, Steps, UseCase
from models.errors import StageDoesNotAllow
from models.messages.base import Actor, Decision, Fact, Step
from models.messages.grid import ConnectionRequest
from models.messages.placement import (
    ApprovePlacement,
    CancelPlacement,
    PlacementProgress,
    ProposeLocation,
    RejectPlacement,
    WithdrawPlacement,
)
from models.usecases import placement, undoing, work_order
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
        """P5: the same key for the same attempt however often it is retried."""
        return await self._request_connection(step, placement.connection_request)

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
            with contextlib.suppress(StageDoesNotAllow):  # called off in the last moment: there is nothing to make
                await work_order.make(work, step.subject_id)
            return await placement.load(work, step.subject_id)

        return await self._take(step.subject_id, step, make)

    @activity.defn
    async def withdraw_placement(self, placement_id: UUID, decision: WithdrawPlacement) -> PlacementProgress:
        return await self._take(placement_id, decision, lambda work: undoing.withdraw(work, placement_id, decision))

    @activity.defn
    async def cancel_placement(self, placement_id: UUID, decision: CancelPlacement) -> PlacementProgress:
        return await self._take(placement_id, decision, lambda work: undoing.cancel(work, placement_id, decision))

    @activity.defn
    async def cancel_work_order(self, step: Step) -> PlacementProgress:
        return await self._undo(step, lambda work: undoing.cancel_work_order(work, step.subject_id))

    @activity.defn
    async def deregister_station(self, step: Step) -> PlacementProgress:
        return await self._undo(step, lambda work: undoing.deregister_station(work, step.subject_id))

    @activity.defn
    async def unlink_hardware_again(self, step: Step) -> PlacementProgress:
        return await self._undo(step, lambda work: undoing.unlink_hardware(work, step.subject_id))

    @activity.defn
    async def find_grid_connection(self, step: Step) -> PlacementProgress:
        """P20: a connection request that was on its way gets its id known, so that it can be cancelled.

        The grid operator answers the same key with the request that it has made, or makes the one that is cancelled
        next; nothing is left behind either way.
        """
        return await self._request_connection(step, placement.lost_connection_request)

    @activity.defn
    async def cancel_grid_connection(self, step: Step) -> PlacementProgress:
        """P20: the one outgoing call of this step; the same key however often it is retried."""
        attempt_id = step.subject_id
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            grid_id = await placement.request_to_cancel(work, attempt_id)
        if grid_id is None:
            return await self._after_request(step, lambda work: placement.load_by_attempt(work, attempt_id))
        try:
            await self._grid_operator.cancel(grid_id, f"{activity.info().workflow_id}:cancel_grid_connection:{grid_id}")
        except TryAgain as error:
            raise await self._unreachable(step, error) from error
        except Refused as error:
            detail = error.detail
            return await self._after_request(step, lambda work: placement.note_cancel_refused(work, attempt_id, detail))
        return await self._after_request(step, lambda work: placement.note_grid_cancelled(work, attempt_id))

    @activity.defn
    async def note_hardware_returned(self, placement_id: UUID, fact: Fact) -> PlacementProgress:
        return await self._take(placement_id, fact, lambda work: placement.load(work, placement_id))

    @activity.defn
    async def finish_undoing(self, step: Step) -> PlacementProgress:
        return await self._take(step.subject_id, step, lambda work: undoing.finish(work, step.subject_id))

    async def _request_connection(
        self, step: Step, needed: Callable[[Work, UUID], Awaitable[ConnectionRequest | None]]
    ) -> PlacementProgress:
        """The one outgoing call of the step, unless the attempt no longer needs it."""
        attempt_id = step.subject_id
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            request = await needed(work, attempt_id)
        if request is None:
            return await self._after_request(step, lambda work: placement.load_by_attempt(work, attempt_id))
        try:
            given = await self._grid_operator.request_connection(request, _request_key(request))
        except TryAgain as error:
            raise await self._unreachable(step, error) from error
        except Refused as error:
            detail = f"The grid operator did not take the request: {error.detail}"
            return await self._after_request(step, lambda work: placement.note_grid_refused(work, attempt_id, detail))
        return await self._after_request(step, lambda work: placement.note_grid_requested(work, attempt_id, given))

    async def _undo(self, step: Step, use_case: UseCase[PlacementProgress]) -> PlacementProgress:
        return await self._steps.take(
            step, PlacementProgress, use_case, lambda work: undoing.load_by_part(work, step.subject_id)
        )

    async def _unreachable(self, step: Step, error: TryAgain) -> ApplicationError:
        """It is put on record since when and why; the activity is tried again."""
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            await placement.note_grid_unreachable(work, step.subject_id, error.detail)
        return _unavailable(error)

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


def _request_key(request: ConnectionRequest) -> str:
    """One for each location attempt, whichever step asks."""
    attempt_number = request.reference.rpartition("/")[2]
    return f"{activity.info().workflow_id}:request_grid_connection:attempt-{attempt_number}"


def _unavailable(error: TryAgain) -> ApplicationError:
    return ApplicationError(
        f"The grid operator can't be reached: {error.detail}",
        type="GridOperatorUnavailable",
        category=ApplicationErrorCategory.BENIGN,
        next_retry_delay=None if error.after_s is None else timedelta(seconds=error.after_s),
    )
