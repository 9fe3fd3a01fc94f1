"""One command to one station, from the moment it is asked for to what came of it."""

from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.command import CommandActivities as Activities
    from models.messages.base import Subject
    from models.messages.command import CommandProgress, CommandStep
    from models.messages.station import CommandOutcome, StationCommand
    from models.rules.command import COMMAND, CommandState
    from workflows import options, search_attributes
    from workflows.process import Process
    from workflows.sending import Fate, Unanswered, send

S = CommandState
ANSWER_LOST = "The connection was lost before an answer came; it may have been done."


@workflow.defn(name="command")
class CommandWorkflow(Process[CommandProgress]):
    machine = COMMAND
    decisions = {}  # noqa: RUF012 - read only

    @workflow.init
    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._patience = options.NODE_SEARCHED_AGAIN_AFTER

    @workflow.run
    async def run(self, subject: Subject) -> str:
        """The station is waited for, gets the command, and answers; or its time is over."""
        workflow.upsert_search_attributes([search_attributes.STATION.value_set(subject.reference)])
        await self.take(Activities.load_command, self.command_step())
        if self.stage is S.SENT:
            await self.follow_up_loss(ANSWER_LOST)
        while not self.ended:
            await self.renew()
            if workflow.now() >= self.at.expires_at:
                await self.take(Activities.expire_command, self.command_step())
            else:
                await self.send_or_wait()
        await self.rest()
        return str(self.stage)

    async def send_or_wait(self) -> None:
        """Send it to where the station is now; where it is nowhere, wait until it comes."""
        self.hear_everything()
        await self.take(Activities.dispatch_command, self.command_step())
        if self.stage is S.SENT and self.at.node is None:
            # Taken up by a try of this step whose result was lost: nothing went out.
            await self.put_back("not_reached")
        elif self.stage is S.SENT:
            await self.send_to(str(self.at.node))
        elif self.stage is S.QUEUED:
            await self.wait_for_station(options.STATION_LOOKED_FOR_AFTER)

    async def send_to(self, node: str) -> None:
        at = self.at
        command = StationCommand(
            asset_id=at.asset_id,
            kind=at.kind,
            arguments=at.arguments,
            correlation_id=self.subject.correlation_id,
        )
        answer = await send(node, command)
        if isinstance(answer, Unanswered):
            await self.follow_up(answer)
        elif answer.outcome == "timed_out":
            await self.follow_up_loss(answer.detail or ANSWER_LOST)
        else:
            await self.take(Activities.note_command_outcome, self.command_step(outcome=answer))

    async def follow_up(self, unanswered: Unanswered) -> None:
        match unanswered.fate:
            case Fate.NOT_REACHED:
                await self.put_back("not_reached")
                await self.be_patient()
            case Fate.IMPOSSIBLE:
                await self.take(Activities.give_command_up, self.command_step(reason=unanswered.why))
            case Fate.ANSWER_LOST:
                await self.follow_up_loss(ANSWER_LOST)

    async def follow_up_loss(self, reason: str) -> None:
        """It may have been done: only what does no harm twice is sent again."""
        if self.at.repeatable:
            await self.put_back("no_answer")
            await self.be_patient()
        else:
            lost = CommandOutcome(outcome="timed_out", detail=reason)
            await self.take(Activities.note_command_outcome, self.command_step(outcome=lost))

    async def put_back(self, why: str) -> None:
        await self.take(Activities.put_command_back, self.command_step(came_back=why))

    async def be_patient(self) -> None:
        """Longer each time, as long as nobody tells that the station is there."""
        await self.wait_for_station(self._patience)
        self._patience = min(2 * self._patience, options.COMMAND_TRIED_AGAIN_WITHIN)

    async def wait_for_station(self, patience: timedelta) -> None:
        await self.wait("station", until=min(workflow.now() + patience, self.at.expires_at))

    def hear_everything(self) -> None:
        """Facts are only bells: the rows say what is so, and the next step reads them."""
        while self.next_fact() is not None:
            self._patience = options.NODE_SEARCHED_AGAIN_AFTER

    def command_step(self, **more: Any) -> CommandStep:
        """Each look and each try is one of its own."""
        return CommandStep(**{**self.step(str(workflow.uuid4())).model_dump(), **more})
