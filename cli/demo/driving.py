"""Drivers charge: on-line, until the money is used up, with a card that replaces a lost one (C1, C5, S4)."""

from typing import Any

from cli.demo.caller import Caller
from cli.demo.cast import Cast
from cli.demo.progress import Progress
from cli.demo.story import Driver, PlacedStation, Story
from cli.demo.waiting import DemoFailed, until

Shown = dict[str, Any]
_ENOUGH_WH = 400


class Driving:
    def __init__(self, story: Story, cast: Cast, stations: Caller, progress: Progress) -> None:
        self._story = story
        self._carla = cast.customer_care
        self._fien = cast.finance
        self._stations = stations
        self._progress = progress

    async def play(self) -> None:
        """Petra's session runs beside the others. Raises DemoFailed."""
        first, second, third = self._story.stations
        step, daan, petra = self._progress.step, self._story.daan, self._story.petra
        with step(
            f"Petra begins to charge at {second.name} ({second.protocol}): what she has paid in is held"
        ) as shown:
            held = await self._begin(petra, second, petra.card)
            shown.note(f"{held['reference']}: {held['hold']['amount']} {held['hold']['currency']} held")
        with step(f"Daan charges at {first.name} ({first.protocol}), on-line by his card") as shown:
            shown.note(await self._charge(daan, first, daan.card))
        with step("He loses it: Carla replaces it, and the old one is dead at once") as shown:
            shown.note(await self._replace(daan, third))
        with step(f"He charges at {third.name} ({third.protocol}) with the new one") as shown:
            shown.note(await self._charge(daan, third, list(daan.cards)[1]))
        with step("Petra's session comes near to its end: her station is told to stop it in time") as shown:
            shown.note(await self._run_out(petra, second))
        with step("Fien reads both statements: each line leads back to its session or payment") as shown:
            shown.notes += [await self._statement(driver) for driver in self._story.drivers]

    async def _begin(self, driver: Driver, station: PlacedStation, card: str) -> Shown:
        """The session once its price is known."""
        await self.hand(station, "plug-in")
        await until(f"{card} accepted at {station.name}", lambda: self._is_started(station, driver.cards[card]))
        session = await until(f"a session at {station.name}", lambda: self.new_session(driver))
        driver.sessions.append(session["reference"])
        return await until(f"{session['reference']} has a tariff", lambda: self._priced(session["reference"]))

    async def _charge(self, driver: Driver, station: PlacedStation, card: str) -> str:
        """Until the driver shows the card again and drives away."""
        reference = (await self._begin(driver, station, card))["reference"]

        async def enough() -> bool:
            return bool((await self._session(reference))["energy_wh"] >= _ENOUGH_WH)

        await until(f"{_ENOUGH_WH} Wh in {reference}", enough)
        await self.hand(station, "swipe", {"id_token": driver.cards[card]})
        await self.hand(station, "unplug")
        return explained(await until(f"{reference} is settled", lambda: self.settled(reference)))

    async def _replace(self, driver: Driver, station: PlacedStation) -> str:
        old, new = driver.cards
        lost = {"old": old, "reason": "lost", "card": new}
        await self._carla.post(f"/v1/subscribers/{driver.subscription}/cards/replace", lost)
        outcome = await until(f"{old} refused at {station.name}", lambda: self._refusal(station, driver.cards[old]))
        return f"{old} at {station.name}: {outcome}; {new} takes its place"

    async def _run_out(self, driver: Driver, station: PlacedStation) -> str:
        reference = driver.sessions[-1]
        shown = await until(f"{reference} is stopped and settled", lambda: self.settled(reference))
        await self.hand(station, "unplug")
        account = await self._fien.get(f"/v1/ledger/accounts/{driver.account_id}")
        return f"{explained(shown)}; {', '.join(shown['flags'])}; {account['available']} left"

    async def _statement(self, driver: Driver) -> str:
        lines = (await self._fien.get(f"/v1/ledger/accounts/{driver.account_id}/statement"))["items"]
        told = "; ".join(f"{each['kind']} {each['amount']}" for each in reversed(lines))
        return f"{driver.subscription}: {told}; balance {lines[0]['balance_after']}"

    async def hand(self, station: PlacedStation, act: str, said: Any = None) -> Shown:
        """What a driver does at the station."""
        done: Shown = await self._stations.post(f"/stations/{station.hardware.identity}/{act}", said)
        return done

    async def play_script(self, station: PlacedStation, *steps: Shown) -> None:
        """What happens to the station, one step after the other, until the last one is over. Raises DemoFailed."""
        path = f"/stations/{station.hardware.identity}/script"
        await self._stations.post(path, {"steps": steps})

        async def is_over() -> Shown | None:
            shown: Shown = await self._stations.get(path)
            return shown if shown["state"] != "running" else None

        if (played := await until(f"{station.name} has gone through {steps}", is_over))["state"] != "done":
            raise DemoFailed(f"{station.name} was to go through {steps}: {played}.")

    async def _refusal(self, station: PlacedStation, uid: str) -> str | None:
        """In the central system's word. Raises DemoFailed where the card is taken."""
        done = await self.hand(station, "swipe", {"id_token": uid})
        if not done["outcome"].startswith("not authorised"):
            raise DemoFailed(f"A card that is blocked was shown at {station.name}, and it was {done['outcome']}.")
        return str(done["outcome"]) if done["outcome"].endswith("Blocked") else None

    async def _is_started(self, station: PlacedStation, uid: str) -> bool:
        """A driver shows the card again where the station could not ask."""
        done = await self.hand(station, "swipe", {"id_token": uid})
        return bool(done["outcome"] == "started")

    async def new_session(self, driver: Driver) -> Shown | None:
        listed = await self._carla.get("/v1/charging-sessions", subscriber=driver.subscription)
        return next((each for each in listed["items"] if each["reference"] not in driver.sessions), None)

    async def _priced(self, reference: str) -> Shown | None:
        shown = await self._session(reference)
        return shown if shown["tariff"] else None

    async def settled(self, reference: str) -> Shown | None:
        shown = await self._session(reference)
        return shown if shown["stage"] == "settled" else None

    async def _session(self, reference: str) -> Shown:
        shown: Shown = await self._carla.get(f"/v1/charging-sessions/{reference}")
        return shown


def explained(session: Shown) -> str:
    price = session["price"]
    used = [each for each in price["lines"] if each["element"]]
    lines = ", ".join(f"{each['billed']} {each['unit']} at {each['price']}" for each in used)
    return f"{session['reference']}: {session['energy_wh']} Wh, {price['gross']} {price['currency']} ({lines})"
