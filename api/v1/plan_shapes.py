"""Plans as the API shows them: the one that holds, what stands against it, and those before (P10)."""

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.access import Access
from api.v1.shapes import Shape, example
from models.rules.planning import ConflictKind
from models.rules.work_order import WorkOrderStage
from models.store import crews, plans
from models.tables.work_order import WorkOrder
from models.usecases import planning

WINDOW = {"starts_at": "2026-12-08T08:00:00Z", "ends_at": "2026-12-08T11:30:00Z", "crew": "Team Noord"}
CONFLICT = {
    "kind": "hardware_missing",
    "detail": "The installer has 1 of 2 DUO-22; the warehouse has to hand them over",
    "hard": False,
    "work_order": None,
}
PLAN = {
    "number": 2,
    "planned_for": "2026-12-08",
    **WINDOW,
    "note": "The gate opens at eight",
    "reason": "The pavement is frozen",
    "conflicts": [CONFLICT["detail"]],
    "planned_by": "Iris Installer",
    "created_at": "2026-12-01T09:00:00Z",
}


class ConflictShape(Shape):
    """``hard`` ones are let through only where somebody accepts them with a reason."""

    model_config = example(**CONFLICT)

    kind: ConflictKind
    detail: str
    hard: bool
    work_order: str | None = Field(description="The other work order, where there is one")


class PlanShape(Shape):
    model_config = example(**PLAN)

    number: int
    planned_for: date
    starts_at: datetime | None
    ends_at: datetime | None
    crew: str | None
    note: str | None
    reason: str | None = Field(description="Why it was planned anew, or a conflict accepted")
    conflicts: list[str] = Field(description="What stood against it when it was made")
    planned_by: str = Field(description="A person, or the installer's own system")
    created_at: datetime


class PlansShape(Shape):
    items: list[PlanShape] = Field(description="The one that holds first")


async def plans_shape(session: AsyncSession, order: WorkOrder) -> PlansShape:
    rows = await plans.history(session, order.id)
    taken_over = set(PlanShape.model_fields) - {"crew", "planned_by"}
    return PlansShape(
        items=[
            PlanShape(**row.model_dump(include=taken_over), crew=crew, planned_by=row.planned_by_name)
            for row, crew in rows
        ]
    )


async def conflict_shapes(session: AsyncSession, access: Access, order: WorkOrder) -> Sequence[ConflictShape]:
    """As things stand now, for a plan that is still to come."""
    plan = plans.plan_of(order)
    if plan is None or order.stage is not WorkOrderStage.PLANNED:
        return []
    crew = await crews.named(session, order.crew_id)
    situation = await plans.situation(session, order, crew, plan)
    found = planning.conflicts(access.services.desk.terms, plan, situation)
    return [ConflictShape.model_validate(conflict) for conflict in found]
