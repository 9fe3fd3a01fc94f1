"""On site: hardware linked to a line, the station's connection tested, a test charge run (P12-P15)."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from api import decisions
from api.auth.access import Access, require
from api.idempotency import Once
from api.v1.shapes import Shape, example, sample
from api.v1.work_order_shapes import WorkOrderShape
from api.v1.work_orders import decide, put, to_work_on
from models.errors import NotFound, StageDoesNotAllow
from models.messages.base import Message
from models.messages.commissioning import StartTestCharge
from models.messages.work_order import HardwareId, LinkHardware, StartConnectionTest, UnlinkHardware
from models.rules.access import Permission
from models.rules.commissioning import COMMISSIONING, CommissioningStage
from models.store import work_orders
from models.tables.asset import Asset
from models.tables.unit import Unit
from models.tables.work_order import WorkOrder
from models.usecases import commissioning

router = APIRouter(prefix="/work-orders/{reference}/lines/{line_id}", tags=["work orders"])

Performing = Annotated[Access, require(Permission.WORK_ORDERS_PERFORM)]


class HardwareToLink(Message):
    hardware_id: HardwareId
    """What stands on the box, typed or scanned."""


class ConnectionTestShape(Shape):
    """What to set at the station before it is powered up."""

    model_config = example(
        station="NL-STM-000007",
        test_number=1,
        stage="registered",
        ocpp_address="wss://csms.voorbeeld.example/ocpp/VW-000123",
        ocpp_identity="VW-000123",
        ocpp_protocol="ocpp1.6",
        security_profile=2,
        authorization_key="factory",
        boot_time_limit_s=900,
        boot_due_at="2026-12-08T10:15:00Z",
        events="/v1/stations/NL-STM-000007/events",
    )

    station: str
    test_number: int
    stage: CommissioningStage
    ocpp_address: str
    ocpp_identity: str
    ocpp_protocol: Literal["ocpp1.6"] = "ocpp1.6"
    security_profile: int = Field(
        description="OCPP 1.6 security whitepaper ed.2 §2: 1 basic authentication, 2 with TLS"
    )
    authorization_key: Literal["factory", "own"] = Field(
        description="The key that opens the connection: the one on the unit's label, or the one we have set since"
    )
    boot_time_limit_s: int
    boot_due_at: datetime | None
    events: str = Field(description="The event stream on which each state is seen live")


class StartedTestChargeShape(Shape):
    model_config = example(
        station="NL-STM-000007",
        stage="test_charging",
        label="Test charge running",
        time_limit_s=300,
        events="/v1/stations/NL-STM-000007/events",
    )

    station: str
    stage: CommissioningStage
    label: str
    time_limit_s: int
    events: str


@router.put("/hardware", summary="Link the hardware that stands on this line")
async def link(
    reference: str,
    line_id: UUID,
    body: Annotated[HardwareToLink, sample(hardware_id="VW-000123")],
    access: Performing,
    once: Once,
) -> WorkOrderShape:
    """Refused, each with a problem of its own: unknown, another product, linked elsewhere, not handed to you."""
    decision = await once.decision(access, LinkHardware, line_id=line_id, hardware_id=body.hardware_id)
    return await decide(access, reference, "link_hardware", decision)


@router.delete("/hardware", summary="Undo a wrong link; possible until acceptance")
async def unlink(reference: str, line_id: UUID, access: Performing, once: Once) -> WorkOrderShape:
    """A station that was registered with it is refused from then on, and waits for other hardware."""
    decision = await once.decision(access, UnlinkHardware, line_id=line_id)
    return await decide(access, reference, "unlink_hardware", decision)


@router.post("/connection-tests", summary="Register the station and wait for its boot")
async def start_connection_test(reference: str, line_id: UUID, access: Performing, once: Once) -> ConnectionTestShape:
    """Answers what to set at the station before it is powered up. A test that failed can be started again."""
    decision = await once.decision(access, StartConnectionTest, line_id=line_id)
    async with access.reading() as session:
        order = await to_work_on(session, access, reference)
    await put(access, order, "start_connection_test", decision)
    _, unit, station = await _line(access, reference, line_id)
    if unit is None or station is None:
        raise StageDoesNotAllow("The hardware was taken off the line again meanwhile")
    return _connection_test(access, unit, station)


@router.get("/connection-tests/latest", summary="What to set at the station, once more")
async def show_connection_test(reference: str, line_id: UUID, access: Performing) -> ConnectionTestShape:
    _, unit, station = await _line(access, reference, line_id)
    if unit is None or station is None:
        raise NotFound("No connection test was started on this line with the hardware that it has")
    return _connection_test(access, unit, station)


@router.post("/test-charges", summary="Run the test charge: authorise, start, energy, stop")
async def start_test_charge(reference: str, line_id: UUID, access: Performing, once: Once) -> StartedTestChargeShape:
    """With a car, or its stand-in, plugged in. The transaction is never rated nor billed."""
    decision = await once.decision(access, StartTestCharge)
    order, _, station = await _line(access, reference, line_id)
    if station is None:
        raise StageDoesNotAllow("The line has no station yet; start its connection test first")
    await decisions.put(
        access,
        commissioning.workflow_id(station.name),
        "start_test_charge",
        decision,
        subject="station",
        subject_id=station.id,
        placement_id=order.placement_id,
    )
    _, _, station = await _line(access, reference, line_id)
    assert station is not None  # noqa: S101 - a line keeps its station
    return StartedTestChargeShape(
        station=station.name,
        stage=station.stage,
        label=COMMISSIONING.state(station.stage).label,
        time_limit_s=access.services.settings.test_charge_time_limit_s,
        events=_events(station),
    )


async def _line(access: Access, reference: str, line_id: UUID) -> tuple[WorkOrder, Unit | None, Asset | None]:
    async with access.reading() as session:
        order = await to_work_on(session, access, reference)
        for line, _, unit, station in await work_orders.lines(session, order.id):
            if line.id == line_id:
                return order, unit, station
    raise NotFound(f"Work order {reference} has no such line")


def _connection_test(access: Access, unit: Unit, station: Asset) -> ConnectionTestShape:
    settings = access.services.settings
    return ConnectionTestShape(
        station=station.name,
        test_number=station.test_number,
        stage=station.stage,
        ocpp_address=f"{settings.public_csms_url.rstrip('/')}/{unit.ocpp_identity}",
        ocpp_identity=unit.ocpp_identity,
        security_profile=2 if settings.public_csms_url.startswith("wss:") else 1,
        authorization_key="factory" if unit.factory_key_closed_at is None else "own",
        boot_time_limit_s=settings.boot_time_limit_s,
        boot_due_at=station.boot_due_at,
        events=_events(station),
    )


def _events(station: Asset) -> str:
    return f"/v1/stations/{station.name}/events"
