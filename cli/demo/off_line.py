"""A station without a connection lets charge whom its list names, and tells of it when it is back (C2)."""

from typing import Any

from cli.demo.cast import Cast
from cli.demo.driving import Driving, Shown, explained
from cli.demo.progress import Progress
from cli.demo.story import PlacedStation, Story
from cli.demo.waiting import DemoFailed, until

SETTING = "LocalAuthorizeOffline"
_CHARGED_S = 300
"""Of the station's time, which goes faster than ours."""


class OffLine:
    def __init__(self, story: Story, cast: Cast, driving: Driving, progress: Progress) -> None:
        self._story = story
        self._eva = cast.engineer
        self._driving = driving
        self._progress = progress

    async def play(self) -> None:
        """Raises DemoFailed."""
        station, step = self._story.stations[-1], self._progress.step
        with step("Eva has cards chosen for each station's own list, as many as it holds") as shown:
            shown.note(await self._listed(station))
        with step(
            f"{station.name} ({station.protocol}) loses its connection; Daan charges there all the same"
        ) as shown:
            shown.note(await self._charge(station))
        with step("It comes back and tells of it: the session is judged and priced as of when it was") as shown:
            shown.note(await self._told(station))

    async def _listed(self, station: PlacedStation) -> str:
        """Once the station has both the setting and the cards that may charge, the lost one not among them."""
        wanted = f"/v1/products/{station.hardware.product}/wanted"
        await self._eva.put(f"{wanted}/configuration/{SETTING}", {"value": "true"})
        await self._eva.put(f"{wanted}/list", {"chosen": True})

        async def is_ready() -> Shown | None:
            shown: Shown = await self._eva.get(f"/v1/stations/{station.name}/wanted")
            settings = {each["key"]: each["state"] for each in shown["configuration"]}
            is_listed = shown["list"]["state"] == "applied" and shown["list"]["wanted"] > 0
            return shown["list"] if is_listed and settings[SETTING] == "applied" else None

        listed = await until(f"{station.name} has its list", is_ready)
        return f"{station.name} holds {listed['room']} cards and has {listed['taken']}, version {listed['version']}"

    async def _charge(self, station: PlacedStation) -> str:
        """With the card that has replaced the lost one, which stays refused. Raises DemoFailed."""
        lost, card = self._story.daan.cards.values()
        await self._driving.play_script(station, {"do": "off_line"})
        await self._driving.hand(station, "plug-in")
        refused = (await self._driving.hand(station, "swipe", {"id_token": lost}))["outcome"]
        started = (await self._driving.hand(station, "swipe", {"id_token": card}))["outcome"]
        if not refused.startswith("not authorised") or started != "started":
            raise DemoFailed(f"Off-line the lost card was {refused}, and the one that replaces it {started}.")
        await self._driving.play_script(
            station, {"do": "wait", "s": _CHARGED_S}, {"do": "swipe", "id_token": card}, {"do": "unplug"}
        )
        if await self._driving.new_session(self._story.daan) is not None:
            raise DemoFailed(f"{station.name} has no connection, and a session of it is known.")
        return f"the lost card: {refused}; the new one: {started}, by the list alone"

    async def _told(self, station: PlacedStation) -> str:
        """Raises DemoFailed."""
        daan = self._story.daan
        await self._driving.play_script(station, {"do": "come_back"})
        session = await until("the session that came late", lambda: self._driving.new_session(daan))
        daan.sessions.append(session["reference"])
        shown: dict[str, Any] = await until("it is settled", lambda: self._driving.settled(session["reference"]))
        if "offline" not in shown["flags"] or "invalid_token" in shown["flags"]:
            raise DemoFailed(f"{shown['reference']} was charged off-line with a valid card: {shown['flags']}.")
        return f"{explained(shown)}; {', '.join(shown['flags'])}"
