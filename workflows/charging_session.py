"""One charging session, from the start that its station tells of to its bill data record."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.charging_session import ChargingSessionActivities as Activities
    from models.messages.base import Subject
    from models.messages.session import BillSession, SessionProgress, WaiveSession
    from models.rules.session import SESSION, STOPPED, SessionEvent, SessionStage
    from workflows import options, search_attributes
    from workflows.process import Process

S, E = SessionStage, SessionEvent


@workflow.defn(name="charging_session")
class ChargingSessionWorkflow(Process[SessionProgress]):
    machine = SESSION
    decisions = {"bill": BillSession, "waive": WaiveSession}  # noqa: RUF012 - read only

    @workflow.init
    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)

    @workflow.run
    async def run(self, _subject: Subject) -> str:
        """It is looked after while it runs, settled when it has stopped, and corrected by a stop that comes late."""
        await self.take(Activities.look_after_session, self.step(str(workflow.uuid4())))
        workflow.upsert_search_attributes([search_attributes.STATION.value_set(self.at.station)])
        while not self.ended:
            await self.renew()
            await self.go_on()
        await self.rest()
        return str(self.stage)

    async def go_on(self) -> None:
        if self.stage is S.STOPPED and self.is_due():
            await self.take(Activities.settle_session, self.step(str(workflow.uuid4())))
        elif self.at.is_to_stop:
            await self.take(Activities.stop_session, self.step(str(workflow.uuid4())))
        elif not await self.hear():
            await self.look()

    async def hear(self) -> bool:
        """Whether somebody has rung. Facts are only bells: the rows say what is so, and all that have rung are one."""
        fact, has_stopped = None, False
        while (heard := self.next_fact()) is not None:
            fact, has_stopped = heard, has_stopped or heard.name == STOPPED
        if fact is None:
            return False
        step = Activities.settle_session if has_stopped else Activities.look_after_session
        await self.take(step, self.step(fact.occurrence))
        return True

    async def look(self) -> None:
        """When it is time to; until then somebody may ring."""
        if await self.wait("station", until=self.next_look()):
            return
        await self.take(Activities.look_after_session, self.step(str(workflow.uuid4())))

    def is_due(self) -> bool:
        return self.at.look_at is None or self.at.look_at <= workflow.now()

    def next_look(self) -> datetime:
        look_at = self.at.look_at
        return max(look_at or workflow.now(), workflow.now() + options.SESSION_SHORTEST_NAP)

    @workflow.update
    async def bill(self, decision: BillSession) -> str:
        """C2: what was set aside is billed, as of when it began."""
        return await self.decide(E.BILL, decision, Activities.bill_session)

    @bill.validator
    def _check_bill(self, decision: BillSession) -> None:
        self.check(E.BILL, decision)

    @workflow.update
    async def waive(self, decision: WaiveSession) -> str:
        """C2: what was set aside is left unbilled."""
        return await self.decide(E.WAIVE, decision, Activities.waive_session)

    @waive.validator
    def _check_waive(self, decision: WaiveSession) -> None:
        self.check(E.WAIVE, decision)
