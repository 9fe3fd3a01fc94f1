"""The whole house with real processes on free ports, and the people whom the figures need."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr
from temporalio.client import Client

from cli.demo.caller import Caller, logged_in
from cli.supervisor.credentials import ADMINISTRATOR_EMAIL
from cli.supervisor.deployment import Deployment
from cli.supervisor.ports import PREFIX, WANTED
from cli.supervisor.servers import running_servers
from models.settings import Settings
from models.store.database import Database

PRODUCT, TENDER = "BENCH-1", "T-BENCH"
_QUESTIONS = [{"code": "site_clean", "part": "site", "kind": "yes_no", "text": "Is the site clean?", "expected": "yes"}]
_CITY_SCOPES = ["placements:create", "placements:read", "documents:read", "notices:manage", "tenders:read"]


@dataclass
class House:
    deployment: Deployment
    temporal: Client
    database: Database
    administrator: Caller
    operations: Caller
    reviewer: Caller
    finance: Caller
    installer: Caller
    warehouse: Caller
    city: Caller
    grid_operator: Caller
    stations: Caller
    installer_id: str
    keys: dict[str, str] = field(default_factory=dict)
    """Factory keys of the hardware in stock, by hardware id."""

    async def stock(self, count: int) -> list[str]:
        """Hardware ids of units that the installer holds."""
        first = len(self.keys) + 1
        units = [f"BENCH-{number}" for number in range(first, first + count)]
        self.keys |= {unit: secrets.token_hex(10).upper() for unit in units}
        listed = [
            {
                "hardware_id": unit,
                "serial": f"SN-{unit}",
                "product": PRODUCT,
                "firmware": "1.4.2",
                "ocpp_identity": unit,
                "factory_key": self.keys[unit],
            }
            for unit in units
        ]
        await self.warehouse.post("/v1/hardware/units/batch", {"units": listed})
        for unit in units:
            path = f"/v1/hardware/units/{unit}/hand-over"
            await self.warehouse.post(path, {"installer_id": self.installer_id})
        return units


@asynccontextmanager
async def standing(folder: Path) -> AsyncIterator[House]:
    """Starts everything in the folder, and ends it with the block."""
    os.environ.update({f"{PREFIX}{name.upper()}": "0" for name in WANTED})
    os.environ.update(_SETTINGS)
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(running_servers(folder, say=print))
        yield await _peopled(servers.deployment, stack)


_SETTINGS = {"STATIONMASTER_REQUESTS_PER_MINUTE": "1000000"}
"""What is measured is the house, not its guard."""


async def _peopled(deployment: Deployment, stack: AsyncExitStack) -> House:
    api = deployment.http("api")
    password = deployment.credentials.administrator_password
    root = await stack.enter_async_context(await logged_in("root", api, ADMINISTRATOR_EMAIL, password))
    people = _People(api, root, stack)
    operator = (await root.get("/v1/organisations/current"))["id"]
    city = await people.organisation("requester", "Gemeente Meetstad")
    installer = await people.organisation("installer", "Installatie BV")
    service = await people.organisation("service_partner", "Onderhoud BV")
    operations = await people.person("Olga", operator, "operations")
    await _catalogue(operations, city, installer, service)
    settings = Settings(database_url=SecretStr(deployment.postgres.url()), keys=SecretStr(deployment.credentials.keys))
    database = Database(settings.sqlalchemy_url)
    stack.push_async_callback(database.close)
    return House(
        deployment=deployment,
        temporal=await Client.connect(f"127.0.0.1:{deployment.ports['temporal']}"),
        database=database,
        administrator=await people.person("Ada", operator, "administration"),
        operations=operations,
        reviewer=await people.person("Otto", operator, "operations"),
        finance=await people.person("Fien", operator, "finance"),
        installer=await people.person("Iris", installer, "installer"),
        warehouse=await people.person("Wim", operator, "warehouse"),
        city=await people.program("City system", city),
        grid_operator=await stack.enter_async_context(Caller("bench", deployment.http("grid_operator"))),
        stations=await stack.enter_async_context(Caller("bench", deployment.http("stations"))),
        installer_id=installer,
    )


async def _catalogue(operations: Caller, city: str, installer: str, service: str) -> None:
    product = {"code": PRODUCT, "brand": "Voltwerk", "model": "Solo", "product_type": "street post"}
    await operations.post("/v1/products", {**product, "connectors": 1, "max_power_w": 11_000})
    await operations.post(f"/v1/products/{PRODUCT}/sat-templates", {"questions": _QUESTIONS})
    partners = {"requester_id": city, "installer_id": installer, "service_partner_id": service}
    tender = {"code": TENDER, "name": "Bench", "products": [{"product": PRODUCT}], **partners}
    await operations.post("/v1/tenders", tender)


class _People:
    def __init__(self, api: str, root: Caller, stack: AsyncExitStack) -> None:
        self._api = api
        self._root = root
        self._stack = stack
        self._password = secrets.token_urlsafe(12)

    async def organisation(self, kind: str, name: str) -> str:
        made = await self._root.post("/v1/organisations", {"kind": kind, "name": name})
        return str(made["id"])

    async def person(self, name: str, organisation_id: str, role: str) -> Caller:
        email = f"{name}@bench.example".lower()
        said = {"name": f"{name} {role}", "email": email, "password": self._password, "roles": [role]}
        await self._root.post("/v1/users", {"organisation_id": organisation_id, **said})
        return await self._stack.enter_async_context(await logged_in(name, self._api, email, self._password))

    async def program(self, name: str, organisation_id: str) -> Caller:
        said = {"organisation_id": organisation_id, "name": name, "roles": ["requester"]}
        account = await self._root.post("/v1/service-accounts", said)
        path = f"/v1/service-accounts/{account['id']}/keys"
        key = await self._root.post(path, {"name": "bench", "scopes": _CITY_SCOPES})
        return await self._stack.enter_async_context(Caller(name, self._api, key["secret"]))
