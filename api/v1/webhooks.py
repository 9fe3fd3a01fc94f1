"""What outside parties call: the grid operator's webhook (P7), signed by Standard Webhooks 1.0."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError
from starlette.responses import Response

from api.context import correlation_id_of, services_of
from api.envelope import takes_up_to
from models.errors import InvalidInput, NotAuthenticated
from models.messages.base import Actor
from models.messages.placement import GridCallReceived
from models.rules.grid import GridEvent
from models.usecases import placement as usecase

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

GRID_OPERATOR = Actor(id=None, name="grid operator")
BODY_LIMIT_BYTES = 64 * 1024
ID_LIMIT = 256
TYPES = {f"connection_request.{event}": event for event in GridEvent}

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class _Said(BaseModel):
    """An outside party may say more than we know of."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class GridWebhookData(_Said):
    connection_request_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    reference: Text | None = None
    reason: Text | None = None
    scheduled_for: date | None = None


class GridWebhook(_Said):
    """``timestamp`` is when it happened."""

    type: str = Field(json_schema_extra={"enum": list(TYPES)})
    timestamp: AwareDatetime
    data: GridWebhookData

    @field_validator("type")
    @classmethod
    def _known(cls, said: str) -> str:
        if said not in TYPES:
            raise ValueError("Must be one of " + ", ".join(TYPES))
        return said


def _schema() -> dict[str, Any]:
    """In one piece, as it stands beside the components."""
    said = GridWebhook.model_json_schema()
    said["properties"]["data"] = said.pop("$defs")["GridWebhookData"]
    return said


_EXAMPLE = {
    "type": "connection_request.connection_scheduled",
    "timestamp": "2026-11-21T10:00:00Z",
    "data": {
        "connection_request_id": "GC-4F2A11",
        "reference": "PR-2026-000042/1",
        "reason": None,
        "scheduled_for": "2026-12-01",
    },
}
_HEADERS = {
    "webhook-id": "Names the call; the same on every retry",
    "webhook-timestamp": "Seconds since 1970 of this attempt; up to five minutes of difference are taken",
    "webhook-signature": "`v1,` and base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`; several with spaces between",
}
_DESCRIPTION: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": _schema(),
                "examples": {"example": {"value": _EXAMPLE}},
            }
        },
    },
    "parameters": [
        {"name": name, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
        for name, said in _HEADERS.items()
    ],
    "security": [],
}


@router.post(
    "/grid-operator",
    status_code=204,
    summary="The grid operator tells what becomes of a connection request",
    openapi_extra=_DESCRIPTION,
)
@takes_up_to(BODY_LIMIT_BYTES)
async def take_grid_call(request: Request) -> Response:
    """204 says that it is stored. A call that comes again, late or out of order does no harm."""
    services = services_of(request)
    body = await request.body()
    _verify(services.settings.grid_operator_webhook_secret.get_secret_value(), request, body)
    call = _call(request.headers["webhook-id"], body)
    async with services.work(GRID_OPERATOR, correlation_id_of(request)) as work:
        await usecase.record_grid_call(work, call)
    return Response(status_code=204)


def _verify(secrets: str, request: Request, body: bytes) -> None:
    """``secrets`` are one or, while they are changed over, several with spaces between. Raises NotAuthenticated."""
    for secret in secrets.split():
        try:
            Webhook(secret).verify(body, dict(request.headers), json_parse=False)
        except (WebhookVerificationError, EmptyWebhookSecretError, ValueError, OverflowError):
            # A forged header may be anything but base64 too.
            continue
        return
    raise NotAuthenticated("The signature or its time is wrong; see Standard Webhooks 1.0")


def _call(webhook_id: str, body: bytes) -> GridCallReceived:
    """Raises RequestValidationError, InvalidInput."""
    if len(webhook_id) > ID_LIMIT:
        raise InvalidInput(f"webhook-id can have {ID_LIMIT} characters", field="webhook-id")
    try:
        said = GridWebhook.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in faults]) from error
    return GridCallReceived(
        webhook_id=webhook_id,
        connection_request_id=said.data.connection_request_id,
        event=TYPES[said.type],
        reason=said.data.reason or None,
        scheduled_for=said.data.scheduled_for.isoformat() if said.data.scheduled_for else None,
        occurred_at=said.timestamp.isoformat(),
    )
