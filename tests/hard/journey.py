"""One placement's way from the city's request to an operating station, walked by all who have a part in it.

They behave as real ones: what is not there is asked again under the same key, a test that failed is started again.
"""

import asyncio
import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from cli.demo.caller import Caller
from cli.demo.cast import Cast
from cli.demo.story import Hardware
from cli.demo.waiting import DemoFailed
from tests.hard.city import LOCATION, City

PATIENCE_S = 600.0
LOOK_EVERY_S = 0.7
TRIES = 6

Shown = dict[str, Any]


class Journey:
    """``replaced``: the grid operator rejects the first location, by its policy, and a second one is proposed."""

    def __init__(self, city: City, number: int, hardware: Hardware, *, replaced: bool = False) -> None:
        self.city = city
        self.number = number
        self.hardware = hardware
        self.replaced = replaced
        self.reference = self.order = self.line = self.station = ""
        self.stands = "at home"
        self.arrived_at: datetime | None = None

    def __str__(self) -> str:
        return f"journey {self.number} ({self.reference} {self.order} {self.station}): {self.stands}"

    async def walk(self) -> None:
        """Raises DemoFailed."""
        await self.ask()
        await self.connect_to_the_grid()
        await self.prepare()
        await self.test()
        await self.charge()
        await self.accept()
        await self.go_live()

    async def ask(self) -> None:
        """P1, P3."""
        street = "Smalle Gracht" if self.replaced else "Kerkstraat"
        wish = self.city.wish(self.number, location={**LOCATION, "street": street, "house_number": str(self.number)})
        self.stands = "asking"
        self.reference = (await self._cast.city.post("/v1/placement-requests", wish))["reference"]
        self.stands = "being approved"
        await self._cast.operations.post(f"{self.path}/approve")

    async def connect_to_the_grid(self) -> None:
        """P5-P8: the grid operator plays its own part."""
        if self.replaced:
            await self._placement("location rejected", lambda shown: shown["stage"] == "location_rejected")
            elsewhere = {**LOCATION, "street": "Brede Gracht", "house_number": str(self.number)}
            await self._cast.operations.post(f"{self.path}/locations", {"location": elsewhere})
        found = await self._placement("a work order", lambda shown: shown["work_order"])
        self.order = found["work_order"]
        self.line = (await self._cast.installer.get(self.order_path))["lines"][0]["id"]

    async def prepare(self) -> None:
        """P10, P12."""
        self.stands = "being planned"
        day = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
        await self._cast.installer.post(f"{self.order_path}/plan", {"planned_for": day})
        self.stands = "getting its hardware"
        await self._cast.installer.put(f"{self.line_path}/hardware", {"hardware_id": self.hardware.hardware_id})

    async def test(self) -> None:
        """P13, P14: again where it fails."""
        for _ in range(TRIES):
            self.stands = "having its connection test started"
            told = await self._cast.installer.post(f"{self.line_path}/connection-tests")
            self.station = told["station"]
            await self.city.power_up(self.hardware, told["ocpp_address"])
            shown = await self._station("its connection test", "checked", "failed")
            if shown["stage"] == "checked":
                return
        raise DemoFailed(f"{self}: its connection test failed {TRIES} times, at last so: {shown['failure']}")

    async def charge(self) -> None:
        """P15: once the grid connection is live; again where it fails."""
        await self._seen(
            "the grid connection",
            self._cast.installer,
            self.order_path,
            lambda shown: shown["grid_connection"]["connected_at"],
        )
        hands = f"/stations/{self.hardware.identity}"
        for _ in range(TRIES):
            await self.city.stations.post(f"{hands}/plug-in")
            self.stands = "having its test charge started"
            await self._cast.installer.post(f"{self.line_path}/test-charges")
            shown = await self._station("its test charge", "test_charged", "checked")
            await self.city.stations.post(f"{hands}/unplug")
            if shown["stage"] == "test_charged":
                return
        raise DemoFailed(f"{self}: its test charge failed {TRIES} times, at last so: {shown['failure']}")

    async def accept(self) -> None:
        """P16-P18."""
        iris = self._cast.installer
        self.stands = "having its acceptance test filled in"
        photo = await iris.upload(f"{self.order_path}/photos", "site.jpg", _photo(), "image/jpeg")
        site = {"site_clean": "yes", "surface": "paving", "photo_site": photo["id"]}
        station = {"earth_resistance": "3.2", "fuse": "35 A"}
        answers = [{"question": code, "line_id": None, "value": value} for code, value in site.items()]
        answers += [{"question": code, "line_id": self.line, "value": value} for code, value in station.items()]
        await iris.patch(f"{self.order_path}/sat/answers", {"answers": answers})
        self.stands = "having its acceptance test sent in"
        await iris.post(f"{self.order_path}/sat/submit")
        self.stands = "having its acceptance test approved"
        await self._cast.reviewer.post(f"{self.order_path}/sat/approve")

    async def go_live(self) -> None:
        """P19."""
        self.stands = "being activated"
        await self._cast.administrator.post(f"/v1/stations/{self.station}/activate")
        await self._placement("its end", lambda shown: shown["stage"] == "operating")
        self.stands, self.arrived_at = "operating", datetime.now(UTC)

    @property
    def path(self) -> str:
        return f"/v1/placement-requests/{self.reference}"

    @property
    def order_path(self) -> str:
        return f"/v1/work-orders/{self.order}"

    @property
    def line_path(self) -> str:
        return f"{self.order_path}/lines/{self.line}"

    @property
    def _cast(self) -> Cast:
        return self.city.cast

    async def _placement(self, what: str, holds: Callable[[Shown], Any]) -> Shown:
        return await self._seen(what, self._cast.operations, self.path, holds)

    async def _station(self, what: str, *stages: str) -> Shown:
        path = f"/v1/stations/{self.station}"
        return await self._seen(what, self._cast.installer, path, lambda shown: shown["stage"] in stages)

    async def _seen(self, what: str, caller: Caller, path: str, holds: Callable[[Shown], Any]) -> Shown:
        self.stands = f"waiting for {what}"
        deadline = time.monotonic() + PATIENCE_S
        while not holds(shown := await caller.get(path)):
            if time.monotonic() > deadline:
                raise DemoFailed(f"{self} for {PATIENCE_S:.0f} s in vain, and {path} is '{shown['stage']}'")
            await asyncio.sleep(LOOK_EVERY_S)
        seen: Shown = shown
        return seen


def _photo() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (320, 240), "#a8c8e8").save(kept, "JPEG")
    return kept.getvalue()
