"""An HTTP server that has firmware for stations, and takes their logs in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI, Request, Response

IMAGE = b"the new firmware"


@dataclass
class Depot:
    url: str = ""
    taken: dict[str, bytes] = field(default_factory=dict)


@asynccontextmanager
async def opened_depot() -> AsyncIterator[Depot]:
    """It has every ``/firmware/wallbox-…``, and takes whatever is put to ``/logs/…``."""
    depot, app = Depot(), FastAPI()

    @app.get("/firmware/{name}")
    async def firmware(name: str) -> Response:
        return Response(IMAGE) if name.startswith("wallbox") else Response(status_code=404)

    @app.put("/logs/{name}")
    async def take(name: str, request: Request) -> Response:
        depot.taken[name] = await request.body()
        return Response(status_code=201)

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws="none"))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    depot.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield depot
    server.should_exit = True
    await server.shutdown()
