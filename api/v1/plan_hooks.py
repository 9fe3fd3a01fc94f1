"""The secrets with which installers' own systems sign their plans (P10)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from api.auth.access import Access, require
from api.idempotency import Once
from api.v1.shapes import Shape, example
from models.rules.access import Permission
from models.secrets import new_webhook_secret
from models.usecases import plan_hook
from models.usecases.work import Work

router = APIRouter(prefix="/organisations/{organisation_id}/plan-webhook", tags=["organisations"])

Managing = Annotated[Access, require(Permission.ORGANISATIONS_MANAGE)]


class PlanHookShape(Shape):
    """``secret`` is shown this once; give it to the installer by a way that nobody else reads."""

    model_config = example(
        url="https://api.stationmaster.example/v1/webhooks/installers/0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c22",
        secret="whsec_2Yx...",  # noqa: S106
        made_at="2026-11-21T08:00:00Z",
        former_until=None,
    )

    url: str
    secret: str
    made_at: datetime
    former_until: datetime | None = Field(description="Until then the secret before holds too")


@router.post(
    "",
    status_code=201,
    response_model=PlanHookShape,
    summary="Make the secret with which an installer's own system signs its plans, or a new one",
)
async def make(organisation_id: UUID, access: Managing, once: Once) -> Response:
    """The secret before, if there was one, holds for a day more, so that the other side can change over."""
    secret = new_webhook_secret()
    services = access.services

    async def create(work: Work) -> PlanHookShape:
        hook = await plan_hook.make(work, organisation_id, services.keys, secret)
        return PlanHookShape(
            url=f"{services.settings.public_api_url}/v1/webhooks/installers/{organisation_id}",
            secret=secret,
            made_at=hook.made_at,
            former_until=hook.former_until,
        )

    return await once.answer(access, create)


@router.delete("", status_code=204, summary="Take no plans of the installer's own system any more")
async def end(organisation_id: UUID, access: Managing) -> None:
    """Both secrets are gone at once."""
    async with access.work() as work:
        await plan_hook.end(work, organisation_id)
