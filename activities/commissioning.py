"""The steps of the commissioning process."""

from uuid import UUID

from temporalio import activity

from activities.steps import STATIONMASTER, Steps, UseCase
from models.messages.base import Actor, Decision, Step
from models.messages.commissioning import (
    ActivateStation,
    CommissioningProgress,
    CommissioningStep,
    Findings,
    SelfCheck,
    StartTestCharge,
    StationNode,
)
from models.rules.commissioning import CommissioningEvent
from models.store import nodes
from models.usecases import commissioning
from models.usecases.work import Work

STATION = Actor(id=None, name="station")


class CommissioningActivities:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    @activity.defn
    async def load_commissioning(self, step: CommissioningStep) -> CommissioningProgress:
        return await self._steps.look(step.correlation_id, lambda work: commissioning.load(work, step.subject_id))

    @activity.defn
    async def find_node(self, step: CommissioningStep) -> StationNode:
        """The CSMS node that holds the station's socket now."""

        async def look(work: Work) -> StationNode:
            return StationNode(node=await nodes.holding(work.session, step.subject_id))

        return await self._steps.look(step.correlation_id, look)

    @activity.defn
    async def move_station(self, step: CommissioningStep) -> CommissioningProgress:
        """A station's fact or a finished step moves its commissioning on."""
        event = CommissioningEvent(step.event or "")
        return await self._take(
            step.subject_id,
            step,
            lambda work: commissioning.move(work, step.subject_id, event, test_number=step.test_number, **step.detail),
            actor=STATION,
        )

    @activity.defn
    async def fail_connection_test(self, step: CommissioningStep) -> CommissioningProgress:
        return await self._take(
            step.subject_id,
            step,
            lambda work: commissioning.fail_test(
                work, step.subject_id, step.reason or "", test_number=step.test_number
            ),
        )

    @activity.defn
    async def self_check(self, check: SelfCheck) -> Findings:
        return await self._steps.look(
            check.correlation_id, lambda work: commissioning.check(work, check.asset_id, check.read_back)
        )

    @activity.defn
    async def note_no_boot(self, step: CommissioningStep) -> CommissioningProgress:
        return await self._take(
            step.subject_id,
            step,
            lambda work: commissioning.note_no_boot(
                work, step.subject_id, step.reason or "", test_number=step.test_number
            ),
        )

    @activity.defn
    async def start_test_charge(self, asset_id: UUID, decision: StartTestCharge) -> CommissioningProgress:
        return await self._take(asset_id, decision, lambda work: commissioning.start_test_charge(work, asset_id))

    @activity.defn
    async def finish_test_charge(self, step: CommissioningStep) -> CommissioningProgress:
        return await self._take(
            step.subject_id, step, lambda work: commissioning.finish_test_charge(work, step.subject_id)
        )

    @activity.defn
    async def fail_test_charge(self, step: CommissioningStep) -> CommissioningProgress:
        return await self._take(
            step.subject_id,
            step,
            lambda work: commissioning.fail_test_charge(work, step.subject_id, step.reason or ""),
        )

    @activity.defn
    async def activate_station(self, asset_id: UUID, decision: ActivateStation) -> CommissioningProgress:
        return await self._take(asset_id, decision, lambda work: commissioning.activate(work, asset_id))

    async def _take(
        self,
        asset_id: UUID,
        cause: Decision | Step,
        use_case: UseCase[CommissioningProgress],
        actor: Actor = STATIONMASTER,
    ) -> CommissioningProgress:
        return await self._steps.take(
            cause, CommissioningProgress, use_case, lambda work: commissioning.load(work, asset_id), actor=actor
        )
