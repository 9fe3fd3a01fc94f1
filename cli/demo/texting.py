"""Daan charges by text message: his phone, by the SMS provider, to our number and back (C3, C1, N)."""

from typing import Any

from cli.demo import notices
from cli.demo.caller import Caller
from cli.demo.cast import Cast
from cli.demo.driving import Driving, explained
from cli.demo.progress import Progress
from cli.demo.story import Driver, PlacedStation, Story
from cli.demo.waiting import DemoFailed, until

_ENOUGH_WH = 300


class Texting:
    def __init__(
        self, story: Story, cast: Cast, driving: Driving, sms_provider: Caller, mailbox: Caller, progress: Progress
    ) -> None:
        self._story = story
        self._carla = cast.customer_care
        self._driving = driving
        self._provider = sms_provider
        self._mailbox = mailbox
        self._progress = progress

    async def play(self) -> None:
        """Raises DemoFailed."""
        daan, station, step = self._story.daan, self._story.stations[0], self._progress.step
        with step("A forged text is refused; a stranger and an unknown station get a short answer") as shown:
            shown.notes += await self._turned_away(daan, station)
        with step(f"Daan charges at {station.name} by text message: START, STATUS and STOP") as shown:
            shown.notes += await self._charge(daan, station)
        with step("He is told of the end by mail: date, place, energy and price") as shown:
            shown.note(await until("the mail of the session's end", lambda: self._mail(daan)))

    async def _turned_away(self, driver: Driver, station: PlacedStation) -> list[str]:
        forged = await self._text(driver.phone, f"START {station.name}", signature="bad")
        if forged["status"] != 401:
            raise DemoFailed(f"A forged text was answered {forged['status']}: {forged['body']}.")
        asked = [
            await self._asked(self._story.stranger, f"START {station.name}"),
            await self._asked(driver.phone, "START NL-XXX-999999"),
        ]
        return ["forged: 401", *asked]

    async def _charge(self, driver: Driver, station: PlacedStation) -> list[str]:
        """Oddly spelled, and the first text told twice."""
        await self._driving.hand(station, "plug-in")
        said = [await self._asked(driver.phone, f" strat {station.name.lower().replace('-', ' ')} ", twice=True)]
        session = await until(f"a session at {station.name}", lambda: self._driving.new_session(driver))
        reference = session["reference"]
        driver.sessions.append(reference)
        await until(f"{_ENOUGH_WH} Wh in {reference}", lambda: self._has_charged(reference))
        said += [await self._asked(driver.phone, each, says=station.name) for each in ("Status?", "stop")]
        settled = await until(f"{reference} is settled", lambda: self._driving.settled(reference))
        await self._driving.hand(station, "unplug")
        return [*said, explained(settled)]

    async def _asked(self, phone: str, text: str, *, says: str = "", twice: bool = False) -> str:
        """What is texted, with the answer to it, which ``says`` something. Raises DemoFailed."""
        answered = len(await self._texts(phone))
        told = await self._text(phone, text)
        if twice:
            await self._text(phone, text, sid=told["sid"])

        async def answer() -> str | None:
            texts = await self._texts(phone)
            new = [each["body"] for each in texts[: len(texts) - answered] if each["status"] == "delivered"]
            return next((str(each) for each in new if says in each), None)

        return f'"{text.strip()}": "{await until(f"an answer to {text.strip()}", answer)}"'

    async def _text(self, phone: str, text: str, **how: str) -> dict[str, Any]:
        told: dict[str, Any] = await self._provider.post("/control/texts", {"from": phone, "body": text, **how})
        return told

    async def _texts(self, phone: str) -> list[dict[str, Any]]:
        """Those that the phone got, the newest first."""
        texts: list[dict[str, Any]] = await self._provider.get("/control/messages", to=phone)
        return texts

    async def _mail(self, driver: Driver) -> str | None:
        subjects = [mail["subject"] for mail in await notices.mails(self._mailbox, driver.mail)]
        return next((each for each in subjects if each.startswith(driver.sessions[-1])), None)

    async def _has_charged(self, reference: str) -> bool:
        shown = await self._carla.get(f"/v1/charging-sessions/{reference}")
        return bool(shown["energy_wh"] >= _ENOUGH_WH and shown["tariff"])
