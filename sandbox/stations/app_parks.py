"""The control of whole parks, and of scripts, over HTTP."""

from typing import Any

from fastapi import FastAPI, HTTPException

from sandbox.stations.description import Script
from sandbox.stations.order import ParkOrder
from sandbox.stations.park import Park, ParkFullError, counted
from sandbox.stations.script import ScriptRunningError
from sandbox.stations.station import Station


def add_parks(app: FastAPI, park: Park) -> None:
    @app.post("/parks", status_code=201)
    async def open_park(order: ParkOrder) -> dict[str, Any]:
        try:
            descriptions = order.descriptions()
        except ValueError as error:
            raise HTTPException(422, _said(error)) from None
        try:
            await park.open(descriptions, order.per_second)
        except ParkFullError as error:
            raise HTTPException(409, str(error)) from None
        named = {"first": descriptions[0].identity, "last": descriptions[-1].identity}
        return {"prefix": order.prefix, **named, **counted(park.chosen(order.prefix))}

    @app.get("/parks/{prefix}")
    async def read_park(prefix: str) -> dict[str, Any]:
        return {"prefix": prefix, **counted(_chosen(park, prefix))}

    @app.post("/parks/{prefix}/script", status_code=202)
    async def play_in_park(prefix: str, script: Script) -> dict[str, Any]:
        _chosen(park, prefix)
        return {"prefix": prefix, "begun": park.play(prefix, script.steps)}

    @app.delete("/parks/{prefix}")
    async def close_park(prefix: str) -> dict[str, Any]:
        _chosen(park, prefix)
        return {"prefix": prefix, "removed": await park.close(prefix)}


def add_scripts(app: FastAPI, park: Park) -> None:
    @app.post("/stations/{identity}/script", status_code=202)
    async def play(identity: str, script: Script) -> dict[str, Any]:
        station = known(park, identity)
        try:
            station.script.play(script.steps)
        except ScriptRunningError:
            detail = f"{identity} plays a script; wait for its end or DELETE /stations/{identity}/script."
            raise HTTPException(409, detail) from None
        return station.script.shown()

    @app.get("/stations/{identity}/script")
    async def read_script(identity: str) -> dict[str, Any]:
        return known(park, identity).script.shown()

    @app.delete("/stations/{identity}/script", status_code=204)
    async def end_script(identity: str) -> None:
        known(park, identity).script.end()


def known(park: Park, identity: str) -> Station:
    station = park.stations.get(identity)
    if station is None:
        raise HTTPException(404, f"There is no station {identity}; POST /stations powers one up.")
    return station


def _chosen(park: Park, prefix: str) -> list[Station]:
    stations = park.chosen(prefix)
    if not stations:
        raise HTTPException(404, f"No station's identity begins with {prefix}; POST /parks opens a park.")
    return stations


def _said(error: ValueError) -> str:
    """What a rule led to, without the values: a key may be among them."""
    found = getattr(error, "errors", None)
    if found is None:
        return str(error)
    first = found()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
