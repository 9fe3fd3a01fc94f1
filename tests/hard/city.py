"""A house with people and partners in it, made over the public API as the demo makes them, and what they see of it."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from cli.demo import cast
from cli.demo.caller import Caller, logged_in
from cli.demo.cast import Cast, hand_over
from cli.demo.progress import Progress
from cli.demo.story import Addresses, Hardware, Login, Story
from cli.supervisor.credentials import ADMINISTRATOR_EMAIL
from tests.cli.house import House

PAGE = 200
LOCATION = {
    "street": "Kerkstraat",
    "house_number": "1",
    "postal_code": "3512 AB",
    "city": "Utrecht",
    "municipality": "Utrecht",
    "country": "NL",
    "latitude": 52.09,
    "longitude": 5.12,
}


@dataclass
class City:
    """``cast`` acts; the others are the stand-ins' own doors."""

    story: Story
    cast: Cast
    addresses: Addresses
    checker: Caller
    grid_operator: Caller
    stations: Caller
    partner: Caller
    mailbox: Caller

    def wish(self, number: int, **changed: Any) -> dict[str, Any]:
        """The body of a placement request for one station; its own reference tells it from all others."""
        return {
            "tender": self.cast.tender,
            "location": {**LOCATION, "house_number": str(number)},
            "stations": 1,
            "contact": {"name": "Rita Requester", "email": self.story.city.mail},
            "requester_reference": f"LP-{number}-{self.story.run}",
            **changed,
        }

    async def stock(self, count: int, first: int = 100) -> list[Hardware]:
        """So many units more in the installer's van."""
        product = self.cast.hardware[0].product
        names = [f"VW-{self.story.run}-{number}" for number in range(first, first + count)]
        units = [Hardware(name, f"SN-{name}", name, secrets.token_hex(10).upper(), product) for name in names]
        installer = (await self.cast.installer.get("/v1/organisations/current"))["id"]
        await hand_over(self.cast.warehouse, installer, units)
        return units

    async def power_up(self, hardware: Hardware, address: str) -> None:
        """Set up as the connection test says; again, it changes nothing."""
        described = {
            "identity": hardware.identity,
            "key": hardware.factory_key,
            "url": address.removesuffix(f"/{hardware.identity}"),
            "vendor": "Voltwerk",
            "model": "Duo",
            "serial": hardware.serial,
            "firmware": "1.4.2",
            "connectors": 2,
            "power_w": 11_000,
            "speed": 30,
        }
        await self.stations.post("/stations", described)

    async def policy(self, **told: Any) -> None:
        """How the grid operator deals with new requests."""
        await self.grid_operator.put("/control/policy", told)

    async def all_of(self, path: str) -> list[dict[str, Any]]:
        """Every item of a list, as the checker sees it."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.checker.get(path, limit=PAGE, **cursor)
            items += page["items"]
            if not page["next_cursor"]:
                return items
            cursor = {"cursor": page["next_cursor"]}


@asynccontextmanager
async def peopled(house: House) -> AsyncIterator[City]:
    """The house is up."""
    addresses = _addresses_of(house)
    password = json.loads((house.folder / "secrets.json").read_text())["administrator_password"]
    story = Story(secrets.token_hex(3).upper(), secrets.token_urlsafe(12))
    async with AsyncExitStack() as stack:
        root = await stack.enter_async_context(
            await logged_in("the first administrator", addresses.api, ADMINISTRATOR_EMAIL, password)
        )
        everybody = await cast.gather(story, addresses, root, stack, Progress(Console(quiet=True)))
        login: Login = story.logins["checker"]
        checker = await stack.enter_async_context(
            await logged_in(login.name, addresses.api, login.email, story.password)
        )
        urls = (addresses.grid_operator, addresses.stations, addresses.partner, addresses.mailbox)
        doors = [await stack.enter_async_context(Caller("the test", url)) for url in urls]
        yield City(story, everybody, addresses, checker, *doors)


def _addresses_of(house: House) -> Addresses:
    found = {name: address.url for name, address in house.addresses().items()}
    names = ("api", "csms", "temporal_ui", "grid_operator", "mailbox", "partner", "stations", "sms_provider")
    return Addresses(**{name: found[name] for name in names})
