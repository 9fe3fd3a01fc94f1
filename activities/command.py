"""The steps of the process that sends one command to one station."""

from temporalio import activity

from activities.steps import STATIONMASTER, Steps, UseCase
from models.messages.base import Actor
from models.messages.command import CommandProgress, CommandStep
from models.messages.station import CommandOutcome
from models.usecases import command

STATION = Actor(id=None, name="station")


class CommandActivities:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    @activity.defn
    async def load_command(self, step: CommandStep) -> CommandProgress:
        return await self._steps.look(step.correlation_id, lambda work: command.load(work, step.subject_id))

    @activity.defn
    async def dispatch_command(self, step: CommandStep) -> CommandProgress:
        """Looks the station's node up anew, and takes the command up for it.

        Taken again it names no node: whether the first try went on from here is not known to it. A look that finds the
        station nowhere leaves no step: of such there may be one a minute, for a day.
        """
        waiting = await self._steps.look(step.correlation_id, lambda work: command.waits(work, step.subject_id))
        if waiting is not None:
            return waiting
        return await self._take(step, lambda work: command.dispatch(work, step.subject_id))

    @activity.defn
    async def put_command_back(self, step: CommandStep) -> CommandProgress:
        lost = step.came_back == "no_answer"
        return await self._take(step, lambda work: command.put_back(work, step.subject_id, answer_lost=lost))

    @activity.defn
    async def note_command_outcome(self, step: CommandStep) -> CommandProgress:
        outcome = step.outcome or CommandOutcome(outcome="timed_out", detail=step.reason)
        return await self._take(step, lambda work: command.note_outcome(work, step.subject_id, outcome), STATION)

    @activity.defn
    async def give_command_up(self, step: CommandStep) -> CommandProgress:
        return await self._take(step, lambda work: command.give_up(work, step.subject_id, step.reason))

    @activity.defn
    async def expire_command(self, step: CommandStep) -> CommandProgress:
        return await self._take(step, lambda work: command.expire(work, step.subject_id))

    async def _take(
        self, step: CommandStep, use_case: UseCase[CommandProgress], actor: Actor = STATIONMASTER
    ) -> CommandProgress:
        return await self._steps.take(
            step, CommandProgress, use_case, lambda work: command.load(work, step.subject_id), actor=actor
        )
