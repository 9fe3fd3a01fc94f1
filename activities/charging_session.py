"""The steps of the process that takes a charging session from its start to its bill data record."""

from temporalio import activity

from activities.steps import Steps, UseCase
from models.messages.base import Step
from models.messages.session import SessionProgress
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

    async def _take(self, step: Step, use_case: UseCase[SessionProgress]) -> SessionProgress:
        return await self._steps.take(
            step, SessionProgress, use_case, lambda work: session_process.load(work, step.subject_id)
        )
