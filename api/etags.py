"""Strong entity tags (RFC 9110 §8.8.3): a digest of what is shown, so that who edits sees what others did meanwhile.

Each JSON answer to a GET carries one. An edit that is sent with it in ``If-Match`` is made only on what was seen.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import orjson
from fastapi import Depends, Header, Response
from pydantic import BaseModel
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import PreconditionFailed

ANY = "*"
HEADER = "If-Match"
LENGTH_LIMIT = 2000

Shown = TypeVar("Shown", bound=BaseModel)


def tag_of(shown: bytes) -> str:
    """Of a JSON document, whatever the order of its members."""
    same = orjson.dumps(orjson.loads(shown), option=orjson.OPT_SORT_KEYS)
    return '"' + base64.urlsafe_b64encode(hashlib.sha256(same).digest()[:18]).decode() + '"'


class Precondition:
    """What an edit is to be made on: ``If-Match`` names the version that the caller has seen."""

    def __init__(self, wanted: str | None, answer: Response) -> None:
        self._wanted = wanted
        self._answer = answer

    async def check(self, current: Callable[[], Awaitable[BaseModel]]) -> None:
        """``current`` gives what GET shows now; its row is locked by then. Raises PreconditionFailed."""
        if self._wanted is None:
            return
        tag = tag_of((await current()).model_dump_json().encode())
        if not _fits(self._wanted, tag):
            raise PreconditionFailed(
                "Somebody has changed it since you read it; GET it again, and repeat your change with the new ETag",
                field=HEADER,
                etag=tag,
            )

    def check_new(self) -> None:
        """Nothing is there yet that could have been seen. Raises PreconditionFailed."""
        if self._wanted is not None:
            raise PreconditionFailed(
                "There is no such thing (any more), so nobody has read it as it is; leave If-Match out",
                field=HEADER,
            )

    def answered(self, shown: Shown, place: str) -> Shown:
        """The edited document, with the tag that it has now at its own ``place``."""
        self._answer.headers["ETag"] = tag_of(shown.model_dump_json().encode())
        self._answer.headers["Content-Location"] = place
        return shown


async def _precondition(
    response: Response,
    if_match: Annotated[
        str | None,
        Header(
            alias=HEADER,
            max_length=LENGTH_LIMIT,
            description="The ETag that GET gave: the edit is made only if nobody has changed it since, else 412.",
        ),
    ] = None,
) -> Precondition:
    return Precondition(if_match, response)


IfMatch = Annotated[Precondition, Depends(_precondition)]


def _fits(wanted: str, tag: str, *, weakly: bool = False) -> bool:
    """A weak tag fits no strong comparison (RFC 9110 §8.8.3.2)."""
    given = [each.strip() for each in wanted.split(",")]
    if weakly:
        given = [each.removeprefix("W/") for each in given]
    return ANY in given or tag in given


class Tagged:
    """Gives each JSON answer to a GET its tag, and 304 to whoever has it already (``If-None-Match``)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, _Tagging(scope, send).send)


class _Tagging:
    def __init__(self, scope: Scope, send: Send) -> None:
        self._known = Headers(scope=scope).get("if-none-match")
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_tagged(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._answer(self._start)

    async def _answer(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        headers["ETag"] = tag = tag_of(bytes(self._body))
        if self._known is not None and _fits(self._known, tag, weakly=True):
            start["status"] = 304
            del headers["content-length"], headers["content-type"]
            self._body.clear()
        await self._send(start)
        await self._send({"type": "http.response.body", "body": bytes(self._body)})


def _is_tagged(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] == 200 and kind.split(";")[0] == "application/json"
