"""What the SMS provider calls: texts of drivers, and the status of ours; signed by X-Twilio-Signature (C3, N)."""

from typing import Annotated, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, StringConstraints, ValidationError
from starlette.responses import Response
from twilio.request_validator import RequestValidator

from activities.gateways.sms import STATUS_PATH, status_of
from api.context import correlation_id_of, services_of
from api.envelope import takes_up_to
from api.v1.webhooks import BODY_LIMIT_BYTES, Said
from models.errors import NotAuthenticated
from models.messages.base import Actor
from models.settings import Settings
from models.usecases import driver_delivery, text_message

router = APIRouter(prefix="/webhooks/sms", tags=["webhooks"])

PATH = "/v1/webhooks/sms"
SMS_PROVIDER = Actor(id=None, name="SMS provider")
DRIVER = Actor(id=None, name="driver by text message")
NOTHING_MORE = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""In Twilio's markup: the answer comes as a message of its own, which is kept with its outcome."""
SIGNATURE = "X-Twilio-Signature"
FORM = "application/x-www-form-urlencoded"
FIELDS_LIMIT = 200

S = TypeVar("S", bound=Said)
Sid = Annotated[str, StringConstraints(pattern="^(SM|MM)[0-9a-f]{32}$")]


class SmsStatusCall(Said):
    """A status callback; what else Twilio sends with it is not needed."""

    message_sid: Sid = Field(alias="MessageSid")
    message_status: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(alias="MessageStatus")
    error_code: Annotated[str, StringConstraints(max_length=20)] | None = Field(default=None, alias="ErrorCode")


class TextCall(Said):
    """A text to our number."""

    message_sid: Sid = Field(alias="MessageSid")
    sender: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(alias="From")
    body: Annotated[str, StringConstraints(max_length=1600)] = Field(default="", alias="Body")


def described(kind: type[Said], shown: dict[str, str]) -> dict[str, object]:
    """How OpenAPI describes a call of the provider's of this kind."""
    body = {"schema": kind.model_json_schema(by_alias=True), "examples": {"example": {"value": shown}}}
    said = "Base64 of HMAC-SHA1, by the account's auth token, over the address and the fields by their names"
    header = {"name": SIGNATURE, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
    return {"requestBody": {"required": True, "content": {FORM: body}}, "parameters": [header], "security": []}


@router.post(
    "",
    summary="A driver texts us",
    response_class=Response,
    responses={200: {"content": {"text/xml": {"schema": {"type": "string"}}}}},
    openapi_extra=described(
        TextCall,
        {"MessageSid": "SM0123456789abcdef0123456789abcdef", "From": "+31612345678", "Body": "START NL-STM-000003"},
    ),
)
@takes_up_to(BODY_LIMIT_BYTES)
async def take_text(request: Request) -> Response:
    """200 says that it is stored and will be answered; a text that is told again does nothing more."""
    services = services_of(request)
    call = read(TextCall, await verified(services.settings, request, PATH))
    async with services.work(DRIVER, correlation_id_of(request)) as work:
        await text_message.receive(work, call.message_sid, call.sender, call.body)
    return Response(NOTHING_MORE, media_type="text/xml")


@router.post(
    "/status/{notice_id}",
    status_code=204,
    summary="The SMS provider tells what has become of a message",
    openapi_extra=described(
        SmsStatusCall,
        {"MessageSid": "SM0123456789abcdef0123456789abcdef", "MessageStatus": "delivered", "To": "+31612345678"},
    ),
)
@takes_up_to(BODY_LIMIT_BYTES)
async def take_status(notice_id: UUID, request: Request) -> Response:
    """Calls that come twice, late or out of order do no harm: what is final stays."""
    services = services_of(request)
    fields = await verified(services.settings, request, f"{STATUS_PATH}{notice_id}")
    call = read(SmsStatusCall, fields)
    told = status_of(call.message_status, call.error_code)
    async with services.work(SMS_PROVIDER, correlation_id_of(request)) as work:
        await driver_delivery.note_status(work, notice_id, call.message_sid, told.state, told.error)
    return Response(status_code=204)


async def verified(settings: Settings, request: Request, path: str) -> dict[str, str]:
    """The fields of a call whose signature is right. Raises NotAuthenticated.

    It is signed over our public address, however proxies have changed it on its way.
    """
    text = (await request.body()).decode("utf-8", "replace")
    try:
        fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_LIMIT))
    except ValueError:
        fields = {}
    token = settings.twilio_auth_token.get_secret_value()
    url = settings.public_api_url.rstrip("/") + path
    if token and RequestValidator(token).validate(url, fields, request.headers.get(SIGNATURE, "")):
        return fields
    raise NotAuthenticated(f"The signature is wrong: sign by {SIGNATURE}, with the account's auth token")


def read(kind: type[S], fields: dict[str, str]) -> S:
    """Raises RequestValidationError."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in faults]) from error
