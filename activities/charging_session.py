"""The steps of the process that takes a charging session from its start to its bill data record."""

from uuid import UUID

from temporalio import activity

from activities.steps import Steps, UseCase
from models.messages.base import Decision, Step
from models.messages.session import BillSession, SessionProgress, WaiveSession
from models.usecases import session_process


class ChargingSessionActivities:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    @activity.defn
    async def look_after_session(self, step: Step) -> SessionProgress:
        return await self._take(step, lambda work: session_process.look_after(work, step.subject_id))

    @activity.defn
    async def stop_session(self, step: Step) -> SessionProgress:
        return await self._take(step, lambda work: session_process.ask_to_stop(work, step.subject_id))

    @activity.defn
    async def settle_session(self, step: Step) -> SessionProgress:
        return await self._take(step, lambda work: session_process.settle(work, step.subject_id))

    @activity.defn
    async def bill_session(self, session_id: UUID, decision: BillSession) -> SessionProgress:
        return await self._take_of(session_id, decision, lambda work: session_process.bill(work, session_id, decision))

    @activity.defn
    async def waive_session(self, session_id: UUID, decision: WaiveSession) -> SessionProgress:
        return await self._take_of(session_id, decision, lambda work: session_process.waive(work, session_id, decision))

    async def _take(self, step: Step, use_case: UseCase[SessionProgress]) -> SessionProgress:
        return await self._take_of(step.subject_id, step, use_case)

    async def _take_of(
        self, session_id: UUID, cause: Decision | Step, use_case: UseCase[SessionProgress]
    ) -> SessionProgress:
        return await self._steps.take(
            cause, SessionProgress, use_case, lambda work: session_process.load(work, session_id)
        )
