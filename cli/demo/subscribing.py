"""A tariff for everybody, cards for the pool, and two drivers who subscribe (S1-S3, C10)."""

from typing import Any

from cli.demo import notices
from cli.demo.caller import Caller
from cli.demo.cast import Cast
from cli.demo.progress import Progress
from cli.demo.story import Driver, Story
from cli.demo.waiting import DemoFailed, until

TOP_UP = "5.50"
"""Covers the start of a session, and little more than three kWh."""
_ELEMENT: dict[str, Any] = {
    "price_components": [
        {"type": "FLAT", "price": 3.50, "vat": 21, "step_size": 1},
        {"type": "ENERGY", "price": 0.59, "vat": 21, "step_size": 1},
    ]
}
_HOME = {"street": "Achterom", "house_number": "9", "postal_code": "1234 AB", "city": "Voorbeeld", "country": "NL"}


class Subscribing:
    def __init__(self, story: Story, cast: Cast, mailbox: Caller, progress: Progress) -> None:
        self._story = story
        self._carla = cast.customer_care
        self._fien = cast.finance
        self._mailbox = mailbox
        self._progress = progress

    async def play(self) -> None:
        """Raises DemoFailed."""
        step = self._progress.step
        with step("Fien of finance makes a tariff for everybody, which drivers are shown before they charge") as shown:
            shown.note(await self._price())
        with step("Carla of customer care takes a supplier's cards into the pool") as shown:
            shown.note(await self._take_cards())
        with step("She enters Daan, who pays afterwards: account and card at once, then the welcome kit") as shown:
            shown.note(await self._subscribe(self._story.daan))
        with step("She enters Petra, who pays ahead; Fien credits what Petra has paid in") as shown:
            shown.note(await self._subscribe(self._story.petra))
            shown.note(await self._top_up(self._story.petra))

    async def _price(self) -> str:
        code, said = self._story.tariff, {"currency": "EUR", "tax_included": "YES", "elements": [_ELEMENT]}
        await self._fien.post("/v1/tariffs", {"code": code, "name": f"Public {self._story.run}", "tariff": said})
        await self._fien.post(f"/v1/tariffs/{code}/assignments", {})
        preview = await self._fien.get(f"/v1/stations/{self._story.stations[0].name}/prices")
        if preview["code"] != code:
            raise DemoFailed(f"{preview['code']} holds where {code} was to hold.")
        return f"{code}: " + "; ".join(each["text"] for each in preview["prices"])

    async def _take_cards(self) -> str:
        cards = {number: uid for driver in self._story.drivers for number, uid in driver.cards.items()}
        lines = ["number,uid,batch", *(f"{number},{uid},{self._story.run}" for number, uid in cards.items())]
        done = await self._carla.upload("/v1/cards/import", "cards.csv", "\n".join(lines).encode(), "text/csv")
        if done["entered"] != len(cards):
            raise DemoFailed(f"Of {len(cards)} cards {done['entered']} were taken: {done['items']}.")
        return f"{', '.join(cards)}; {(await self._carla.get('/v1/cards/pool'))['in_pool']} in the pool"

    async def _subscribe(self, driver: Driver) -> str:
        """S1 to S3: once the letter is made and the mail has arrived."""
        person = {"kind": "person", "name": driver.name, "language": "en", "address": _HOME}
        person |= {"email": driver.mail, "phone": driver.phone}
        customer = await self._carla.post("/v1/customers", person)
        said = {"customer": customer["reference"], "payment": driver.payment, "card": driver.card}
        driver.subscription = (await self._carla.post("/v1/subscribers", said))["reference"]
        shown = await until(f"{driver.subscription} is welcomed", lambda: self._welcomed(driver))
        letter = await self._carla.fetch(f"/v1/subscribers/{driver.subscription}/letter")
        if not letter.startswith(b"%PDF-"):
            raise DemoFailed("The welcome letter is no PDF.")
        (account,) = await _accounts(self._fien, shown["id"], "prepaid" if driver.payment == "prepaid" else "unbilled")
        driver.account_id = account["id"]
        mail = await until(f"the mail to {driver.name}", lambda: self._mail(driver))
        return f'{driver.subscription}: {shown["label"].lower()}, card {driver.card}, letter (PDF), mail "{mail}"'

    async def _welcomed(self, driver: Driver) -> dict[str, Any] | None:
        shown: dict[str, Any] = await self._carla.get(f"/v1/subscribers/{driver.subscription}")
        return shown if shown["stage"] == "active" and shown["welcomed_at"] else None

    async def _mail(self, driver: Driver) -> str | None:
        return next((mail["subject"] for mail in await notices.mails(self._mailbox, driver.mail)), None)

    async def _top_up(self, driver: Driver) -> str:
        paid = {"amount": TOP_UP, "currency": "EUR", "payment_id": f"BANK-{self._story.run}"}
        await self._fien.post(f"/v1/ledger/accounts/{driver.account_id}/top-ups", paid)
        account = await self._fien.get(f"/v1/ledger/accounts/{driver.account_id}")
        return f"available: {account['available']} {account['currency']}"


async def _accounts(caller: Caller, owner_id: str, kind: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await caller.get("/v1/ledger/accounts", owner_id=owner_id, kind=kind))["items"]
    return items
