"""The API as Twilio's customers see it, by form and basic authentication; and its control side."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from hmac import compare_digest
from typing import Annotated, Any
from urllib.parse import parse_qsl

import httpx
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from sandbox.problems import answer_with_problems
from sandbox.serving import BoundedBody, add_probes
from sandbox.sms_provider.protocol import VERSION, Account, Fault, Refusal, Text, error, read, resource
from sandbox.sms_provider.sender import Sender
from sandbox.sms_provider.store import Store

Limit = Annotated[int, Query(ge=1, le=1000)]
_ACCOUNTS = f"/{VERSION}/Accounts/{{account_sid}}"


def create_app(store: Store, sender: Sender, account: Account) -> FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        sending = asyncio.create_task(sender.run())
        app.state.sending = sending
        try:
            yield
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            store.close()

    app = FastAPI(title="SMS provider (stand-in)", lifespan=lifespan, docs_url=None, redoc_url=None)
    answer_with_problems(app)
    app.add_exception_handler(Refusal, _refused)
    add_probes(app, lambda: not app.state.sending.done())
    _add_messages(app, store, account)
    _add_control(app, store, sender)
    app.add_middleware(BoundedBody)
    return app


async def _refused(_request: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refusal)  # noqa: S101 -- what it is registered for
    return refusal.answer


def _guard(account: Account) -> Any:
    def authenticate(
        account_sid: str, login: Annotated[HTTPBasicCredentials | None, Depends(HTTPBasic(auto_error=False))]
    ) -> None:
        said = f"{login.username}:{login.password}" if login else ""
        if not compare_digest(said.encode(), f"{account.sid}:{account.auth_token}".encode()):
            raise Refusal(401, 20003, "Authenticate")
        if account_sid != account.sid:
            raise Refusal(404, 20404, "The requested resource was not found")

    return Depends(authenticate)


def _add_messages(app: FastAPI, store: Store, account: Account) -> None:
    guard = [_guard(account)]

    @app.post(f"{_ACCOUNTS}/Messages.json", dependencies=guard)
    async def create(request: Request) -> JSONResponse:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        asked = read(form, account)
        fault = store.fault()
        is_meant = fault.to in {"", asked.to}
        if is_meant and fault.mode in {"refuse", "down"}:
            store.use_fault(fault)
            return error(503, 20503, "Service unavailable") if fault.mode == "down" else _told_to_refuse(fault)
        if store.is_opted_out(asked.to):
            raise Refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        taken = store.take(asked)
        if is_meant and fault.mode == "lose_answer":
            store.use_fault(fault)
            return error(504, 20504, "Gateway timeout")
        return JSONResponse(resource(account, taken), 201)

    @app.get(f"{_ACCOUNTS}/Messages.json", dependencies=guard)
    async def list_messages(
        to: Annotated[str | None, Query(alias="To")] = None,
        sender: Annotated[str | None, Query(alias="From")] = None,
        size: Annotated[int, Query(alias="PageSize", ge=1, le=1000)] = 50,
    ) -> dict[str, Any]:
        found = [resource(account, row) for row in store.messages(to, sender, size)]
        uri = f"/{VERSION}/Accounts/{account.sid}/Messages.json?PageSize={size}"
        pages = {"page": 0, "page_size": size, "start": 0, "end": max(len(found) - 1, 0), "uri": uri}
        uris = {"first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None}
        return {"messages": found, **pages, **uris}

    @app.get(f"{_ACCOUNTS}/Messages/{{sid}}.json", dependencies=guard)
    async def show(sid: str) -> dict[str, Any]:
        row = store.message(sid)
        if row is None:
            raise Refusal(404, 20404, "The requested resource was not found")
        return resource(account, row)


def _told_to_refuse(fault: Fault) -> JSONResponse:
    return error(fault.status, fault.code, "Refused, as told")


def _add_control(app: FastAPI, store: Store, sender: Sender) -> None:
    @app.post("/control/texts")
    async def text(said: Text) -> dict[str, Any]:
        try:
            sid, answer = await sender.text(said)
        except (httpx.HTTPError, httpx.InvalidURL) as cause:
            raise HTTPException(502, f"Our customer can't be reached ({type(cause).__name__}).") from cause
        return {"sid": sid, "status": answer.status_code, "body": answer.text[:2000]}

    @app.get("/control/messages")
    async def messages(to: str | None = None, limit: Limit = 100) -> list[dict[str, Any]]:
        return [dict(row) for row in store.messages(to, None, limit)]

    @app.get("/control/callbacks")
    async def callbacks(limit: Limit = 100) -> list[dict[str, Any]]:
        return [dict(row) for row in store.callbacks(limit)]

    @app.put("/control/opt-out")
    async def set_opt_out(handled: bool) -> dict[str, bool]:
        store.set_opt_out(handled=handled)
        return {"handled": handled}

    @app.get("/control/fault")
    async def read_fault() -> Fault:
        return store.fault()

    @app.put("/control/fault")
    async def set_fault(fault: Fault) -> Fault:
        store.set_fault(fault)
        return fault
