"""A request that is withdrawn when a station stands already: everything that was done is undone (P20)."""

import secrets
from typing import Any

from cli.demo.caller import Caller
from cli.demo.cast import Cast
from cli.demo.follower import following
from cli.demo.installing import station_description
from cli.demo.progress import Progress
from cli.demo.story import Hardware, PlacedStation, Story
from cli.demo.waiting import DemoFailed, until

_PLACE = {"street": "Nieuwe Laan", "house_number": "3", "postal_code": "1234 GH", "city": "Voorbeeld",
          "municipality": "Voorbeeld", "country": "NL", "latitude": 52.3712, "longitude": 4.8931}  # fmt: skip


class Withdrawing:
    def __init__(self, story: Story, cast: Cast, grid_operator: Caller, stations: Caller, progress: Progress) -> None:
        self._story = story
        self._cast = cast
        self._grid_operator = grid_operator
        self._stations = stations
        self._progress = progress

    async def play(self) -> None:
        """Raises DemoFailed."""
        await self._request()
        await self._install()
        await self._withdraw()
        await self._return_hardware()

    async def _request(self) -> None:
        step, operations = self._progress.step, self._cast.operations
        with step("The city asks for one more station; Olga approves, the grid operator schedules it") as shown:
            contact = {"name": "Rita Requester", "email": self._story.contact_mail}
            said = {"tender": self._cast.tender, "location": _PLACE, "stations": 1, "contact": contact}
            own = {"requester_reference": f"LP-119-{self._story.run}"}
            self._story.withdrawn = (await self._cast.city.post("/v1/placement-requests", said | own))["reference"]
            await operations.post(f"{self._path}/approve")
            request_id = await until("the connection request", self._connection_request)
            for event in ("approved", "installation_scheduled"):
                await self._grid_operator.post(f"/control/requests/{request_id}/events", {"event": event})
            self._story.withdrawn_order = await until("the work order", self._work_order)
            shown.note(f"{self._story.withdrawn}: connection request {request_id}, {self._story.withdrawn_order}")

    async def _install(self) -> None:
        """P12 to P14: the station stands, is connected and has passed its test."""
        iris = self._cast.installer
        with self._progress.step("Iris mounts the station; it connects and passes its test") as step:
            hardware = await self._hardware()
            order = f"/v1/work-orders/{self._story.withdrawn_order}"
            line = (await iris.get(order))["lines"][0]["id"]
            await iris.put(f"{order}/lines/{line}/hardware", {"hardware_id": hardware.hardware_id})
            told = await iris.post(f"{order}/lines/{line}/connection-tests")
            self._story.withdrawn_station = station = PlacedStation(line, hardware, name=told["station"])
            async with following(iris, told["events"]) as follower:
                await self._stations.post("/stations", station_description(station, told["ocpp_address"], []))
                await follower.until("self_check_passed", test_number=1)
                step.note(f"{told['station']}: {follower.told(1)}")

    async def _withdraw(self) -> None:
        station = self._station
        with self._progress.step("The city withdraws the request: its street is going to be rebuilt") as step:
            said = {"reason": self._story.withdrawal_reason}
            withdrawn = await self._cast.city.post(f"{self._path}/withdraw", said)
            step.note(f"{withdrawn['label']}: {withdrawn['ending_reason']}")
        with self._progress.step("Work order, station and connection request are cancelled, in this order") as step:
            left = await until("everything undone but the hardware", self._only_hardware_left)
            order = await self._cast.operations.get(f"/v1/work-orders/{self._story.withdrawn_order}")
            shown = await self._cast.operations.get(f"/v1/stations/{station.name}")
            step.note(f"{order['reference']}: {order['label'].lower()}. {station.name}: {shown['label'].lower()}.")
            step.note(f"The grid operator: {await self._grid_status()}")
            step.note(f"Still waited for: {left['waits_for']}, {left['what'].replace('_', ' ')} {left['reference']}")
        with self._progress.step("The station is refused from now on, with the key that it had") as step:
            step.note(await until(f"{station.name} refused", self._is_refused))

    async def _return_hardware(self) -> None:
        hardware, wim = self._station.hardware, self._cast.warehouse
        with self._progress.step("Wim of the warehouse finds the box in his inbox, and books it in again") as step:
            await self._stations.post(f"/stations/{hardware.identity}/power-off")
            tasks = (await wim.get("/v1/tasks", limit=200))["items"]
            step.note(next(each["title"] for each in tasks if each["reference"] == hardware.hardware_id))
            await wim.post(f"/v1/hardware/units/{hardware.hardware_id}/return")
            step.note(await until(f"{self._story.withdrawn} is withdrawn", self._is_withdrawn))
        with self._progress.step("Nothing can be decided about it any more") as step:
            refused = await self._cast.operations.refused(409, "POST", f"{self._path}/approve")
            step.note(refused)

    @property
    def _path(self) -> str:
        return f"/v1/placement-requests/{self._story.withdrawn}"

    @property
    def _station(self) -> PlacedStation:
        if self._story.withdrawn_station is None:
            raise DemoFailed("No station was mounted for the request that is withdrawn.")
        return self._story.withdrawn_station

    async def _hardware(self) -> Hardware:
        """One more unit of the tender's product, with the installer."""
        name = f"VW-{self._story.run}-W"
        product = self._cast.hardware[0].product
        unit = Hardware(name, f"SN-{self._story.run}-W", name, secrets.token_hex(10).upper(), product)
        listed = {
            "hardware_id": unit.hardware_id,
            "serial": unit.serial,
            "product": unit.product,
            "firmware": "1.4.2",
            "ocpp_identity": unit.identity,
            "factory_key": unit.factory_key,
        }
        installer = await self._cast.installer.get("/v1/organisations/current")
        await self._cast.warehouse.post("/v1/hardware/units", listed)
        taker = {"installer_id": installer["id"]}
        await self._cast.warehouse.post(f"/v1/hardware/units/{unit.hardware_id}/hand-over", taker)
        return unit

    async def _connection_request(self) -> str | None:
        attempts = (await self._cast.operations.get(f"{self._path}/attempts"))["items"]
        found: str | None = attempts[-1]["connection_request_id"]
        return found

    async def _work_order(self) -> str | None:
        found: str | None = (await self._cast.operations.get(self._path))["work_order"]
        return found

    async def _only_hardware_left(self) -> dict[str, Any] | None:
        items = (await self._cast.operations.get(f"{self._path}/undoing"))["items"]
        return items[0] if [each["what"] for each in items] == ["return_hardware"] else None

    async def _grid_status(self) -> str:
        known = await self._grid_operator.get("/control/requests", reference=f"{self._story.withdrawn}/1")
        return ", ".join(f"{each['connection_request_id']} {each['status']}" for each in known)

    async def _is_refused(self) -> str | None:
        shown = await self._stations.get(f"/stations/{self._station.hardware.identity}")
        return None if shown["connected"] or not shown["refusal"] else f"{shown['identity']}: {shown['refusal']}"

    async def _is_withdrawn(self) -> str | None:
        now = await self._cast.city.get(self._path)
        return f"{now['reference']}: {now['label'].lower()}" if now["stage"] == "withdrawn" else None
