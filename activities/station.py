"""The steps of the process that keeps a station as it is wanted."""

from temporalio import activity

from activities.steps import STATIONMASTER, Steps, UseCase
from models.messages.base import Actor
from models.messages.station import CommandOutcome
from models.messages.wanted import StationProgress, StationStep
from models.usecases import upkeep

STATION = Actor(id=None, name="station")


class StationActivities:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    @activity.defn
    async def look_at_station(self, step: StationStep) -> StationProgress:
        """What is to be done now. It changes nothing that a second look would not change to the same."""
        return await self._steps.look(step.correlation_id, lambda work: upkeep.look(work, step.subject_id))

    @activity.defn
    async def claim_turn(self, step: StationStep) -> StationProgress:
        """Taken again it gives no command: whether the first try went on from here is not known to it."""
        return await self._take(step, lambda work: upkeep.claim(work, step.subject_id))

    @activity.defn
    async def give_turn_back(self, step: StationStep) -> StationProgress:
        if step.todo is None:
            return await self.look_at_station(step)
        todo = step.todo
        return await self._take(step, lambda work: upkeep.put_back(work, step.subject_id, todo))

    @activity.defn
    async def note_station_answer(self, step: StationStep) -> StationProgress:
        outcome = step.outcome or CommandOutcome(outcome="timed_out")
        if step.todo is None:
            return await self.look_at_station(step)
        todo = step.todo
        return await self._take(step, lambda work: upkeep.note_answer(work, step.subject_id, todo, outcome), STATION)

    @activity.defn
    async def end_station(self, step: StationStep) -> StationProgress:
        return await self._take(step, lambda work: upkeep.end(work, step.subject_id))

    async def _take(
        self, step: StationStep, use_case: UseCase[StationProgress], actor: Actor = STATIONMASTER
    ) -> StationProgress:
        return await self._steps.take(
            step, StationProgress, use_case, lambda work: upkeep.look(work, step.subject_id), actor=actor
        )
