"""What outside parties call: the grid operator's webhook (P7), signed by Standard Webhooks 1.0."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, TypeVar

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

S = TypeVar("S", bound=BaseModel)
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class Said(BaseModel):
    """An outside party may say more than we know of."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class GridWebhookData(Said):
    connection_request_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    reference: Text | None = None
    reason: Text | None = None
    scheduled_for: date | None = None


class GridWebhook(Said):
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
HEADERS = {
    "webhook-id": "Names the call; the same on every retry",
    "webhook-timestamp": "Seconds since 1970 of this attempt; up to five minutes of difference are taken",
    "webhook-signature": "`v1,` and base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`; several with spaces between",
}


def described(kind: type[BaseModel], data: str, shown: dict[str, Any]) -> dict[str, Any]:
    """How OpenAPI describes a signed call of this kind; the schema is in one piece, as it stands beside the others.

    ``data`` is the name of the schema of its data.
    """
    schema = kind.model_json_schema()
    schema["properties"]["data"] = schema.pop("$defs")[data]
    body = {"schema": schema, "examples": {"example": {"value": shown}}}
    return {
        "requestBody": {"required": True, "content": {"application/json": body}},
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
            for name, said in HEADERS.items()
        ],
        "security": [],
    }


@router.post(
    "/grid-operator",
    status_code=204,
    summary="The grid operator tells what becomes of a connection request",
    openapi_extra=described(GridWebhook, "GridWebhookData", _EXAMPLE),
)
@takes_up_to(BODY_LIMIT_BYTES)
async def take_grid_call(request: Request) -> Response:
    """204 says that it is stored. A call that comes again, late or out of order does no harm."""
    services = services_of(request)
    body = await request.body()
    verify(services.settings.grid_operator_webhook_secret.get_secret_value().split(), request, body)
    call = _call(read(GridWebhook, body), webhook_id_of(request))
    async with services.work(GRID_OPERATOR, correlation_id_of(request)) as work:
        await usecase.record_grid_call(work, call)
    return Response(status_code=204)


def verify(secrets: Iterable[str], request: Request, body: bytes) -> None:
    """``secrets`` are one or, while they are changed over, several. Raises NotAuthenticated."""
    for secret in secrets:
        try:
            Webhook(secret).verify(body, dict(request.headers), json_parse=False)
        except (WebhookVerificationError, EmptyWebhookSecretError, ValueError, OverflowError):
            # A forged header may be anything but base64 too.
            continue
        return
    raise NotAuthenticated("The signature or its time is wrong; see Standard Webhooks 1.0")


def webhook_id_of(request: Request) -> str:
    """Of a call whose signature is right. Raises InvalidInput."""
    webhook_id = request.headers["webhook-id"]
    if len(webhook_id) > ID_LIMIT:
        raise InvalidInput(f"webhook-id can have {ID_LIMIT} characters", field="webhook-id")
    return webhook_id


def read(kind: type[S], body: bytes) -> S:
    """Raises RequestValidationError."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in faults]) from error


def _call(said: GridWebhook, webhook_id: str) -> GridCallReceived:
    return GridCallReceived(
        webhook_id=webhook_id,
        connection_request_id=said.data.connection_request_id,
        event=TYPES[said.type],
        reason=said.data.reason or None,
        scheduled_for=said.data.scheduled_for.isoformat() if said.data.scheduled_for else None,
        occurred_at=said.timestamp.isoformat(),
    )
