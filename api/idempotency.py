"""A creating request that is sent again under the same ``Idempotency-Key`` creates once and gets the same answer.

The key is written in the transaction of what it protects: of two requests at once the second waits for the first on
the key's unique index, and a request that fails leaves no key behind.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar
from uuid import uuid5

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.auth.access import Access
from api.storable import FORMS
from models.errors import IdempotencyKeyReused, InvalidInput
from models.messages.base import Decision
from models.store import idempotency
from models.tables.access import IdempotencyKey
from models.tables.base import new_id
from models.usecases.work import Work

D = TypeVar("D", bound=Decision)

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}


class Creation:
    """One creating request. ``fingerprint`` stands for the whole request: the same key with another one is refused."""

    def __init__(self, key: str | None, fingerprint: str, status: int) -> None:
        self._key = key
        self._fingerprint = fingerprint
        self._status = status

    async def answer(
        self, access: Access, create: Callable[[Work], Awaitable[BaseModel]], *, upload: str = ""
    ) -> Response:
        """Run ``create`` in one transaction and answer with what it gives, or answer as the first time.

        ``upload`` is a digest of what came beside a JSON body. Raises IdempotencyKeyReused, and what ``create`` does.
        """
        body, is_first = await self.made(access, create, upload=upload)
        return Response(body, self._status, {} if is_first else REPLAYED, media_type="application/json")

    async def made(
        self, access: Access, create: Callable[[Work], Awaitable[BaseModel]], *, upload: str = ""
    ) -> tuple[str, bool]:
        """What ``create`` gives, as JSON, and whether it was made now. Raises as ``answer`` does."""
        async with access.work() as work:
            kept = None if self._key is None else await self._kept(access, work, upload)
            if kept is not None and kept.body is not None:
                return _open(access, kept), False
            body = (await create(work)).model_dump_json()
            if self._key is not None:
                sealed = _seal(access, self._key, body)
                await idempotency.answered(work.session, access.caller.id, self._key, self._status, sealed)
        return body, True

    async def parts(self, access: Access, contents: Sequence[bytes], *, upload: str = "") -> "list[Creation]":
        """One creation for each part of a request whose parts are stored for themselves; ``upload`` as in ``answer``.

        Raises IdempotencyKeyReused, and InvalidInput without a key: a part that was stored could not be told apart.
        """
        if self._key is None:
            raise InvalidInput(
                "Send an Idempotency-Key: it lets you send all of it again without creating anything twice",
                field=HEADER,
            )
        async with access.work() as work:
            await self._kept(access, work, upload)
        return [
            Creation(f"{self._key} {number}", f"{self._fingerprint} {hashlib.sha256(content).hexdigest()}", 201)
            for number, content in enumerate(contents)
        ]

    async def decision(self, access: Access, kind: type[D], **said: Any) -> D:
        """What the caller decides, under a name of its own; the same when the caller sends the same again.

        By that name its process carries it out once. Raises IdempotencyKeyReused.
        """
        decision_id = await self._decision_id(access)
        return kind(decision_id=decision_id, actor=access.actor, correlation_id=access.correlation_id, **said)

    async def _decision_id(self, access: Access) -> str:
        if self._key is None:
            return str(new_id())
        async with access.work() as work:
            await self._kept(access, work, "")
        return str(uuid5(access.caller.id, f"{self._fingerprint} {self._key}"))

    async def _kept(self, access: Access, work: Work, upload: str) -> IdempotencyKey | None:
        """What is known of the key, which is this request's from now on. Raises IdempotencyKeyReused."""
        request_hash = hashlib.sha256((self._fingerprint + upload).encode()).hexdigest()
        expired_before = work.now - idempotency.KEPT
        kept = await idempotency.take(work.session, access.caller.id, self._key or "", request_hash, expired_before)
        if kept is not None and kept.request_hash != request_hash:
            raise IdempotencyKeyReused("The key came with another request before; use a new one", field=HEADER)
        return kept


async def _creation(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias=HEADER,
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="Names this request: sent again within 7 days it creates nothing and gets the same answer.",
        ),
    ] = None,
) -> Creation:
    status: int = getattr(request.scope.get("route"), "status_code", None) or 201
    return Creation(key, await _fingerprint(request), status)


Once = Annotated[Creation, Depends(_creation)]


async def _fingerprint(request: Request) -> str:
    """A form was read already, so its route gives a digest of what was uploaded."""
    is_form = request.headers.get("content-type", "").lower().startswith(FORMS)
    said = b"" if is_form else await request.body()
    return f"{request.method} {request.url.path} {hashlib.sha256(said).hexdigest()}"


def _seal(access: Access, key: str, body: str) -> str:
    """Answers may hold a secret that is shown once, so they are kept encrypted."""
    return base64.b64encode(access.services.keys.encrypt(body.encode(), _place(access, key))).decode()


def _open(access: Access, kept: IdempotencyKey) -> str:
    return access.services.keys.decrypt(base64.b64decode(kept.body or ""), _place(access, kept.key)).decode()


def _place(access: Access, key: str) -> bytes:
    return f"idempotency {access.caller.id} {key}".encode()
