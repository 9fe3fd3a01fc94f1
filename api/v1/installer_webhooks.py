"""What installers' own systems call: their plans (P10), signed by Standard Webhooks 1.0."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, ConfigDict, StringConstraints
from starlette.responses import Response

from api.context import correlation_id_of, services_of
from api.envelope import takes_up_to
from api.v1.webhooks import BODY_LIMIT_BYTES, Said, described, read, verify, webhook_id_of
from models.messages.base import Actor
from models.messages.work_order import PlanCallReceived, PlanTerms, WantedPlan
from models.usecases import plan_hook, planning

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

CALLER = Actor(id=None, name="installer's system")
"""Until its signature is known to be right."""


class PlanEvent(StrEnum):
    """Both say the plan that holds from now on."""

    PLANNED = "work_order.planned"
    RESCHEDULED = "work_order.rescheduled"


class InstallerWebhookData(Said, WantedPlan):
    """A day, or hours with their day. A plan that was refused (409) is sent again, changed, under a new webhook-id."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reference: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class InstallerWebhook(Said):
    """``timestamp`` is when it was planned."""

    type: PlanEvent
    timestamp: AwareDatetime
    data: InstallerWebhookData


_PLAN_FIELDS = {*PlanTerms.model_fields, "planned_for"}
_EXAMPLE = {
    "type": "work_order.planned",
    "timestamp": "2026-11-21T10:00:00Z",
    "data": {
        "reference": "WO-2026-000017",
        "planned_for": "2026-12-08",
        "starts_at": "2026-12-08T08:00:00Z",
        "ends_at": "2026-12-08T11:30:00Z",
        "crew": "Team Noord",
        "reason": None,
    },
}


@router.post(
    "/installers/{organisation_id}",
    status_code=204,
    summary="An installer's own system tells when its crew comes",
    openapi_extra=described(InstallerWebhook, "InstallerWebhookData", _EXAMPLE),
)
@takes_up_to(BODY_LIMIT_BYTES)
async def take_plan(organisation_id: UUID, request: Request) -> Response:
    """204 says that it is stored; a call that comes again does no harm. 409 says what stands against the plan: it is
    on record, and the same call is answered the same again.
    """
    services, correlation_id = services_of(request), correlation_id_of(request)
    body = await request.body()
    async with services.work(CALLER, correlation_id) as work:
        verify(await plan_hook.secrets_of(work, services.keys, organisation_id), request, body)
        caller = await plan_hook.caller_of(work, organisation_id)
    said = read(InstallerWebhook, body)
    call = PlanCallReceived(
        webhook_id=webhook_id_of(request),
        reference=said.data.reference,
        wanted=WantedPlan(**said.data.model_dump(include=_PLAN_FIELDS)),
        occurred_at=said.timestamp,
    )
    async with services.work(caller, correlation_id) as work:
        refusal = await planning.record_call(work, organisation_id, call)
    if refusal is not None:
        raise refusal
    return Response(status_code=204)
