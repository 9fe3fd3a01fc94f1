"""The remote codec of the Temporal UI: it shows engineers what the encrypted histories say.

Protocol: https://docs.temporal.io/remote-data-encoding (POST of a JSON ``Payloads`` message to ``decode``/``encode``).
"""

import json
from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter, Request
from google.protobuf import json_format
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.api.common.v1 import Payload

from api.auth.access import require
from api.context import services_of
from api.envelope import takes_up_to
from models.errors import InvalidInput
from models.rules.access import Permission
from models.secrets import SecretsError
from models.settings import Settings
from workflows.codec import EncryptionCodec

PREFIX = "/codec"
PAYLOADS_LIMIT_BYTES = 16 * 1024 * 1024

Turn = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


class UiAccess:
    """Lets pages of the Temporal UI's origin, and of no other, call the codec."""

    def __init__(self, app: ASGIApp, ui_origin: str) -> None:
        self._app = app
        self._shared = CORSMiddleware(
            app,
            allow_origins=[ui_origin] if ui_origin else [],
            allow_methods=["POST"],
            allow_headers=["authorization", "content-type", "x-namespace"],
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_codec = scope["type"] == "http" and scope["path"].startswith(PREFIX + "/")
        await (self._shared if is_codec else self._app)(scope, receive, send)


def router(settings: Settings) -> APIRouter:
    """For staff who may read processes; open where ``codec_without_login`` says so."""
    guards = [] if settings.codec_without_login else [require(Permission.PROCESSES_READ)]
    codec = APIRouter(prefix=PREFIX, include_in_schema=False, dependencies=guards)

    @codec.post("/decode")
    @takes_up_to(PAYLOADS_LIMIT_BYTES)
    async def decode(request: Request) -> Response:
        return await _turn(request, _codec(request).decode)

    @codec.post("/encode")
    @takes_up_to(PAYLOADS_LIMIT_BYTES)
    async def encode(request: Request) -> Response:
        return await _turn(request, _codec(request).encode)

    return codec


def _codec(request: Request) -> EncryptionCodec:
    return EncryptionCodec(services_of(request).keys)


async def _turn(request: Request, turn: Turn) -> Response:
    try:
        given = _payloads(json.loads(await request.body())["payloads"])
        turned = [json_format.MessageToDict(each) for each in await turn(given)]
    except (json_format.ParseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidInput("Send Temporal payloads: {'payloads': [{'metadata': {...}, 'data': '...'}]}") from error
    except SecretsError as error:
        raise InvalidInput(str(error), field="/payloads") from error
    return JSONResponse({"payloads": turned})


def _payloads(said: object) -> list[Payload]:
    """Raises TypeError, json_format.ParseError."""
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise TypeError("not a list of objects")
    return [json_format.ParseDict(each, Payload(), ignore_unknown_fields=True) for each in said]
