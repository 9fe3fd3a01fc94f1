"""When the crew comes: planned, planned anew, every plan seen (P10)."""

from typing import Annotated

from fastapi import APIRouter

from api.auth.access import Access, require
from api.idempotency import Once
from api.v1.plan_shapes import WINDOW, PlansShape, plans_shape
from api.v1.shapes import sample
from api.v1.work_order_shapes import WorkOrderShape
from api.v1.work_orders import decide, found
from models.messages.work_order import PlanTerms, PlanWorkOrder, WantedPlan
from models.rules.access import Permission
from models.usecases import planning

router = APIRouter(prefix="/work-orders/{reference}", tags=["work orders"])

Reading = Annotated[Access, require(Permission.WORK_ORDERS_READ)]
Planning = Annotated[Access, require(Permission.WORK_ORDERS_PLAN)]

_PLAN = {"planned_for": "2026-12-08", **WINDOW, "note": "The gate opens at eight", "reason": "The pavement is frozen"}


@router.post("/plan", summary="Say when the crew comes, or comes instead")
async def plan(
    reference: str, body: Annotated[WantedPlan, sample(**_PLAN)], access: Planning, once: Once
) -> WorkOrderShape:
    """A day, or hours with their day. `conflicts` of the answer says what stands against it.

    409 where the crew is planned for another work order at the same time: name another time or crew, or send
    `accept_conflicts` with a `reason`.
    """
    desk = access.services.desk
    decision = await once.decision(
        access,
        PlanWorkOrder,
        planned_for=planning.wanted_day(body, desk.clock(), desk.terms),
        **body.model_dump(include=set(PlanTerms.model_fields)),
    )
    return await decide(access, reference, "plan", decision)


@router.get("/plans", summary="Every plan that was made, the one that holds first")
async def show_plans(reference: str, access: Reading) -> PlansShape:
    async with access.reading() as session:
        return await plans_shape(session, await found(session, access, reference))
