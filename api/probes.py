"""``/healthz``, ``/readyz`` and ``/metrics``, for whoever runs the process."""

import asyncio

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from api.context import services_of

CHECK_LIMIT_S = 3.0

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> JSONResponse:
    return JSONResponse({"status": "alive"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Temporal is not asked: facts are taken while it is away."""
    try:
        ready = await asyncio.wait_for(services_of(request).desk.database.is_ready(), CHECK_LIMIT_S)
    except TimeoutError:
        ready = False
    missing = [] if ready else ["database"]
    return JSONResponse({"status": "ready" if ready else "not ready", "missing": missing}, 200 if ready else 503)


@router.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
