"""A work order as the API shows it: with all that the installer needs on site."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.access import Access
from api.v1 import actions
from api.v1.placements import LOCATION, ContactShape, LocationShape
from api.v1.plan_shapes import CONFLICT, WINDOW, ConflictShape, conflict_shapes
from api.v1.shapes import Shape, example
from api.v1.tenders import PartnerShape
from models.rules.commissioning import COMMISSIONING, CommissioningStage
from models.rules.grid import AttemptState
from models.rules.sat import SatState
from models.rules.work_order import WORK_ORDER, WorkOrderStage
from models.store import work_orders
from models.store.work_orders import Around
from models.tables.asset import Asset
from models.tables.tender import Product
from models.tables.unit import Unit
from models.tables.work_order import WorkOrder, WorkOrderLine

_PARTNER = {"id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c22", "name": "Installatie BV"}
_PRODUCT = {
    "code": "DUO-22",
    "brand": "Voltwerk",
    "model": "Duo",
    "product_type": "street post",
    "connectors": 2,
    "max_power_w": 22_000,
}
_UNIT = {
    "hardware_id": "VW-000123",
    "serial": "SN-000123",
    "firmware": "1.4.2",
    "ocpp_identity": "VW-000123",
}
_STATION = {
    "name": "NL-STM-000007",
    "stage": "failed",
    "label": "Connection test failed",
    "waits_for": "installer",
    "failure": "The station has not booted in time",
    "test_number": 1,
    "boot_due_at": None,
    "booted": False,
}
_LINE = {
    "id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c71",
    "number": 1,
    "product": _PRODUCT,
    "hardware": _UNIT,
    "station": _STATION,
    "allowed_actions": ["unlink_hardware", "start_connection_test"],
}
_ORDER = {
    "id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c72",
    "reference": "WO-2026-000017",
    "kind": "installation",
    "placement_request": "PR-2026-000042",
    "site": None,
    "stage": "in_progress",
    "label": "In progress",
    "waits_for": "installer",
    "allowed_actions": ["submit_sat"],
    "location": LOCATION,
    "installer": _PARTNER,
    "owner": {"id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c23", "name": "Onderhoud BV"},
    "planned_for": "2026-12-08",
    **WINDOW,
    "created_at": "2026-12-01T09:00:00Z",
    "accepted_at": None,
    "closed_at": None,
    "cancelled_at": None,
    "cancel_reason": None,
}


class LineProductShape(Shape):
    model_config = example(**_PRODUCT)

    code: str
    brand: str
    model: str
    product_type: str
    connectors: int
    max_power_w: int


class HardwareShape(Shape):
    """A unit as it stands on a line; keys are never shown."""

    model_config = example(**_UNIT)

    hardware_id: str
    serial: str
    firmware: str
    ocpp_identity: str


class LineStationShape(Shape):
    model_config = example(**_STATION)

    name: str
    stage: CommissioningStage
    label: str
    waits_for: str | None
    failure: str | None = Field(description="Why the last test failed, and what to check")
    test_number: int = Field(description="How many connection tests were started")
    boot_due_at: datetime | None
    booted: bool


class LineShape(Shape):
    """One station to come."""

    model_config = example(**_LINE)

    id: UUID
    number: int
    product: LineProductShape
    hardware: HardwareShape | None
    station: LineStationShape | None
    allowed_actions: list[str]


class GridConnectionShape(Shape):
    """``connected_at``: from then on a test charge is possible."""

    connection_request_id: str | None
    state: AttemptState
    scheduled_for: str | None
    connected_at: datetime | None


class SiteShape(Shape):
    """The place of stations that came without a placement request."""

    model_config = example(reference="Garage Noord", owner=_PARTNER)

    reference: str | None = Field(description="The owner's own name of the place")
    owner: PartnerShape


class WorkOrderSummaryShape(Shape):
    model_config = example(**_ORDER)

    id: UUID
    reference: str
    kind: str
    placement_request: str | None
    site: SiteShape | None = Field(description="Where the stations came without a placement request")
    stage: WorkOrderStage
    label: str = Field(description="The stage in plain words")
    waits_for: str | None = Field(description="Who acts next")
    allowed_actions: list[str] = Field(description="What the caller can decide now")
    location: LocationShape
    installer: PartnerShape
    owner: PartnerShape = Field(description="The service partner that will keep the stations")
    planned_for: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    crew: str | None
    created_at: datetime
    accepted_at: datetime | None
    closed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None


class WorkOrderShape(WorkOrderSummaryShape):
    model_config = example(
        **_ORDER,
        contact={"name": "R. de Vries", "email": "laadpalen@voorbeeld.example"},
        remarks="Next to the car park's entrance",
        grid_connection={
            "connection_request_id": "GC-4F2A11",
            "state": "installation_scheduled",
            "scheduled_for": "2026-12-01",
            "connected_at": "2026-12-02T10:00:00Z",
        },
        sat={"state": "draft", "rounds": 0},
        report_id=None,
        conflicts=[CONFLICT],
        lines=[_LINE],
    )

    contact: ContactShape | None = Field(description="Of the requester or the owner, for questions about the place")
    remarks: str | None
    grid_connection: GridConnectionShape | None = Field(description="Null where the place has its connection already")
    sat: "SatStateShape"
    report_id: UUID | None = Field(description="The document with the acceptance test's report")
    conflicts: list[ConflictShape] = Field(description="What stands against the plan now, while it is still to come")
    lines: list[LineShape]


class SatStateShape(Shape):
    state: SatState
    rounds: int = Field(description="How often it was sent in")


async def work_order_shape(session: AsyncSession, access: Access, order: WorkOrder) -> WorkOrderShape:
    around = (await work_orders.around(session, [order.id]))[order.id]
    lines = await work_orders.lines(session, order.id)
    return WorkOrderShape(
        **work_order_summary(access, order, around).model_dump(),
        contact=_contact(around),
        remarks=around.placement.remarks if around.placement else None,
        grid_connection=GridConnectionShape.model_validate(around.attempt) if around.attempt else None,
        sat=SatStateShape.model_validate(around.sat),
        report_id=order.report_id,
        conflicts=list(await conflict_shapes(session, access, order)),
        lines=[line_shape(access, order, *each) for each in lines],
    )


def work_order_summary(access: Access, order: WorkOrder, around: Around) -> WorkOrderSummaryShape:
    stage = WORK_ORDER.state(order.stage)
    return WorkOrderSummaryShape(
        **order.model_dump(include=set(WorkOrderSummaryShape.model_fields)),
        placement_request=around.placement.reference if around.placement else None,
        site=_site(around),
        crew=around.crew,
        label=stage.label,
        waits_for=stage.waits_for,
        allowed_actions=actions.on_work_order(access, order),
        location=LocationShape.model_validate(around.place),
        installer=PartnerShape.model_validate(around.installer),
        owner=PartnerShape.model_validate(around.owner),
    )


def _contact(around: Around) -> ContactShape | None:
    if around.placement is not None:
        return ContactShape(name=around.placement.contact_name, email=around.placement.contact_email)
    site = around.site
    if site is None or site.contact_name is None or site.contact_email is None:
        return None
    return ContactShape(name=site.contact_name, email=site.contact_email)


def _site(around: Around) -> SiteShape | None:
    if around.site is None or around.site_owner is None:
        return None
    return SiteShape(reference=around.site.reference, owner=PartnerShape.model_validate(around.site_owner))


def line_shape(
    access: Access, order: WorkOrder, line: WorkOrderLine, product: Product, unit: Unit | None, station: Asset | None
) -> LineShape:
    return LineShape(
        id=line.id,
        number=line.number,
        product=LineProductShape.model_validate(product),
        hardware=HardwareShape.model_validate(unit) if unit else None,
        station=_station(station) if station else None,
        allowed_actions=actions.on_line(access, order, line, station),
    )


def _station(asset: Asset) -> LineStationShape:
    stage = COMMISSIONING.state(asset.stage)
    return LineStationShape(
        name=asset.name,
        stage=asset.stage,
        label=stage.label,
        waits_for=stage.waits_for,
        failure=asset.failure,
        test_number=asset.test_number,
        boot_due_at=asset.boot_due_at,
        booted=asset.booted is not None,
    )
