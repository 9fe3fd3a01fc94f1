"""In operation: what is wanted of a product's stations is brought about, and one that drifts is mended (L5)."""

import json
import time
from typing import Any

from cli.demo.caller import Caller
from cli.demo.cast import Cast
from cli.demo.progress import Progress
from cli.demo.story import PlacedStation, Story
from cli.demo.waiting import DemoFailed, until

KEY, WANTED, DRIFTED = "MeterValueSampleInterval", "45", "7"
AT_THE_STATION = {
    "ocpp1.6": KEY,
    "ocpp2.0.1": "SampledDataCtrlr.TxUpdatedInterval",
    "ocpp2.1": "SampledDataCtrlr.TxUpdatedInterval",
}
"""What the key of OCPP 1.6 is called there."""
_CHANGES = ("ChangeConfiguration", "SetVariables")
_ASKED_AGAIN_AFTER_S = 10.0


class Keeping:
    def __init__(self, story: Story, cast: Cast, stations: Caller, progress: Progress) -> None:
        self._story = story
        self._eva = cast.engineer
        self._stations = stations
        self._progress = progress

    async def play(self) -> None:
        with self._progress.step(
            f"Eva wants {KEY} {WANTED} of the product: its stations of all versions get it"
        ) as step:
            product = self._story.stations[0].hardware.product
            await self._eva.put(f"/v1/products/{product}/wanted/configuration/{KEY}", {"value": WANTED})
            for station in self._story.stations:
                shown = await self._as_wanted(station)
                step.note(f"{station.name} ({station.protocol}): {shown['state']}, {shown['actual']}")
        drifting = self._story.drifting
        with self._progress.step("Somebody changes it at one of them; Eva has that asked, and it is mended") as step:
            await self._stations.post(
                f"/stations/{drifting.hardware.identity}/settings", {"settings": _drift(drifting)}
            )
            await self._eva.post(f"{_path(drifting)}/check")
            shown = await self._as_wanted(drifting)
            step.note(f"{drifting.name}: {DRIFTED} at the station, then {shown['actual']} again")

    async def _as_wanted(self, station: PlacedStation) -> dict[str, Any]:
        """Once the station has it so, and it is known. Where an answer was lost, the station is asked again sooner."""
        again_at = time.monotonic() + _ASKED_AGAIN_AFTER_S

        async def brought_about() -> dict[str, Any] | None:
            nonlocal again_at
            shown = await setting_of(self._eva, station)
            if shown["state"] == "applied" and await at_the_station(self._stations, station) == WANTED:
                return shown
            if time.monotonic() > again_at:
                again_at += _ASKED_AGAIN_AFTER_S
                await self._eva.post(f"{_path(station)}/check")
            return None

        return await until(f"{station.name} to have what is wanted of it", brought_about)


async def kept(story: Story, api: Caller, stations: Caller) -> str:
    """Every station has it by its own word, still does after the restart, and the drifted one was told twice.

    Raises DemoFailed.
    """
    told = []
    for station in story.stations:
        shown, has = await setting_of(api, station), await at_the_station(stations, station)
        if (shown["wanted"], shown["of"], shown["state"], has) != (WANTED, "product", "applied", WANTED):
            raise DemoFailed(f"{station.name} was to have {KEY} {WANTED}, and has {has}: {shown}.")
        changes = await _changes(api, station)
        if changes < (2 if station is story.drifting else 1):
            raise DemoFailed(f"{station.name} was told {KEY} {WANTED} {changes} times.")
        told.append(f"{station.name} told {changes} times")
    return ", ".join(told)


async def setting_of(caller: Caller, station: PlacedStation) -> dict[str, Any]:
    """How far the station has come with the setting, by the API."""
    settings: list[dict[str, Any]] = (await caller.get(_path(station)))["configuration"]
    return next(each for each in settings if each["key"] == KEY)


async def at_the_station(stations: Caller, station: PlacedStation) -> str:
    """What the stand-in itself says that it is set to."""
    shown = await stations.get(f"/stations/{station.hardware.identity}")
    return str(shown["configuration"][AT_THE_STATION[station.protocol]])


async def _changes(api: Caller, station: PlacedStation) -> int:
    """How often the station has taken the wanted value, by the log of its messages."""
    logs = [
        await api.get(f"/v1/stations/{station.name}/messages", direction="sent", action=action, limit=200)
        for action in _CHANGES
    ]
    sent = [message for log in logs for message in log["items"]]
    return sum(
        f'"{WANTED}"' in json.dumps(each["payload"]) and "Accepted" in json.dumps(each["answer"]) for each in sent
    )


def _drift(station: PlacedStation) -> dict[str, str]:
    return {AT_THE_STATION[station.protocol]: DRIFTED}


def _path(station: PlacedStation) -> str:
    return f"/v1/stations/{station.name}/wanted"
