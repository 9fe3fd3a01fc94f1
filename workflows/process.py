"""What every process has: facts heard in order, one decision at a time, and its state shown to engineers."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError, ApplicationErrorCategory

with workflow.unsafe.imports_passed_through():
    from activities.refusals import RefusalActivities
    from activities.settling import SettlingActivities
    from models.errors import BusinessError
    from models.messages.base import Decision, Fact, Progress, Refusal, Step, Subject
    from models.messages.rebuild import Standing
    from models.rules.machine import Machine
    from models.rules.rebuild import compared
    from workflows import options, search_attributes

STEP: dict[str, Any] = {"start_to_close_timeout": options.STEP_LIMIT, "retry_policy": options.STEP_RETRY}
"""How every step of our own is run."""

P = TypeVar("P", bound=Progress)
HANDLED_KEPT = 100


class Process(Generic[P]):
    """A process knows only where it stands; everything else is in the rows, from which it can start at any stage."""

    machine: Machine[Any, Any]
    decisions: dict[str, type[Decision]]
    """What people can decide, by the name of the Update, and of the Signal that engineers may send instead."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.progress: P | None = None
        self._facts: deque[Fact] = deque()
        self._heard = 0
        self._turn = asyncio.Lock()
        self._handled: deque[str] = deque(maxlen=HANDLED_KEPT)
        self._changes = 0

    @workflow.signal
    def fact(self, fact: Fact) -> None:
        """A fact is handed over; one that came before is ignored."""
        if fact.number > self._heard:
            self._heard = fact.number
            self._facts.append(fact)

    @workflow.query
    def standing(self) -> Standing:
        """Where this run stands, for the comparison with the rows."""
        progress = None if self.progress is None else compared(self.progress.model_dump(mode="json"))
        return Standing(subject_id=self.subject.subject_id, heard=self._heard, progress=progress)

    @workflow.signal(dynamic=True)
    async def decided_by_signal(self, name: str, args: Sequence[RawValue]) -> None:
        """The same decisions from Temporal's own tools; a refusal is recorded instead of answered."""
        kind = self.decisions.get(name)
        if kind is None:
            workflow.logger.warning("decision_not_known: %s", name)
            return
        try:
            decision = workflow.payload_converter().from_payload(args[0].payload, kind)
        except (IndexError, KeyError, ValueError, RuntimeError) as error:
            # Raised here it would hold up the whole process, over what somebody typed.
            workflow.logger.warning("decision_not_readable: %s, %s", name, type(error).__name__)
            return
        try:
            await getattr(self, name)(decision)
        except (ApplicationError, ActivityError) as error:
            await self._record_refusal(name, decision, cause_of(error))

    @property
    def stage(self) -> Any:
        return self.machine.initial if self.progress is None else self.stage_of(self.progress.stage)

    def stage_of(self, name: str) -> Any:
        return type(self.machine.initial)(name)

    @property
    def ended(self) -> bool:
        return self.progress is not None and self.machine.is_terminal(self.stage)

    def step(self, occurrence: str, subject_id: UUID | None = None) -> Step:
        """A step of this process; ``occurrence`` tells its repetitions apart."""
        return Step(
            subject_id=subject_id or self.subject.subject_id,
            occurrence=occurrence,
            correlation_id=self.subject.correlation_id,
        )

    def check(self, event: Any, decision: Decision) -> None:
        """An Update's validator: refuses by the table before anything is written to the history.

        What comes while the process is about to move is let in and judged when that is done.
        """
        if self.progress is not None and decision.decision_id not in self._handled and not self._moving:
            self._refuse_unless_allowed(event)

    async def decide(self, event: Any, decision: Decision, carry_out: Callable[..., Awaitable[Progress]]) -> str:
        """Carry out a decision when its turn comes; a repeated one counts once. Gives the stage it led to."""
        await self._settled_for(event)
        async with self._turn:
            if decision.decision_id not in self._handled:
                self._refuse_unless_allowed(event)
                try:
                    self.arrive(await self.run_step(carry_out, self.subject.subject_id, decision))
                except ActivityError as error:
                    raise error.cause if isinstance(error.cause, ApplicationError) else error from error
                self._handled.append(decision.decision_id)
        return str(self.stage)

    @property
    def _moving(self) -> bool:
        """A step is being taken or a fact has still to be heard: the rows may be ahead of what is known here."""
        return self._turn.locked() or bool(self._facts)

    async def _settled_for(self, event: Any) -> None:
        try:
            await workflow.wait_condition(
                lambda: self.progress is not None and (self.machine.allows(self.stage, event) or not self._moving),
                timeout=options.DECISION_PATIENCE,
                timeout_summary="the step being taken",
            )
        except TimeoutError:
            workflow.logger.info("decision_judged_while_moving")

    def _refuse_unless_allowed(self, event: Any) -> None:
        try:
            self.machine.next(self.stage, event)
        except BusinessError as error:
            raise refusal(error) from error

    async def take(self, activity: Callable[..., Awaitable[Progress]], *arguments: object, **how: Any) -> None:
        """Take a step of the process itself while no decision is being carried out."""
        async with self._turn:
            self.arrive(await self.run_step(activity, *arguments, **how))

    async def run_step(self, activity: Callable[..., Awaitable[Progress]], *arguments: object, **how: Any) -> Progress:
        """One activity; ``how`` gives other limits than those of our own steps."""
        progress: Progress = await workflow.execute_activity_method(activity, args=arguments, **{**STEP, **how})
        return progress

    def arrive(self, progress: Any) -> None:
        """The process stands here now."""
        self.progress = progress
        self._changes += 1
        self.show()

    def next_fact(self) -> Fact | None:
        """The oldest fact whose effect is not in the rows yet."""
        applied = self.progress.applied_number if self.progress else 0
        while self._facts:
            fact = self._facts.popleft()
            if fact.number > applied:
                return fact
        return None

    async def renew(self) -> None:
        """Continue as new from the rows once the history has grown long, between two steps of ``run``.

        Facts that were heard are settled in the rows first, so that the next run ignores them should they be delivered
        once more. What comes meanwhile is heard by this run, which tries again after that; what comes later still
        makes Temporal refuse the end of this run, or reaches the next one.
        """
        if self._facts or not workflow.info().is_continue_as_new_suggested():
            return
        heard = self._heard
        if heard > self.at.applied_number:
            async with self._turn:
                await workflow.execute_activity_method(
                    SettlingActivities.settle_facts, args=[self.step(f"settle-{heard}"), heard], **STEP
                )
        await self.rest()
        if self._heard == heard and not self.ended:
            workflow.continue_as_new(self.subject)

    async def wait(self, summary: str, *, until: datetime | None = None) -> bool:
        """Wait for a fact or a decision. False where ``until`` came first."""
        seen = self._changes
        timeout = None if until is None else max(until - workflow.now(), timedelta(0))
        try:
            await workflow.wait_condition(
                lambda: bool(self._facts) or self._changes != seen, timeout=timeout, timeout_summary=summary
            )
        except TimeoutError:
            return False
        return True

    def show(self) -> None:
        """What engineers find it by and read of it in the Temporal UI."""
        stage = self.machine.state(self.stage)
        due_at = self.progress.due_at if self.progress else None
        workflow.upsert_search_attributes(
            [
                search_attributes.REFERENCE.value_set(self.subject.reference),
                search_attributes.STAGE.value_set(str(stage.name)),
                search_attributes.ORGANISATION.value_set(self.progress.organisation if self.progress else ""),
                search_attributes.DUE.value_unset() if due_at is None else search_attributes.DUE.value_set(due_at),
            ]
        )
        who = f"Waits for **{stage.waits_for}**" if stage.waits_for else "Waits for nobody"
        possible = ", ".join(f"`{event}`" for event in self.machine.allowed(self.stage, "decision")) or "nothing"
        ended = "It has ended." if stage.terminal else f"{who} since {workflow.now():%Y-%m-%d %H:%M} UTC."
        workflow.set_current_details(
            f"### {self.subject.reference}: {stage.label}\n\n{ended}\n\nCan be decided now: {possible}."
        )

    async def rest(self) -> None:
        """Let every decision that has come be answered before the process ends."""
        await workflow.wait_condition(workflow.all_handlers_finished)

    @property
    def at(self) -> P:
        """Where the process stands; loaded from the rows before anything else."""
        if self.progress is None:
            raise RuntimeError("the process has not loaded its rows")
        return self.progress

    async def _record_refusal(self, name: str, decision: Decision, detail: str) -> None:
        refused = Refusal(
            process=self.machine.name,
            subject_id=self.subject.subject_id,
            decision=name,
            detail=detail,
            actor=decision.actor,
            correlation_id=decision.correlation_id,
        )
        await workflow.execute_activity_method(RefusalActivities.record_refusal, refused, **STEP)


def refusal(error: BusinessError) -> ApplicationError:
    """A business fact as an Update's failure."""
    return ApplicationError(
        error.detail,
        error.as_details(),
        type=error.code,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )


def cause_of(error: BaseException) -> str:
    """The innermost reason, in words."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error)
