"""On site: planned, hardware linked, each station connected, checked and test-charged (P10-P15)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.demo.caller import Caller
from cli.demo.cast import PROTOCOLS, Cast
from cli.demo.follower import Follower, following
from cli.demo.placing import Placing
from cli.demo.progress import Progress, Step
from cli.demo.story import PlacedStation, Story
from cli.demo.waiting import DemoFailed, until

_SPEED = 30
"""How much faster than in life the stations charge and wait."""
_POWER_W = 11_000
_PASSED, _FAILED = "self_check_passed", "test_failed"


class Installing:
    def __init__(self, story: Story, cast: Cast, stations: Caller, progress: Progress) -> None:
        self._story = story
        self._cast = cast
        self._iris = cast.installer
        self._stations = stations
        self._progress = progress

    async def plan(self) -> None:
        """P10."""
        with self._progress.step("Iris of the installer opens the work order and plans it") as step:
            day = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
            order = await self._iris.post(f"{self._path}/plan", {"planned_for": day})
            step.note(f"{order['reference']}: {len(order['lines'])} stations, {order['label'].lower()} for {day}")
            for line, hardware, protocol in zip(order["lines"], self._cast.hardware, PROTOCOLS, strict=True):
                self._story.stations.append(PlacedStation(line["id"], hardware, protocol))

    async def link_hardware(self) -> None:
        """P12: mistakes are told in plain words, and what is right is linked."""
        first = self._story.stations[0]
        with self._progress.step("She scans the wrong boxes: each is refused, and why is said") as step:
            path = f"{self._line(first)}/hardware"
            for status, label in ((422, "VW-NOT-THERE"), (409, self._cast.spare.hardware_id)):
                step.note(await self._iris.refused(status, "PUT", path, {"hardware_id": label}))
        with self._progress.step("She links the right ones") as step:
            for station in self._story.stations:
                label = station.hardware.hardware_id
                await self._iris.put(f"{self._line(station)}/hardware", {"hardware_id": label})
                step.note(f"{label} on line {1 + self._story.stations.index(station)}")
            taken = {"hardware_id": first.hardware.hardware_id}
            other = f"{self._line(self._story.stations[1])}/hardware"
            step.note(await self._iris.refused(409, "PUT", other, taken))

    async def connect_stations(self) -> None:
        """P13, P14: the first station boots with another serial number than the unit that was linked."""
        first, *others = self._story.stations
        with self._progress.step("Connection test: the station has another serial number than the linked unit") as step:
            await self._test(first, step, test_number=1, expected=_FAILED, faults=["wrong_serial"])
        with self._progress.step("The right board is put in, and the test is repeated") as step:
            await self._mend(first)
            await self._test(first, step, test_number=2, expected=_PASSED)
        for station in others:
            with self._progress.step(f"The next station, of {station.protocol}, connects at the first try") as step:
                await self._test(station, step, test_number=1, expected=_PASSED, faults=[])

    async def charge(self, placing: Placing) -> None:
        """P15: every station in turn, once the grid connection is live."""
        stations = self._story.stations
        with self._progress.step("A test charge is refused while the grid connection is not live") as step:
            await self._plug_in(stations[0])
            step.note(await self._iris.refused(409, "POST", f"{self._line(stations[0])}/test-charges"))
        with self._progress.step("The grid operator tells that the connection is live"):
            await placing.connected()
        with self._progress.step("Test charges at all stations: authorise, start, energy, stop") as step:
            await self._plug_in(*stations[1:])
            step.notes += await asyncio.gather(*(self._charge(station) for station in stations))

    @property
    def _path(self) -> str:
        return f"/v1/work-orders/{self._story.work_order}"

    def _line(self, station: PlacedStation) -> str:
        return f"{self._path}/lines/{station.line_id}"

    async def _test(
        self, station: PlacedStation, step: Step, *, test_number: int, expected: str, faults: list[str] | None = None
    ) -> None:
        """``faults`` powers a new station up with them; without, it is up already."""
        told = await self._iris.post(f"{self._line(station)}/connection-tests")
        station.name = told["station"]
        async with following(self._iris, told["events"]) as follower:
            if faults is not None:
                await self._stations.post("/stations", station_description(station, told["ocpp_address"], faults))
            event = await follower.until(_PASSED, _FAILED, test_number=test_number)
            step.note(f"{station.name}: {follower.told(test_number)}")
        if event["kind"] != expected:
            raise DemoFailed(f"{station.name}: '{expected}' was expected, but {event['kind']}: {event['detail']}.")
        if reason := event["detail"].get("reason"):
            step.note(reason)

    async def _mend(self, station: PlacedStation) -> None:
        """With the power off, as one should; then it comes up by itself."""
        path = f"/stations/{station.hardware.identity}"

        async def is_registered() -> bool:
            return bool((await self._stations.get(path))["registration"] == "Accepted")

        await self._stations.post(f"{path}/power-off")
        await self._stations.post(f"{path}/faults", {"faults": []})
        await self._stations.post(f"{path}/power-on")
        await until(f"{station.name} is up again", is_registered)

    async def _plug_in(self, *stations: PlacedStation) -> None:
        for station in stations:
            await self._stations.post(f"/stations/{station.hardware.identity}/plug-in")

    async def _charge(self, station: PlacedStation) -> str:
        number = (await self._iris.get(f"/v1/stations/{station.name}"))["test_number"]
        told = await self._iris.post(f"{self._line(station)}/test-charges")
        async with following(self._iris, told["events"]) as follower:
            event = await self._charged(follower, number)
        await self._stations.post(f"/stations/{station.hardware.identity}/unplug")
        if event["kind"] != "test_charge_done":
            raise DemoFailed(f"The test charge of {station.name} failed: {event['detail'].get('reason')}")
        return f"{station.name}: {event['detail']['energy_wh']} Wh"

    async def _charged(self, follower: Follower, test_number: int) -> dict[str, Any]:
        return await follower.until("test_charge_done", "test_charge_failed", test_number=test_number)


def station_description(station: PlacedStation, address: str, faults: list[str]) -> dict[str, Any]:
    """What is set at a station before it is powered up."""
    hardware = station.hardware
    return {
        "identity": hardware.identity,
        "protocol": station.protocol,
        "key": hardware.factory_key,
        "url": address.removesuffix(f"/{hardware.identity}"),
        "vendor": "Voltwerk",
        "model": "Duo",
        "serial": hardware.serial,
        "firmware": "1.4.2",
        "connectors": 2,
        "power_w": _POWER_W,
        "speed": _SPEED,
        "faults": faults,
    }
