"""The grid operator's API as its customers see it."""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Request, Response

from sandbox.grid_operator import events
from sandbox.grid_operator.control import control_router
from sandbox.grid_operator.protocol import ConnectionRequest, Event, ToldEvent
from sandbox.grid_operator.sender import Sender
from sandbox.grid_operator.store import Full, KeyReused, Store
from sandbox.problems import answer_with_problems, problem
from sandbox.serving import BoundedBody, add_probes

Handler = Callable[[Request], Awaitable[Response]]
IdempotencyKey = Annotated[str, Header(min_length=1, max_length=255)]

_TOO_LATE_TO_CANCEL = {Event.CONNECTED, Event.REJECTED}


def create_app(store: Store, sender: Sender, api_key: str) -> FastAPI:
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

    app = FastAPI(title="Grid operator (stand-in)", lifespan=lifespan, docs_url=None, redoc_url=None)
    answer_with_problems(app)
    add_probes(app, lambda: not app.state.sending.done())
    app.include_router(control_router(store))
    _add_connection_requests(app, store)
    _behave_as_told(app, store, api_key)
    app.add_middleware(BoundedBody)
    return app


def _add_connection_requests(app: FastAPI, store: Store) -> None:
    @app.post("/connection-requests", status_code=201)
    async def request_connection(
        request: ConnectionRequest, response: Response, idempotency_key: IdempotencyKey
    ) -> dict[str, Any]:
        def plan(request_id: str) -> list[dict[str, Any]]:
            return events.planned(request_id, request, store.policy())

        try:
            request_id, is_new = store.receive(idempotency_key, request, plan)
        except KeyReused:
            raise HTTPException(409, "This Idempotency-Key was used for another connection request.") from None
        except Full:
            raise HTTPException(503, "No further connection request can be kept.", {"Retry-After": "3600"}) from None
        if not is_new:
            response.status_code = 200
        return {"connection_request_id": request_id, "status": "received"}

    @app.get("/connection-requests/{request_id}")
    async def read_request(request_id: str) -> dict[str, Any]:
        return _known(store, request_id)

    @app.post("/connection-requests/{request_id}/cancel")
    async def cancel(request_id: str) -> dict[str, Any]:
        request = _known(store, request_id)
        if request["status"] in _TOO_LATE_TO_CANCEL:
            raise HTTPException(409, f"The connection request is {request['status']} and can't be cancelled.")
        if request["status"] != Event.CANCELLED:
            store.drop_planned(request_id)
            store.set_status(request_id, Event.CANCELLED)
            events.happen(store, request, ToldEvent(event=Event.CANCELLED))
        return {"connection_request_id": request_id, "status": "cancelled"}


def _known(store: Store, request_id: str) -> dict[str, Any]:
    request = store.request(request_id)
    if request is None:
        raise HTTPException(404, f"There is no connection request {request_id!r}.")
    return request


def _behave_as_told(app: FastAPI, store: Store, api_key: str) -> None:
    """Access by the key, the counting of posts, and the faults, for the customers' paths only."""
    expected = f"Bearer {api_key}".encode()

    @app.middleware("http")
    async def front_door(request: Request, handle: Handler) -> Response:
        if not request.url.path.startswith("/connection-requests"):
            return await handle(request)
        fault = store.fault()
        _count(store, request, turned_away=fault.mode == "down")
        if fault.mode == "down":
            return problem(503, "The grid operator is down.", headers={"Retry-After": str(fault.retry_after_s)})
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected):
            return problem(401, "Send your API key as a bearer token.", headers={"WWW-Authenticate": "Bearer"})
        response = await handle(request)
        if fault.mode == "slow":
            await asyncio.sleep(fault.delay_s)
        if fault.mode == "lose_answer":
            return problem(504, "The answer was lost on its way.")
        return response


def _count(store: Store, request: Request, *, turned_away: bool) -> None:
    key = request.headers.get("idempotency-key", "")
    if request.method == "POST" and request.url.path == "/connection-requests" and 0 < len(key) <= 255:
        store.count_post(key, turned_away=turned_away)
