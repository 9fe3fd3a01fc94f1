"""The steps of the process that takes a charging session from its start to its bill data record."""

from uuid import UUID

from sqlalchemy.exc import DBAPIError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.steps import STATIONMASTER, Steps, UseCase
from models.messages.base import Decision, Step
from models.messages.session import BillSession, SessionProgress, WaiveSession
from models.usecases import session_process, session_stuck
from models.usecases.work import Work

TRIES = 5
"""So often a step of a session fails before engineers are told."""


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
        """What fails is tried on, and so is what the rows refuse, until somebody has mended them: a process that ended
        with that would leave its session unbilled."""
        tries = activity.info().attempt

        async def taken(work: Work) -> SessionProgress:
            progress = await use_case(work)
            if tries >= TRIES:
                await session_stuck.goes_on(work, step.subject_id)
            return progress

        try:
            return await self._take_of(step.subject_id, step, taken)
        except DBAPIError:
            raise  # no more could a task be written down
        except Exception as error:
            if tries >= TRIES:
                await self._note_stuck(step, error)
            if isinstance(error, ApplicationError):
                raise ApplicationError(error.message, *error.details, type=error.type) from error
            raise

    async def _note_stuck(self, step: Step, error: Exception) -> None:
        """By the words of a refusal alone: those of other errors may hold what is in the rows."""
        reason = error.message if isinstance(error, ApplicationError) else type(error).__name__
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            await session_stuck.note(work, step.subject_id, reason)

    async def _take_of(
        self, session_id: UUID, cause: Decision | Step, use_case: UseCase[SessionProgress]
    ) -> SessionProgress:
        return await self._steps.take(
            cause, SessionProgress, use_case, lambda work: session_process.load(work, session_id)
        )
