"""One placement on its way: each method takes its rows a step further, by the use case that its process would call.

So a test begins at the stage it is about, without Temporal, and a process can be started from the rows there.
"""

from collections.abc import Awaitable, Callable
from copy import copy
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from models.messages.base import Actor, Decision
from models.messages.placement import (
    Contact,
    GridCallReceived,
    Location,
    NewPlacement,
    PlacementProgress,
    ProposeLocation,
    RejectPlacement,
)
from models.messages.sat import Answer
from models.messages.telemetry import Started, Stopped
from models.messages.work_order import LinkHardware, PlanWorkOrder, StartConnectionTest, UnlinkHardware
from models.rules.commissioning import CommissioningEvent
from models.rules.grid import GridEvent
from models.store import charging as charges
from models.store import processes
from models.store.viewer import EVERYTHING
from models.tables.asset import Asset, StationConnection
from models.tables.base import new_id
from models.tables.document import Document
from models.tables.placement import PlacementRequest
from models.tables.work_order import WorkOrder, WorkOrderLine
from models.usecases import charging, commissioning, placement, planning, process, sat, station, work_order
from models.usecases.work import Work
from tests.people import Person, World
from tests.rows import Rows

T = TypeVar("T")
D = TypeVar("D", bound=Decision)

NOBODY = Actor(id=None, name="tests")
NODE = "n1"
ROAD_EVENTS = (
    GridEvent.APPROVED,
    GridEvent.PREPARATION_SCHEDULED,
    GridEvent.CONNECTION_SCHEDULED,
    GridEvent.INSTALLATION_SCHEDULED,
)


def location(street: str = "Voorstraat") -> Location:
    return Location(
        street=street,
        house_number="12",
        postal_code="3512 AB",
        city="Utrecht",
        municipality="Utrecht",
        latitude=52.0907,
        longitude=5.1214,
    )


def wanted(**changes: Any) -> NewPlacement:
    """A placement request as the municipality of the tender sends it."""
    contact = Contact(name="Rita Requester", email="rita@city.example")
    request = NewPlacement(tender="T-2026-1", location=location(), stations=1, contact=contact)
    return request.model_copy(update={"requester_reference": "CITY-7", **changes})


def decision(kind: type[D], person: Person, **fields: Any) -> D:
    return kind(decision_id=str(uuid4()), actor=person.actor, correlation_id="test", **fields)


class Road(Rows):
    def __init__(self, world: World, node: str = NODE) -> None:
        super().__init__(world.desk)
        self.world = world
        self.node = node
        self.photo_keys: list[str] = []

    def again(self, world: World) -> "Road":
        """The same way, in a copy of its database."""
        other = copy(self)
        other.world, other.desk, other.photo_keys = world, world.desk, list(self.photo_keys)
        return other

    async def do(self, who: Person | Actor, use_case: Callable[[Work], Awaitable[T]]) -> T:
        """Work in a transaction of its own."""
        actor = who if isinstance(who, Actor) else who.actor
        async with self.desk.work(actor, "test") as work:
            return await use_case(work)

    async def submit(self, **changes: Any) -> PlacementRequest:
        owner = self.world.municipality.id
        submitted = await self.do(
            self.world.requester, lambda work: placement.submit(work, wanted(**changes), owner, EVERYTHING)
        )
        self.placement = submitted.placement
        return self.placement

    async def approve(self, person: Person | None = None) -> PlacementProgress:
        return await self.do(person or self.world.operations, lambda work: placement.approve(work, self.placement.id))

    async def reject(self, reason: str = "No room in the street") -> PlacementProgress:
        told = decision(RejectPlacement, self.world.operations, reason=reason)
        return await self.do(self.world.operations, lambda work: placement.reject(work, self.placement.id, told))

    async def propose(self, street: str = "Achterstraat") -> PlacementProgress:
        told = decision(ProposeLocation, self.world.operations, location=location(street))
        return await self.do(
            self.world.operations, lambda work: placement.propose_location(work, self.placement.id, told)
        )

    async def grid_takes(self, connection: str = "") -> str:
        """The grid operator has taken the request for the attempt in play; its id there."""
        attempt = (await self.attempts())[-1]
        given = connection or f"GC-{self.placement.reference}-{attempt.number}"
        await self.do(NOBODY, lambda work: placement.note_grid_requested(work, attempt.id, given))
        return given

    async def grid_calls(self, connection: str, event: GridEvent, webhook_id: str = "", **said: Any) -> bool:
        """A call is received, and not yet heard by the process."""
        call = GridCallReceived(
            webhook_id=webhook_id or str(uuid4()),
            connection_request_id=connection,
            event=event,
            occurred_at=self.desk.clock().isoformat(),
            **said,
        )
        return await self.do(NOBODY, lambda work: placement.record_grid_call(work, call))

    async def grid_says(self, connection: str, *events: GridEvent, **said: Any) -> None:
        """Calls are received and applied, one after the other."""
        for event in events:
            webhook_id = str(uuid4())
            await self.grid_calls(connection, event, webhook_id, **said)
            await self.hear_grid_call(webhook_id)

    async def hear_grid_call(self, webhook_id: str) -> PlacementProgress:
        workflow_id = placement.workflow_id(self.placement.reference)

        async def hear(work: Work) -> PlacementProgress:
            known = await processes.lock(work.session, workflow_id)
            assert known is not None
            return await process.once(
                work,
                workflow_id,
                "apply_grid_call",
                f"fact-{known.last_number}",
                PlacementProgress,
                lambda: placement.apply_grid_call(work, self.placement.id, webhook_id),
            )

        return await self.do(NOBODY, hear)

    async def make_work_order(self) -> WorkOrder:
        self.order = await self.do(NOBODY, lambda work: work_order.make(work, self.placement.id))
        return self.order

    async def to_work_order(self, *, connected: bool = True, **changes: Any) -> WorkOrder:
        """Approved, every grid event told, and the work order made."""
        await self.submit(**changes)
        await self.approve()
        given = await self.grid_takes()
        await self.grid_says(given, *ROAD_EVENTS, *([GridEvent.CONNECTED] if connected else []))
        return await self.make_work_order()

    async def link(self, hardware_id: str = "HW-1", line: WorkOrderLine | None = None) -> None:
        place = line or (await self.lines())[0]
        told = decision(LinkHardware, self.world.installer_user, line_id=place.id, hardware_id=hardware_id)
        await self.do(self.world.installer_user, lambda work: work_order.link_hardware(work, self.order.id, told))

    async def unlink(self) -> None:
        told = decision(UnlinkHardware, self.world.installer_user, line_id=(await self.lines())[0].id)
        await self.do(self.world.installer_user, lambda work: work_order.unlink_hardware(work, self.order.id, told))

    async def plan(self, day: date = date(2026, 12, 1)) -> None:
        told = decision(PlanWorkOrder, self.world.installer_user, planned_for=day)
        await self.do(self.world.installer_user, lambda work: planning.plan(work, self.order.id, told))

    async def start_test(self, line: WorkOrderLine | None = None) -> Asset:
        place = line or (await self.lines())[0]
        told = decision(StartConnectionTest, self.world.installer_user, line_id=place.id)
        await self.do(
            self.world.installer_user, lambda work: work_order.start_connection_test(work, self.order.id, told)
        )
        return await self.station(place.number)

    async def to_test(self, hardware_id: str = "HW-1", **changes: Any) -> Asset:
        """The hardware is linked and the station's connection test has begun."""
        await self.to_work_order(**changes)
        await self.world.book_in(hardware_id, holder=self.world.installer)
        await self.link(hardware_id)
        return await self.start_test()

    async def connect(self) -> None:
        socket = StationConnection(
            asset_id=self.asset.id,
            connection_id=str(uuid4()),
            node=self.node,
            remote_ip="192.0.2.7",
            protocol="ocpp1.6",
            connected_at=self.desk.clock(),
        )
        await self.do(NOBODY, lambda work: station.connected(work, socket))

    async def boot(self, serial: str = "SN-HW-1") -> bool:
        return await self.do(NOBODY, lambda work: station.booted(work, self.asset.id, (serial,), {"firmware": "1.4.2"}))

    async def tell(self, name: str) -> None:
        """Hand a fact to the station's process."""
        await self.do(NOBODY, lambda work: commissioning.hand_over(work, self.asset, name))

    async def move(self, *events: CommissioningEvent) -> None:
        for event in events:
            await self.do(
                NOBODY,
                lambda work, event=event: commissioning.move(  # type: ignore[misc]
                    work, self.asset.id, event, test_number=self.asset.test_number
                ),
            )

    async def fail_test(self, reason: str) -> None:
        number = self.asset.test_number
        await self.do(NOBODY, lambda work: commissioning.fail_test(work, self.asset.id, reason, test_number=number))

    async def pass_test(self, serial: str = "SN-HW-1") -> None:
        await self.connect()
        await self.boot(serial)
        steps = CommissioningEvent
        await self.move(steps.STATION_BOOTED, steps.CONFIGURATION_APPLIED, steps.SELF_CHECK_PASSED)

    async def to_checked(self, **changes: Any) -> Asset:
        """The connection test has passed."""
        await self.to_test(**changes)
        await self.pass_test()
        return await self.station()

    async def start_charge(self) -> None:
        await self.do(self.world.installer_user, lambda work: commissioning.start_test_charge(work, self.asset.id))
        await self.refresh()

    async def charge(self) -> None:
        """The whole chain of a test charge: 300 Wh."""
        await self.start_charge()
        number, _ = await self.transaction(await self.test_card())
        await self.stop(number)
        await self.do(NOBODY, lambda work: commissioning.finish_test_charge(work, self.asset.id))

    async def to_test_charged(self, **changes: Any) -> Asset:
        """The test charge ran."""
        await self.to_checked(**changes)
        await self.charge()
        return await self.station()

    async def test_card(self) -> str:
        progress = await self.do(NOBODY, lambda work: commissioning.load(work, self.asset.id))
        assert progress.test_token is not None
        return progress.test_token

    async def transaction(self, card: str, **changes: Any) -> tuple[int, Any]:
        begin: dict[str, Any] = {
            "connector": 1,
            "token": card,
            "meter_start_wh": 1000,
            "started_at": datetime.fromisoformat("2026-11-21T10:00:00Z"),
            "frame": "[]",
            "irregularities": [],
        }
        return await self.do(
            NOBODY, lambda work: charging.start(work, Started(self.asset.id, "", **{**begin, **changes}))
        )

    async def stop(self, number: int, asset_id: UUID | None = None, **changes: Any) -> Any:
        end: dict[str, Any] = {
            "number": number,
            "meter_stop_wh": 1300,
            "stopped_at": datetime.fromisoformat("2026-11-21T10:05:00Z"),
            "reason": "Remote",
            "token": None,
            "samples": [],
            "frame": "[]",
            "irregularities": [],
        }
        told = Stopped(asset_id or self.asset.id, "", **{**end, **changes})
        return await self.do(NOBODY, lambda work: charging.stop(work, told))

    async def stop_what_runs(self) -> None:
        """Somebody pulls the plug."""
        async with self.desk.database.transaction() as session:
            running = await charges.running(session, self.asset.id)
        for each in running:
            await self.stop(each.number)

    async def answer(self, *answers: Answer, person: Person | None = None) -> None:
        await self.do(person or self.world.installer_user, lambda work: sat.answer(work, self.order, answers))

    async def answers(self, earth: str = "4.2") -> list[Answer]:
        """An answer to every question of the acceptance test."""
        line = (await self.lines())[0]
        photo = await self.photo()
        return [
            Answer(question="site_clean", value="yes"),
            Answer(question="earth_resistance", line_id=line.id, value=earth),
            Answer(question="photo_front", line_id=line.id, value=str(photo.id)),
        ]

    async def photo(self) -> Document:
        made = Document(
            kind="photo",
            placement_id=self.placement.id,
            work_order_id=self.order.id,
            name="front.png",
            content_type="image/png",
            size_bytes=1,
            sha256="0" * 64,
            key=f"photos/{new_id()}.png",
        )
        self.photo_keys.append(made.key)
        async with self.desk.database.transaction() as session:
            session.add(made)
        return made

    async def submit_sat(self, person: Person | None = None) -> None:
        await self.do(person or self.world.installer_user, lambda work: sat.submit(work, self.order.id))

    async def approve_sat(self, person: Person | None = None) -> None:
        await self.do(person or self.world.operations, lambda work: sat.approve(work, self.order.id))

    async def to_submitted(self, **changes: Any) -> None:
        """The acceptance test is with operations."""
        await self.to_test_charged(**changes)
        await self.answer(*(await self.answers()))
        await self.submit_sat()

    async def to_accepted(self, **changes: Any) -> None:
        await self.to_submitted(**changes)
        await self.approve_sat()
        await self.station()

    async def to_active(self) -> None:
        """The station is in operation."""
        await self.to_accepted()
        await self.activate()
        await self.refresh()

    async def to_accepted_with_two(self) -> None:
        """A work order of two stations, both accepted."""
        await self.to_work_order(stations=2)
        await self.world.book_in("HW-1", "HW-2", holder=self.world.installer)
        for line, hardware_id in zip(await self.lines(), ("HW-1", "HW-2"), strict=True):
            await self.link(hardware_id, line)
            await self.commission(line, hardware_id)
        for line in await self.lines():
            photo = await self.photo()
            await self.answer(
                Answer(question="site_clean", value="yes"),
                Answer(question="earth_resistance", line_id=line.id, value="4.2"),
                Answer(question="photo_front", line_id=line.id, value=str(photo.id)),
            )
        await self.submit_sat()
        await self.approve_sat()

    async def commission(self, line: WorkOrderLine, hardware_id: str) -> None:
        await self.start_test(line)
        await self.pass_test(f"SN-{hardware_id}")
        await self.charge()

    async def activate(self) -> None:
        await self.do(self.world.administrator, lambda work: commissioning.activate(work, self.asset.id))
        await self.do(NOBODY, lambda work: sat.note_active(work, self.order.id))
