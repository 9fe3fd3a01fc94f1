"""A decision sent as a Signal has nobody to answer; its refusal goes on record."""

from temporalio import activity

from models.messages.base import Refusal
from models.store import placements
from models.usecases import timeline
from models.usecases.work import Desk


class RefusalActivities:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @activity.defn
    async def record_refusal(self, refusal: Refusal) -> None:
        async with self._desk.work(refusal.actor, refusal.correlation_id) as work:
            timeline.record(
                work,
                refusal.process,
                refusal.subject_id,
                refusal.decision,
                placement_id=await placements.of_subject(work.session, refusal.subject_id),
                why=refusal.detail,
                refused=True,
            )
