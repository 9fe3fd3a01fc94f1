"""Before a process continues as new: what it has heard is settled, so that the next run begins behind it (rule 4)."""

from temporalio import activity

from activities.steps import STATIONMASTER
from models.messages.base import Step
from models.usecases import process
from models.usecases.work import Desk


class SettlingActivities:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @activity.defn
    async def settle_facts(self, step: Step, number: int) -> None:
        """Every fact up to ``number`` was heard, and has had whatever effect it has."""
        async with self._desk.work(STATIONMASTER, step.correlation_id) as work:
            await process.settle(work, activity.info().workflow_id or "", number)
