"""The HTTP side: what came in can be read, and the server can be told to misbehave."""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Response

from sandbox.mailbox.smtp import SmtpOptions, start_smtp
from sandbox.mailbox.store import Fault, Store, content, parsed
from sandbox.problems import answer_with_problems
from sandbox.serving import BoundedBody, add_probes


def create_app(store: Store, options: SmtpOptions) -> FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        server = await start_smtp(store, options)
        app.state.smtp = server
        try:
            yield
        finally:
            server.close()
            store.close()

    app = FastAPI(title="Mailbox (stand-in)", lifespan=lifespan, docs_url=None, redoc_url=None)
    answer_with_problems(app)
    add_probes(app, lambda: bool(app.state.smtp.is_serving()))
    _add_messages(app, store)
    _add_control(app, store)
    app.add_middleware(BoundedBody)
    return app


def _add_messages(app: FastAPI, store: Store) -> None:
    @app.get("/messages")
    async def list_messages(
        to: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> list[dict[str, Any]]:
        return store.messages(to, limit)

    @app.delete("/messages", status_code=204)
    async def empty() -> None:
        store.empty()

    @app.get("/messages/{n}")
    async def read_message(n: int) -> dict[str, Any]:
        message = store.message(n)
        if message is None:
            raise _unknown(n)
        return message

    @app.get("/messages/{n}/raw")
    async def read_raw(n: int) -> Response:
        return Response(_raw(store, n), media_type="message/rfc822")

    @app.get("/messages/{n}/attachments/{place}")
    async def read_attachment(n: int, place: int) -> Response:
        parts = list(parsed(_raw(store, n)).iter_attachments())
        if not 0 <= place < len(parts):
            raise HTTPException(404, f"Message {n} has {len(parts)} attachments; the first is 0.")
        return Response(content(parts[place]), media_type=parts[place].get_content_type())


def _add_control(app: FastAPI, store: Store) -> None:
    @app.get("/control/fault")
    async def read_fault() -> Fault:
        return store.fault()

    @app.put("/control/fault")
    async def set_fault(fault: Fault) -> Fault:
        store.set_fault(fault)
        return fault


def _raw(store: Store, n: int) -> bytes:
    raw = store.raw(n)
    if raw is None:
        raise _unknown(n)
    return raw


def _unknown(n: int) -> HTTPException:
    return HTTPException(404, f"There is no message {n}.")
