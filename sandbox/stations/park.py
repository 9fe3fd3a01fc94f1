"""All stations of the program, and the folder that they are kept in, where there is one."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sandbox.stations.description import Description
from sandbox.stations.station import Station

STATIONS_LIMIT = 2_000


class ParkFullError(Exception):
    """No more stations are played at once."""


class Park:
    def __init__(self, folder: Path | None = None) -> None:
        self.stations: dict[str, Station] = {}
        self._folder = folder

    def come_back(self) -> None:
        """The stations that were there when the program ended are there again, powered as they were."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self._folder.glob("*.json")):
            kept = json.loads(path.read_text())
            station = self._make(Description.model_validate(kept["description"]), kept)
            if kept["powered"]:
                station.power_on()

    async def power_up(self, description: Description) -> Station:
        """Powers a station up. One of the same identity is the same station: what it keeps, it keeps."""
        old = self.stations.get(description.identity)
        if old is None and len(self.stations) >= STATIONS_LIMIT:
            raise ParkFullError(f"there are {STATIONS_LIMIT} stations already; remove some")
        kept: dict[str, Any] = {}
        if old is not None:
            await old.power_off()
            kept = old.kept() if old.description.key == description.key else {}
        station = self._make(description, kept)
        station.power_on()
        return station

    async def remove(self, identity: str) -> None:
        station = self.stations.pop(identity)
        await station.power_off()
        if self._folder is not None:
            self._path(identity, self._folder).unlink(missing_ok=True)

    async def leave(self) -> None:
        for station in self.stations.values():
            self._keep(station)
        await asyncio.gather(*(station.leave() for station in self.stations.values()))

    def _make(self, description: Description, kept: dict[str, Any]) -> Station:
        station = Station(description, self._keep, kept)
        self.stations[description.identity] = station
        return station

    def _keep(self, station: Station) -> None:
        if self._folder is None or self.stations.get(station.description.identity) is not station:
            return
        path = self._path(station.description.identity, self._folder)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(station.kept()))
        draft.replace(path)

    @staticmethod
    def _path(identity: str, folder: Path) -> Path:
        return folder / f"{quote(identity, safe='')}.json"
