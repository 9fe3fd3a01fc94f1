"""Brings a placement along its road, as far as a test needs it, through the API and the grid operator's webhook."""

import dataclasses
import itertools
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from PIL import Image
from pydantic import SecretStr

from activities.gateways.documents import Documents
from models.messages.base import Actor
from models.messages.telemetry import Started, Stopped
from models.rules.commissioning import CommissioningEvent
from models.store import assets, placements, processes, sats, work_orders
from models.store.viewer import EVERYTHING
from models.tables.asset import StationConnection
from models.tables.handover import Handover
from models.usecases import charging, commissioning, placement, sat, station, work_order
from tests.api.carrying_out import Processes
from tests.api.grid_calls import SECRET, grid_call
from tests.people import Person, World

PROCESS = Actor(id=None, name="Stationmaster")
PLACEMENTS = "/v1/placement-requests"

NEW: dict[str, Any] = {
    "tender": "T-2026-1",
    "location": {
        "street": "Dam",
        "house_number": "1",
        "postal_code": "1012 JS",
        "city": "Amsterdam",
        "municipality": "Amsterdam",
        "latitude": 52.3731,
        "longitude": 4.8926,
    },
    "stations": 1,
    "contact": {"name": "R. de Vries", "email": "laadpalen@voorbeeld.example"},
    "requester_reference": "LP-118",
}


def photo(kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    kept = BytesIO()
    Image.new("RGB", size, "navy").save(kept, kind)
    return kept.getvalue()


@dataclass
class Road:
    """``reference`` and ``work_order`` are of the last placement that was sent in, ``station`` the last one's name."""

    api: httpx.AsyncClient
    world: World
    processes: Processes
    reference: str = ""
    work_order: str = ""
    station: str = ""
    documents: Documents | None = None
    """Where the API keeps them, in tests of the API."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def again(self, fresh: "Road") -> "Road":
        """The same way, in a copy of its database that the fresh road is on."""
        fresh.reference, fresh.work_order, fresh.station = self.reference, self.work_order, self.station
        fresh._numbers = copy(self._numbers)
        return fresh

    async def call(self, person: Person, method: str, path: str, **sent: Any) -> Any:
        """The answer's body, where it went well."""
        answer = await self.api.request(method, path, headers=person.headers, **sent)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def submit(self, **changed: Any) -> Any:
        made = await self.call(self.world.requester, "POST", PLACEMENTS, json={**NEW, **changed})
        self.reference = made["reference"]
        await self.processes.hear_everything()
        return made

    async def approve(self) -> Any:
        """Approved, and taken by the grid operator under the id that this gives."""
        await self.call(self.world.operations, "POST", f"{PLACEMENTS}/{self.reference}/approve")
        return await self.request_connection()

    async def request_connection(self) -> str:
        grid_id = f"GC-{next(self._numbers)}"
        async with self.world.desk.work(PROCESS, "test") as work:
            row = await placements.find(work.session, self.reference, EVERYTHING)
            assert row is not None
            attempt = await placements.latest_attempt(work.session, row.id)
            await placement.note_grid_requested(work, attempt.id, grid_id)
        return grid_id

    async def grid_says(self, event: str, grid_id: str, **said: Any) -> None:
        """A signed webhook, and what the process makes of it."""
        answer = await self.api.post("/v1/webhooks/grid-operator", **grid_call(event, grid_id, **said))
        assert answer.status_code == 204, answer.text
        await self.hear()

    async def hear(self) -> None:
        """What the placement's process does with the calls that were handed to it."""
        async with self.world.desk.work(PROCESS, "test") as work:
            row = await placements.find(work.session, self.reference, EVERYTHING)
            assert row is not None
            workflow_id = placement.workflow_id(self.reference)
            facts = await processes.undelivered(work.session, [workflow_id], 50)
        for fact in facts:
            if fact.name == "grid_call":
                await self._apply(row.id, fact)
        await self.processes.hear_everything()

    async def _apply(self, placement_id: UUID, fact: Handover) -> None:
        async with self.world.desk.work(PROCESS, "test") as work:
            await placement.apply_grid_call(work, placement_id, fact.payload["webhook_id"])

    async def to_work_order(self, **changed: Any) -> str:
        """A work order's reference, of a placement that is in installation."""
        await self.submit(**changed)
        grid_id = await self.approve()
        for event in ("approved", "installation_scheduled", "connected"):
            await self.grid_says(event, grid_id)
        async with self.world.desk.work(PROCESS, "test") as work:
            row = await placements.find(work.session, self.reference, EVERYTHING)
            assert row is not None
            self.work_order = (await work_order.make(work, row.id)).reference
        await self.processes.hear_everything()
        return self.work_order

    async def order(self) -> Any:
        return await self.call(self.world.installer_user, "GET", f"/v1/work-orders/{self.work_order}")

    async def to_station(self, hardware_id: str = "VW-1") -> Any:
        """A station whose connection test was started; the test's answer."""
        await self.to_work_order()
        await self.world.book_in(hardware_id, holder=self.world.installer)
        line = (await self.order())["lines"][0]["id"]
        path = f"/v1/work-orders/{self.work_order}/lines/{line}"
        await self.call(self.world.installer_user, "PUT", f"{path}/hardware", json={"hardware_id": hardware_id})
        begun = await self.call(self.world.installer_user, "POST", f"{path}/connection-tests")
        self.station = begun["station"]
        return begun

    async def to_checked(self) -> str:
        """A station's name, whose connection test has passed."""
        name: str = (await self.to_station())["station"]
        async with self.world.desk.work(PROCESS, "test") as work:
            asset = await assets.find(work.session, name, EVERYTHING)
            assert asset is not None
            now = work.now
            socket = StationConnection(
                asset_id=asset.id,
                connection_id="c1",
                node="csms-1",
                remote_ip="192.0.2.7",
                protocol="ocpp1.6",
                connected_at=now,
            )
            await station.connected(work, socket)
            await station.booted(work, asset.id, ("SN-VW-1",), {"vendor": "Voltwerk", "firmware": "1.4.2"})
            await station.status(work, asset.id, 1, "Available", "NoError", now, None)
            for event in (
                CommissioningEvent.STATION_CONNECTED,
                CommissioningEvent.STATION_BOOTED,
                CommissioningEvent.CONFIGURATION_APPLIED,
                CommissioningEvent.SELF_CHECK_PASSED,
            ):
                await commissioning.move(work, asset.id, event, test_number=1)
        await self.processes.hear_everything()
        return name

    async def to_test_charged(self) -> str:
        """A station's name, which is ready for acceptance."""
        return await self.charge(await self.to_checked())

    async def charge(self, name: str) -> str:
        """The test charge of a station that has been checked runs through."""
        line = (await self.order())["lines"][0]["id"]
        path = f"/v1/work-orders/{self.work_order}/lines/{line}/test-charges"
        await self.call(self.world.installer_user, "POST", path)
        async with self.world.desk.work(PROCESS, "test") as work:
            asset = await assets.find(work.session, name, EVERYTHING)
            assert asset is not None
            token = (await commissioning.load(work, asset.id)).test_token
            assert token is not None
            number, _ = await charging.start(
                work,
                Started(
                    asset.id,
                    "",
                    connector=1,
                    token=token,
                    meter_start_wh=0,
                    started_at=work.now,
                    frame="[]",
                    irregularities=[],
                ),
            )
            await work.session.flush()
            await charging.stop(
                work,
                Stopped(
                    asset.id,
                    "",
                    number=number,
                    meter_stop_wh=140,
                    stopped_at=work.now + timedelta(seconds=60),
                    reason="Remote",
                    token=None,
                    samples=[],
                    frame="[]",
                    irregularities=[],
                ),
            )
            await commissioning.finish_test_charge(work, asset.id)
        await self.processes.hear_everything()
        return name

    async def note_author(self, person: Person) -> None:
        """As if the person had written an answer too."""
        async with self.world.desk.work(person.actor, "test") as work:
            order = await work_orders.find(work.session, self.work_order, EVERYTHING)
            assert order is not None
            test = await sats.lock_of(work.session, order.id)
            test.filled_in_by = [*test.filled_in_by, str(person.id)]

    async def fill_in(self) -> Any:
        """Every question answered."""
        order = await self.order()
        line = order["lines"][0]["id"]
        picture = await self.call(
            self.world.installer_user,
            "POST",
            f"/v1/work-orders/{self.work_order}/photos",
            files={"file": ("front.jpg", photo(), "image/jpeg")},
        )
        answers = [
            {"question": "site_clean", "value": "yes"},
            {"question": "earth_resistance", "line_id": line, "value": "3.2"},
            {"question": "photo_front", "line_id": line, "value": picture["id"]},
        ]
        path = f"/v1/work-orders/{self.work_order}/sat/answers"
        return await self.call(self.world.installer_user, "PATCH", path, json={"answers": answers})

    async def to_accepted(self) -> str:
        """A station's name, that can be activated."""
        name = await self.to_test_charged()
        await self.fill_in()
        await self.call(self.world.installer_user, "POST", f"/v1/work-orders/{self.work_order}/sat/submit")
        await self.call(self.world.operations, "POST", f"/v1/work-orders/{self.work_order}/sat/approve")
        return name

    async def to_active(self) -> str:
        """A station's name, which is in operation."""
        name = await self.to_accepted()
        await self.call(self.world.administrator, "POST", f"/v1/stations/{name}/activate")
        return name

    async def close(self) -> None:
        """What the work order's process does when its last station is active."""
        async with self.world.desk.work(PROCESS, "test") as work:
            row = await placements.find(work.session, self.reference, EVERYTHING)
            assert row is not None
            order = await work_order.make(work, row.id)
            await sat.note_active(work, order.id)
        await self.processes.hear_everything()


def with_processes(app: FastAPI, world: World) -> Processes:
    """Decisions are carried out at once; the grid operator's secret is SECRET."""
    services = app.state.services
    stub = Processes(world.desk)
    settings = services.settings.model_copy(update={"grid_operator_webhook_secret": SecretStr(SECRET)})
    app.state.services = dataclasses.replace(services, temporal=stub, settings=settings)
    return stub
