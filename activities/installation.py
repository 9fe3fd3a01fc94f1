"""The steps of the installation process."""

import asyncio
import contextlib
from uuid import UUID

from temporalio import activity

from activities import sat_report
from activities.gateways.documents import Documents
from activities.steps import STATIONMASTER, Steps, UseCase, beating
from models.errors import NotFound
from models.messages.base import Actor, Decision, Fact, Step
from models.messages.work_order import (
    ApproveSat,
    CancelWorkOrder,
    LinkHardware,
    PlanWorkOrder,
    ReturnSat,
    StartConnectionTest,
    SubmitSat,
    UnlinkHardware,
    WorkOrderProgress,
)
from models.usecases import planning, report, sat, site, work_order

REPORT_TRIES = 5
"""After so many, somebody has to look why the report can't be drawn."""


class InstallationActivities:
    def __init__(self, steps: Steps, documents: Documents) -> None:
        self._steps = steps
        self._documents = documents

    @activity.defn
    async def load_work_order(self, step: Step) -> WorkOrderProgress:
        return await self._steps.look(step.correlation_id, lambda work: work_order.load(work, step.subject_id))

    @activity.defn
    async def plan_work_order(self, work_order_id: UUID, decision: PlanWorkOrder) -> WorkOrderProgress:
        return await self._take(work_order_id, decision, lambda work: planning.plan(work, work_order_id, decision))

    @activity.defn
    async def apply_plan_call(self, work_order_id: UUID, fact: Fact) -> WorkOrderProgress:
        """P10: what the installer's own system has told us of its plan."""
        caller, webhook_id = UUID(fact.payload["organisation_id"]), fact.payload["webhook_id"]
        return await self._take(
            work_order_id,
            fact,
            lambda work: planning.apply_call(work, work_order_id, caller, webhook_id),
            Actor(id=None, name=fact.payload["by"], organisation_id=caller),
        )

    @activity.defn
    async def link_hardware(self, work_order_id: UUID, decision: LinkHardware) -> WorkOrderProgress:
        return await self._take(
            work_order_id, decision, lambda work: work_order.link_hardware(work, work_order_id, decision)
        )

    @activity.defn
    async def unlink_hardware(self, work_order_id: UUID, decision: UnlinkHardware) -> WorkOrderProgress:
        return await self._take(
            work_order_id, decision, lambda work: work_order.unlink_hardware(work, work_order_id, decision)
        )

    @activity.defn
    async def start_connection_test(self, work_order_id: UUID, decision: StartConnectionTest) -> WorkOrderProgress:
        return await self._take(
            work_order_id, decision, lambda work: work_order.start_connection_test(work, work_order_id, decision)
        )

    @activity.defn
    async def submit_sat(self, work_order_id: UUID, decision: SubmitSat) -> WorkOrderProgress:
        return await self._take(work_order_id, decision, lambda work: sat.submit(work, work_order_id))

    @activity.defn
    async def return_sat(self, work_order_id: UUID, decision: ReturnSat) -> WorkOrderProgress:
        return await self._take(work_order_id, decision, lambda work: sat.give_back(work, work_order_id, decision))

    @activity.defn
    async def approve_sat(self, work_order_id: UUID, decision: ApproveSat) -> WorkOrderProgress:
        return await self._take(work_order_id, decision, lambda work: sat.approve(work, work_order_id))

    @activity.defn
    async def call_off_work_order(self, work_order_id: UUID, decision: CancelWorkOrder) -> WorkOrderProgress:
        return await self._take(work_order_id, decision, lambda work: site.call_off(work, work_order_id, decision))

    @activity.defn
    async def make_sat_report(self, step: Step) -> WorkOrderProgress:
        """P18: draw the report, keep it with the documents, put it with the request and tell the requester.

        The same rows make the same bytes under the same key, so that a retry leaves one document. One that can't be
        drawn is tried on, and engineers are told.
        """
        if activity.info().attempt > REPORT_TRIES:
            await self._note_failed(step, None)
        try:
            key, pdf = await self._drawn(step)
        except Exception as error:
            if activity.info().attempt >= REPORT_TRIES:
                await self._note_failed(step, f"{type(error).__name__}: {error}")
            raise
        return await self._take(step.subject_id, step, lambda work: report.file(work, step.subject_id, key, pdf))

    async def _drawn(self, step: Step) -> tuple[str, bytes]:
        """The report's key and content, kept with the documents."""
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            content, photo_keys = await report.gather(work, step.subject_id)
        async with beating():
            photos = await self._photos(photo_keys)
            pdf = await asyncio.to_thread(sat_report.render, content, photos)
            key = report.document_key(content)
            await self._documents.put(key, pdf, report.PDF)
        return key, pdf

    async def _note_failed(self, step: Step, reason: str | None) -> None:
        async with self._steps.desk.work(STATIONMASTER, step.correlation_id) as work:
            await report.note_failed(work, step.subject_id, reason)

    @activity.defn
    async def note_station_active(self, work_order_id: UUID, fact: Fact) -> WorkOrderProgress:
        return await self._take(work_order_id, fact, lambda work: sat.note_active(work, work_order_id))

    async def _take(
        self,
        work_order_id: UUID,
        cause: Decision | Fact | Step,
        use_case: UseCase[WorkOrderProgress],
        actor: Actor = STATIONMASTER,
    ) -> WorkOrderProgress:
        return await self._steps.take(
            cause, WorkOrderProgress, use_case, lambda work: work_order.load(work, work_order_id), actor=actor
        )

    async def _photos(self, keys: dict[str, str]) -> dict[str, bytes]:
        """A photo that is gone from the archive is shown as missing; it does not hold up the report."""
        found = {}
        for photo_id, key in keys.items():
            with contextlib.suppress(NotFound):
                found[photo_id] = await self._documents.get(key)
        return found
