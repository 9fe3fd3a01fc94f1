"""What a test, the demo or a person can make the grid operator do. Not part of its protocol."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from sandbox.grid_operator import events
from sandbox.grid_operator.protocol import Fault, Policy, StrayEvent, ToldEvent
from sandbox.grid_operator.store import Store

Limit = Annotated[int, Query(ge=1, le=1000)]


def control_router(store: Store) -> APIRouter:
    router = APIRouter(prefix="/control")
    _add_events(router, store)
    _add_behaviour(router, store)
    return router


def _add_events(router: APIRouter, store: Store) -> None:
    @router.get("/requests")
    async def list_requests(reference: str | None = None, limit: Limit = 100) -> list[dict[str, Any]]:
        return store.requests(reference, limit)

    @router.get("/counts")
    async def count_posts(reference: str | None = None, limit: Limit = 100) -> list[dict[str, Any]]:
        return store.counts(reference, limit)

    @router.get("/events")
    async def list_events(connection_request_id: str | None = None, limit: Limit = 100) -> list[dict[str, Any]]:
        return store.events(connection_request_id, limit)

    @router.post("/requests/{request_id}/events", status_code=202)
    async def make_happen(request_id: str, told: ToldEvent) -> dict[str, str]:
        request = store.request(request_id)
        if request is None:
            raise HTTPException(404, f"There is no connection request {request_id!r}.")
        return {"webhook_id": events.happen(store, request, told)}

    @router.post("/events", status_code=202)
    async def send_stray(told: StrayEvent) -> dict[str, str]:
        return {"webhook_id": events.stray(store, told)}


def _add_behaviour(router: APIRouter, store: Store) -> None:
    @router.get("/policy")
    async def read_policy() -> Policy:
        return store.policy()

    @router.put("/policy")
    async def set_policy(policy: Policy) -> Policy:
        store.tell("policy", policy)
        return policy

    @router.get("/fault")
    async def read_fault() -> Fault:
        return store.fault()

    @router.put("/fault")
    async def set_fault(fault: Fault) -> Fault:
        store.tell("fault", fault, fault.for_s)
        return fault
