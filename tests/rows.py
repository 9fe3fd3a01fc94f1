"""What stands in the rows of one placement, its work order and its first station."""

import sqlalchemy as sa
from sqlmodel import col

from models.messages.base import Subject
from models.store import assets, placements, processes, work_orders
from models.tables.asset import Asset
from models.tables.handover import Handover
from models.tables.placement import LocationAttempt, PlacementRequest
from models.tables.work_order import WorkOrder, WorkOrderLine
from models.usecases.work import Desk


class Rows:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.placement: PlacementRequest
        self.order: WorkOrder
        self.asset: Asset

    async def attempts(self) -> list[LocationAttempt]:
        async with self.desk.database.transaction() as session:
            return list(await placements.attempts(session, self.placement.id))

    async def find_order(self) -> bool:
        """Whether somebody else has made the work order meanwhile."""
        async with self.desk.database.transaction() as session:
            made = await work_orders.of_placement(session, self.placement.id)
        if made is not None:
            self.order = made
        return made is not None

    async def reported(self) -> bool:
        """Whether the SAT report is with the request."""
        async with self.desk.database.transaction() as session:
            return (await session.get_one(WorkOrder, self.order.id)).report_id is not None

    async def said(self, *subjects: str) -> list[str]:
        """What stands in the placement's timeline, of these subjects only where some are named."""
        async with self.desk.database.transaction() as session:
            entries = await placements.timeline(session, self.placement.id)
        return [entry.what for entry in entries if not subjects or entry.subject in subjects]

    async def lines(self) -> list[WorkOrderLine]:
        async with self.desk.database.transaction() as session:
            return [line for line, *_ in await work_orders.lines(session, self.order.id)]

    async def station(self, number: int = 1) -> Asset:
        """The station of the line with this number, as it stands now; the road goes on with it."""
        self.asset = (await self.assets_of_order())[number - 1]
        return self.asset

    async def refresh(self) -> None:
        """The station that the road goes on with, as it stands now."""
        async with self.desk.database.transaction() as session:
            self.asset = await assets.lock(session, self.asset.id)

    async def assets_of_order(self) -> list[Asset]:
        """The stations that there are, in the order of the lines."""
        async with self.desk.database.transaction() as session:
            return [asset for *_, asset in await work_orders.lines(session, self.order.id) if asset is not None]

    async def stages(self) -> tuple[str, str | None, str | None]:
        """Where the placement, its work order and its first station stand."""
        async with self.desk.database.transaction() as session:
            request = await session.get_one(PlacementRequest, self.placement.id)
            order = await work_orders.of_placement(session, request.id)
            found = await work_orders.lines(session, order.id) if order else []
            first = found[0][3] if found else None
            station_stage = None if first is None else (await assets.lock(session, first.id)).stage.value
        return request.stage.value, order.stage.value if order else None, station_stage

    async def heard(self, workflow_id: str) -> None:
        """The process has heard every fact: the rows are as after its last step."""
        async with self.desk.database.transaction() as session:
            await session.execute(
                sa.update(Handover)
                .where(col(Handover.workflow_id) == workflow_id)
                .values(delivered_at=self.desk.clock())
            )

    async def heard_all(self) -> bool:
        """Whether every fact has reached its process."""
        async with self.desk.database.transaction() as session:
            return not await processes.with_undelivered(session, self.desk.clock(), 1)

    async def was_told(self, workflow_id: str, name: str) -> bool:
        """Whether a fact of this name has reached the process."""
        async with self.desk.database.transaction() as session:
            found = await processes.facts(session, workflow_id, before=None, limit=100)
        return any(fact.name == name and fact.delivered_at is not None for fact in found)

    def subject(self, what: PlacementRequest | WorkOrder | Asset) -> Subject:
        reference = what.name if isinstance(what, Asset) else what.reference
        return Subject(subject_id=what.id, reference=reference, correlation_id="test")
