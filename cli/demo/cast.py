"""The people, partners, products and hardware of one run, made through the API by whoever may make them."""

import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from cli.demo.caller import Caller, logged_in
from cli.demo.progress import Progress
from cli.demo.story import Addresses, Hardware, Login, Story, Subscriber

PROTOCOLS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
"""One station of each version is placed."""
STATIONS = len(PROTOCOLS)
CHECKER_ROLES = ("engineer", "administration", "operations", "customer_care", "finance")
_QUESTIONS: list[dict[str, Any]] = [
    {"code": "site_clean", "part": "site", "kind": "yes_no", "text": "Is the site left clean?", "expected": "yes"},
    {"code": "surface", "part": "site", "kind": "choice", "text": "What is the surface around the stations?",
     "choices": ["paving", "asphalt", "grass"]},
    {"code": "photo_site", "part": "site", "kind": "photo", "text": "The site from the street"},
    {"code": "earth_resistance", "part": "station", "kind": "number", "text": "Earth resistance", "unit": "ohm",
     "minimum": "0", "maximum": "10"},
    {"code": "fuse", "part": "station", "kind": "choice", "text": "Which main fuse is fitted?",
     "choices": ["25 A", "35 A"], "expected": "35 A"},
    {"code": "remarks", "part": "station", "kind": "text", "text": "What should maintenance know?", "required": False},
]  # fmt: skip
_CITY_SCOPES = [
    "placements:create",
    "placements:read",
    "placements:withdraw",
    "documents:read",
    "notices:manage",
    "tenders:read",
]


@dataclass
class Cast:
    """Everybody who acts, logged in. ``spare`` is hardware of another product, for a mistake."""

    administrator: Caller
    operations: Caller
    reviewer: Caller
    warehouse: Caller
    engineer: Caller
    customer_care: Caller
    finance: Caller
    installer: Caller
    city: Caller
    tender: str
    hardware: list[Hardware]
    spare: Hardware


async def gather(story: Story, addresses: Addresses, root: Caller, stack: AsyncExitStack, progress: Progress) -> Cast:
    """``root`` is the first administrator. Raises DemoFailed."""
    making = _Casting(story, addresses, root, stack)
    with progress.step("The administrator adds organisations, people and the city's API key") as step:
        organisations = await making.organisations()
        callers = await making.people(organisations)
        step.note(f"{len(story.logins)} people, and the city's system with scopes {', '.join(_CITY_SCOPES)}")
    with progress.step("City and installer subscribe to events by signed webhook and by mail"):
        await making.subscribe(callers["city"], story.city)
        await making.subscribe(callers["installer"], story.installer)
    with progress.step("Operations adds products, the questions of their acceptance test, and a tender"):
        tender = await making.catalogue(callers["operations"], organisations)
    with progress.step("The warehouse books the supplier's list in and hands the units to the installer") as step:
        *hardware, spare = await making.stock(callers["warehouse"], organisations["installer"])
        step.note(", ".join(f"{each.hardware_id} ({each.product})" for each in (*hardware, spare)))
    return Cast(**callers, tender=tender, hardware=hardware, spare=spare)


class _Casting:
    def __init__(self, story: Story, addresses: Addresses, root: Caller, stack: AsyncExitStack) -> None:
        self._story = story
        self._addresses = addresses
        self._root = root
        self._stack = stack
        self._duo, self._solo = f"DUO-22-{story.run}", f"SOLO-11-{story.run}"

    async def organisations(self) -> dict[str, str]:
        """Ids by part."""
        story = self._story
        wanted = {
            "city": ("requester", story.city.organisation),
            "installer": ("installer", story.installer.organisation),
            "service": ("service_partner", story.service_partner),
        }
        ids = {"operator": (await self._root.get("/v1/organisations/current"))["id"]}
        for part, (kind, name) in wanted.items():
            ids[part] = (await self._root.post("/v1/organisations", {"kind": kind, "name": name}))["id"]
        return ids

    async def people(self, ids: dict[str, str]) -> dict[str, Caller]:
        operator, city, installer = "Operator", self._story.city.organisation, self._story.installer.organisation
        callers = {
            "administrator": await self._person("Ada", operator, ids["operator"], "administration"),
            "operations": await self._person("Olga", operator, ids["operator"], "operations"),
            "reviewer": await self._person("Otto", operator, ids["operator"], "operations"),
            "warehouse": await self._person("Wim", operator, ids["operator"], "warehouse"),
            "engineer": await self._person("Eva", operator, ids["operator"], "engineer"),
            "customer_care": await self._person("Carla", operator, ids["operator"], "customer_care"),
            "finance": await self._person("Fien", operator, ids["operator"], "finance"),
            "installer": await self._person("Iris", installer, ids["installer"], "installer"),
        }
        await self._person("Chris", operator, ids["operator"], *CHECKER_ROLES)
        await self._person("Rita", city, ids["city"], "requester")
        await self._person("Sam", self._story.service_partner, ids["service"], "service_partner")
        callers["city"] = await self._program("City system", ids["city"])
        return callers

    async def subscribe(self, caller: Caller, subscriber: Subscriber) -> None:
        hook = f"{self._addresses.partner}/hooks/{subscriber.hook}"
        for channel, address in (("webhook", hook), ("mail", subscriber.mail)):
            made = await caller.post("/v1/endpoints", {"channel": channel, "address": address})
            subscriber.endpoint_ids[channel] = made["id"]
            if channel == "webhook":
                async with Caller("the demo", self._addresses.partner) as partner:
                    await partner.put(f"/control/hooks/{subscriber.hook}", {"secret": made["secret"]})

    async def catalogue(self, operations: Caller, ids: dict[str, str]) -> str:
        """The tender's code."""
        for code, model, power_w in ((self._duo, "Duo", 22_000), (self._solo, "Solo", 11_000)):
            said = {"brand": "Voltwerk", "model": f"{model} {self._story.run}", "product_type": "street post"}
            made = {"code": code, "connectors": 2, "max_power_w": power_w, **said}
            await operations.post("/v1/products", made)
            await operations.post(f"/v1/products/{code}/sat-templates", {"questions": _QUESTIONS})
        tender = {
            "code": f"T-{self._story.run}",
            "name": f"Street charging {self._story.run}",
            "requester_id": ids["city"],
            "installer_id": ids["installer"],
            "service_partner_id": ids["service"],
            "products": [{"product": self._duo}],
        }
        return str((await operations.post("/v1/tenders", tender))["code"])

    async def stock(self, warehouse: Caller, installer_id: str) -> list[Hardware]:
        """As many of the tender's product as stations are asked for, then one of another product."""
        units = [self._hardware(number, self._duo) for number in range(1, STATIONS + 1)]
        units.append(self._hardware(STATIONS + 1, self._solo))
        await hand_over(warehouse, installer_id, units)
        return units

    def _hardware(self, number: int, product: str) -> Hardware:
        name = f"VW-{self._story.run}-{number}"
        return Hardware(name, f"SN-{self._story.run}-{number}", name, secrets.token_hex(10).upper(), product)

    async def _person(self, first_name: str, organisation: str, organisation_id: str, *roles: str) -> Caller:
        role = roles[0] if roles != CHECKER_ROLES else "checker"
        name = f"{first_name} {role.replace('_', ' ').title()}"
        email = f"{first_name}@{self._story.run}.example".lower()
        password = self._story.password
        said = {"name": name, "email": email, "password": password, "roles": roles}
        await self._root.post("/v1/users", {"organisation_id": organisation_id, **said})
        self._story.logins[role if role not in self._story.logins else f"{role} 2"] = Login(name, organisation, email)
        return await self._stack.enter_async_context(await logged_in(name, self._addresses.api, email, password))

    async def _program(self, name: str, organisation_id: str) -> Caller:
        said = {"organisation_id": organisation_id, "name": name, "roles": ["requester"]}
        account = await self._root.post("/v1/service-accounts", said)
        path = f"/v1/service-accounts/{account['id']}/keys"
        key = await self._root.post(path, {"name": "demo", "scopes": _CITY_SCOPES})
        return await self._stack.enter_async_context(Caller(name, self._addresses.api, key["secret"]))


async def hand_over(warehouse: Caller, installer_id: str, units: Sequence[Hardware]) -> None:
    """The warehouse books the units in, and gives them to the installer."""
    listed = [
        {
            "hardware_id": unit.hardware_id,
            "serial": unit.serial,
            "product": unit.product,
            "firmware": "1.4.2",
            "ocpp_identity": unit.identity,
            "factory_key": unit.factory_key,
        }
        for unit in units
    ]
    await warehouse.post("/v1/hardware/units/batch", {"units": listed})
    for unit in units:
        await warehouse.post(f"/v1/hardware/units/{unit.hardware_id}/hand-over", {"installer_id": installer_id})
