"""All stations of the program, and the folder that they are kept in, where there is one."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sandbox.stations.description import Description
from sandbox.stations.order import LARGEST_PARK
from sandbox.stations.script import ScriptRunningError
from sandbox.stations.station import Station
from sandbox.stations.steps import Step

STATIONS_LIMIT = LARGEST_PARK
HANDSHAKES_AT_ONCE = 100
AT_A_STRETCH = 50
GOOD_BYES = 500
"""More stations than that just fall silent when the program ends: good-byes by thousands take too long."""


class ParkFullError(Exception):
    """No more stations are played at once."""


class Park:
    def __init__(self, folder: Path | None = None) -> None:
        self.stations: dict[str, Station] = {}
        self._folder = folder
        self._handshakes = asyncio.Semaphore(HANDSHAKES_AT_ONCE)
        self._opening: set[asyncio.Task[None]] = set()

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
        station = await self._put_up(description)
        self._switch_on(station)
        return station

    async def open(self, descriptions: list[Description], per_second: float | None) -> None:
        """Puts many stations up at once and powers them up in turn, so many per second where that is bounded."""
        new = sum(one.identity not in self.stations for one in descriptions)
        if len(self.stations) + new > STATIONS_LIMIT:
            raise ParkFullError(f"there would be more than {STATIONS_LIMIT} stations; remove some")
        stations = []
        for at, description in enumerate(descriptions):
            stations.append(await self._put_up(description))
            if at % AT_A_STRETCH == 0:
                await asyncio.sleep(0)  # the others of the program go on meanwhile
        task = asyncio.create_task(self._switch_on_in_turn(stations, per_second))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def remove(self, identity: str) -> None:
        station = self.stations.pop(identity)
        station.script.end()
        await station.power_off()
        if self._folder is not None:
            self._path(identity, self._folder).unlink(missing_ok=True)

    async def close(self, prefix: str) -> int:
        """Takes a park off the wall; how many stations it had."""
        chosen = [station.description.identity for station in self.chosen(prefix)]
        for at in range(0, len(chosen), AT_A_STRETCH):
            await asyncio.gather(*(self.remove(identity) for identity in chosen[at : at + AT_A_STRETCH]))
        return len(chosen)

    def chosen(self, prefix: str) -> list[Station]:
        return [station for identity, station in self.stations.items() if identity.startswith(prefix)]

    def play(self, prefix: str, steps: list[Step]) -> int:
        """Has all of a park play a script, but those that play one; how many began."""
        begun = 0
        for station in self.chosen(prefix):
            try:
                station.script.play(steps)
            except ScriptRunningError:
                continue
            begun += 1
        return begun

    async def leave(self) -> None:
        for task in self._opening:
            task.cancel()
        for station in self.stations.values():
            self._keep(station)
        hang_up = len(self.stations) <= GOOD_BYES
        await asyncio.gather(*(station.leave(hang_up=hang_up) for station in self.stations.values()))

    async def _put_up(self, description: Description) -> Station:
        old = self.stations.get(description.identity)
        if old is None and len(self.stations) >= STATIONS_LIMIT:
            raise ParkFullError(f"there are {STATIONS_LIMIT} stations already; remove some")
        kept: dict[str, Any] = {}
        if old is not None:
            old.script.end()
            await old.power_off()
            kept = old.kept() if old.description.key == description.key else {}
        return self._make(description, kept)

    def _switch_on(self, station: Station) -> None:
        if self.stations.get(station.description.identity) is not station:
            return
        station.power_on()
        if station.description.script:
            station.script.play(station.description.script)

    async def _switch_on_in_turn(self, stations: list[Station], per_second: float | None) -> None:
        for at, station in enumerate(stations):
            self._switch_on(station)
            if per_second is not None:
                await asyncio.sleep(1 / per_second)
            elif at % AT_A_STRETCH == 0:
                await asyncio.sleep(0)

    def _make(self, description: Description, kept: dict[str, Any]) -> Station:
        station = Station(description, self._keep, kept, self._handshakes)
        self.stations[description.identity] = station
        return station

    def _keep(self, station: Station) -> None:
        if self._folder is None or self.stations.get(station.description.identity) is not station:
            return
        path = self._path(station.description.identity, self._folder)
        draft = path.with_suffix(".draft")
        draft.touch(0o600)  # keys are in it
        draft.write_text(json.dumps(station.kept()))
        draft.replace(path)

    @staticmethod
    def _path(identity: str, folder: Path) -> Path:
        return folder / f"{quote(identity, safe='')}.json"


def counted(stations: Iterable[Station]) -> dict[str, Any]:
    """A park in figures."""
    counts: Counter[str] = Counter()
    protocols: Counter[str] = Counter()
    scripts: Counter[str] = Counter()
    for station in stations:
        protocols[station.description.protocol] += 1
        scripts[station.script.state] += 1
        counts["stations"] += 1
        counts["connected"] += station.connected
        counts["accepted"] += station.life.accepted.is_set()
        counts["charging"] += any(one.flow_w for one in station.charging.connectors.values())
        counts["waiting_messages"] += len(station.outbox.waiting)
    return {**counts, "protocols": dict(protocols), "scripts": dict(scripts)}
