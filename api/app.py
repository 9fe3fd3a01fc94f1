"""The API process: puts the routes, the guard, the problems and the envelope together."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from temporalio.client import Client

from activities import courier
from activities.courier import Courier
from activities.gateways.documents import documents_from
from activities.relay import Relay
from api import openapi, probes, problems, v1
from api.auth.passwords import Hashing
from api.auth.throttle import LoginThrottle
from api.context import Services
from api.envelope import PROBES, Envelope
from api.etags import Tagged
from api.events import StationEvents
from api.v1 import codec
from models.clock import Clock, utc_now
from models.secrets import KeyRing
from models.settings import Settings
from models.store.database import Database
from models.usecases.work import Desk, Terms
from workflows.client import connect

MakeRelay = Callable[[Desk, Client], courier.Relay]

_TELEMETRY: TelemetryConfig = {
    "metrics": False,  # told by the envelope
    "logs": False,  # they hold texts of errors
    "operation_spans": False,
    "auto_configure": False,  # cli.tracing does, with its sieve
    "exclude": lambda scope: scope.get("path") in PROBES,
}
"""A span for each request, by the template of its route."""


def create_app(settings: Settings, *, clock: Clock = utc_now, relay: MakeRelay = Relay) -> FastAPI:
    """Starts and takes facts while Temporal is down; what it opens is closed at the end of its lifespan."""
    app = FastAPI(
        title="Stationmaster",
        version="1",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_TELEMETRY,
        lifespan=functools.partial(serving, settings, clock, relay),
    )
    app.include_router(probes.router)
    app.include_router(v1.router)
    app.include_router(codec.router(settings))
    problems.answer_with_problems(app)
    openapi.describe(app)
    app.add_middleware(Tagged)
    app.add_middleware(codec.UiAccess, ui_origin=settings.ui_origin)
    app.add_middleware(Envelope, api=app, https=settings.public_api_url.startswith("https://"))
    return app


async def end_streams(app: FastAPI, stop: asyncio.Event) -> None:
    """When ``stop`` is set, ends what would keep a server from ending by itself."""
    await stop.wait()
    if (services := getattr(app.state, "services", None)) is not None:
        services.station_events.end_streams()


@asynccontextmanager
async def serving(settings: Settings, clock: Clock, relay: MakeRelay, app: FastAPI) -> AsyncIterator[None]:
    """Opens what the routes work with, and closes it."""
    desk = Desk(Database(settings.sqlalchemy_url), Terms.of(settings), clock)
    client = await connect(settings, lazy=True)
    app.state.services = services = Services(
        settings=settings,
        desk=desk,
        keys=KeyRing.parse(settings.keys.get_secret_value()),
        temporal=client,
        courier=Courier(relay(desk, client)),
        hashing=Hashing(),
        throttle=LoginThrottle(clock),
        documents=documents_from(settings),
        station_events=StationEvents(settings.database_url.get_secret_value()),
    )
    try:
        async with services.station_events.listening():
            yield
    finally:
        await services.close()
