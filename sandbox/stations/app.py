"""The control of the simulator over HTTP."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, HTTPException

from sandbox.problems import answer_with_problems
from sandbox.serving import BoundedBody, add_probes
from sandbox.stations.app_parks import add_parks, add_scripts, known
from sandbox.stations.description import AtSite, Description, Faults, Plug, Protocol, Swipe
from sandbox.stations.park import Park, ParkFullError
from sandbox.stations.station import Station

BODY_LIMIT_BYTES = 4 * 1024 * 1024
"""A list of the largest park."""
ID_TAG_LENGTH = 20


def create_app(park: Park) -> FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        park.come_back()
        try:
            yield
        finally:
            await park.leave()

    app = FastAPI(title="Stations (stand-in)", lifespan=lifespan, docs_url=None, redoc_url=None)
    answer_with_problems(app)
    add_probes(app, lambda: True)
    _add_stations(app, park)
    _add_hands(app, park)
    _add_tools(app, park)
    add_scripts(app, park)
    add_parks(app, park)
    app.add_middleware(BoundedBody, limit_bytes=BODY_LIMIT_BYTES)
    return app


def _add_stations(app: FastAPI, park: Park) -> None:
    @app.post("/stations", status_code=201)
    async def power_up(description: Description) -> dict[str, Any]:
        try:
            station = await park.power_up(description)
        except ParkFullError as error:
            raise HTTPException(409, str(error)) from None
        return station.shown(whole=False)

    @app.get("/stations")
    async def list_stations(prefix: str = "") -> list[dict[str, Any]]:
        return [station.shown(whole=False) for station in park.chosen(prefix)]

    @app.get("/stations/{identity}")
    async def read_station(identity: str) -> dict[str, Any]:
        return known(park, identity).shown(whole=True)

    @app.delete("/stations/{identity}", status_code=204)
    async def remove(identity: str) -> None:
        known(park, identity)
        await park.remove(identity)


def _add_hands(app: FastAPI, park: Park) -> None:
    """What drivers do at a station."""

    @app.post("/stations/{identity}/plug-in")
    async def plug_in(identity: str, plug: Plug | None = None) -> dict[str, Any]:
        station, number = _connector(park, identity, plug)
        await station.charging.plug_in(number)
        station.keep()
        return station.shown(whole=False)

    @app.post("/stations/{identity}/unplug")
    async def unplug(identity: str, plug: Plug | None = None) -> dict[str, Any]:
        station, number = _connector(park, identity, plug)
        await station.charging.unplug(number)
        station.keep()
        return station.shown(whole=False)

    @app.post("/stations/{identity}/swipe")
    async def swipe(identity: str, card: Swipe) -> dict[str, Any]:
        station = known(park, identity)
        if card.connector is not None:
            _connector(park, identity, Plug(connector=card.connector))
        if station.description.protocol is Protocol.V16 and len(card.id_token) > ID_TAG_LENGTH:
            raise HTTPException(422, f"id_token: {identity} speaks OCPP 1.6, where it has at most {ID_TAG_LENGTH}.")
        outcome = await station.charging.swipe(card.id_token, card.connector, card.kind)
        return {"outcome": outcome, **station.shown(whole=False)}


def _add_tools(app: FastAPI, park: Park) -> None:
    """What engineers do at a station."""

    @app.post("/stations/{identity}/power-off")
    async def power_off(identity: str) -> dict[str, Any]:
        station = known(park, identity)
        await station.power_off()
        return station.shown(whole=False)

    @app.post("/stations/{identity}/power-on")
    async def power_on(identity: str) -> dict[str, Any]:
        station = known(park, identity)
        station.power_on()
        return station.shown(whole=False)

    @app.post("/stations/{identity}/settings")
    async def set_at_site(identity: str, wanted: AtSite) -> dict[str, Any]:
        station = known(park, identity)
        try:
            for name, value in wanted.settings.items():
                station.set_at_site(name, value)
        except (LookupError, ValueError) as error:
            raise HTTPException(422, f"settings: {error}") from None
        return station.shown(whole=False)

    @app.post("/stations/{identity}/faults")
    async def set_faults(identity: str, faults: Faults) -> dict[str, Any]:
        station = known(park, identity)
        station.set_faults(faults.faults)
        return station.shown(whole=False)


def _connector(park: Park, identity: str, plug: Plug | None) -> tuple[Station, int]:
    station, number = known(park, identity), plug.connector if plug else 1
    if number not in station.charging.connectors:
        raise HTTPException(422, f"connector: {identity} has 1 to {len(station.charging.connectors)}.")
    return station, number
