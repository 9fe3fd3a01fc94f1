"""One station after its activation: what is wanted of it is brought about whenever it can be reached (L5)."""

from datetime import datetime
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.station import StationActivities as Activities
    from models.messages.base import Subject
    from models.messages.station import CommandOutcome, StationCommand
    from models.messages.wanted import StationProgress, StationStep, Todo
    from models.rules.station_life import STATION
    from models.rules.wanted import kept_of
    from workflows import options, search_attributes
    from workflows.process import Process
    from workflows.sending import Fate, Unanswered, send


@workflow.defn(name="station")
class StationWorkflow(Process[StationProgress]):
    machine = STATION
    decisions = {}  # noqa: RUF012 - read only

    @workflow.init
    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._patience = options.NODE_SEARCHED_AGAIN_AFTER

    @workflow.run
    async def run(self, subject: Subject) -> str:
        """Look what is wanted and not so; ask the station for it; wait until there is something to do again."""
        workflow.upsert_search_attributes([search_attributes.STATION.value_set(subject.reference)])
        await self.look()
        while not self.ended:
            await self.renew()
            await self.go_on()
        await self.take(Activities.end_station, self.station_step("end"))
        await self.rest()
        return str(self.stage)

    async def go_on(self) -> None:
        todo, node = self.at.todo, self.at.node
        if self._facts:
            self.hear_everything()
        elif todo is None:
            await self.wait("something to do", until=self.next_look())
        elif node is None:
            await self.wait("station")
        elif await (self.take_turn() if todo.claim else self.ask(node, todo)):
            return
        await self.look()

    async def look(self) -> None:
        await self.take(Activities.look_at_station, self.station_step("look"))

    async def take_turn(self) -> bool:
        """As ``ask``, for what needs its turn; where that has passed, what is next is known instead."""
        await self.take(Activities.claim_turn, self.station_step(str(workflow.uuid4())))
        todo, node = self.at.todo, self.at.node
        if todo is None or not todo.claimed:
            return True
        if node is not None and await self.ask(node, todo):
            return True
        await self.take(Activities.give_turn_back, self.station_step(str(workflow.uuid4()), todo=todo))
        return True

    async def ask(self, node: str, todo: Todo) -> bool:
        """Whether the station was reached, and what it said is noted with what is next."""
        subject = self.subject
        command = StationCommand(
            asset_id=subject.subject_id,
            kind=todo.kind,
            arguments=todo.arguments,
            correlation_id=subject.correlation_id,
        )
        answer = await send(node, command)
        if isinstance(answer, Unanswered):
            if answer.fate is Fate.NOT_REACHED:
                await self.be_patient()
                return False
            lost = answer.fate is Fate.ANSWER_LOST
            answer = CommandOutcome(outcome="timed_out" if lost else "rejected", detail=answer.why)
        self._patience = options.NODE_SEARCHED_AGAIN_AFTER
        outcome = answer.model_copy(update={"data": kept_of(answer.data, todo.arguments.get("keys", []))})
        step = self.station_step(str(workflow.uuid4()), todo=todo, outcome=outcome)
        await self.take(Activities.note_station_answer, step)
        return True

    def next_look(self) -> datetime | None:
        look_at = self.at.look_at
        return None if look_at is None else max(look_at, workflow.now() + options.STATION_SHORTEST_NAP)

    async def be_patient(self) -> None:
        """Longer each time, as long as nobody tells that the station is there."""
        await self.wait("station", until=workflow.now() + self._patience)
        self._patience = min(2 * self._patience, options.STATION_LOOKED_FOR_AFTER)

    def hear_everything(self) -> None:
        """Facts are only bells: the rows say what is so, and the next look reads them."""
        while self.next_fact() is not None:
            self._patience = options.NODE_SEARCHED_AGAIN_AFTER

    def station_step(self, occurrence: str, **more: Any) -> StationStep:
        return StationStep(**{**self.step(occurrence).model_dump(), **more})
