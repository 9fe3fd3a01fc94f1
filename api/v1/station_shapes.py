"""A station as the API shows it. Keys and whole tokens are never shown."""

from datetime import datetime
from typing import Any

from pydantic import Field, field_validator
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.access import Access
from api.v1 import actions
from api.v1.placements import LOCATION, LocationShape
from api.v1.shapes import Shape, example
from api.v1.tenders import PartnerShape
from api.v1.work_order_shapes import HardwareShape, LineProductShape
from models.rules.access import Permission, Reach
from models.rules.command import AT_HAND
from models.rules.commissioning import COMMISSIONING, CommissioningStage
from models.rules.vend import Vend
from models.store import assets, charging
from models.store.assets import Around
from models.tables.asset import Asset, StationConnection, StationEvent

LAST_EVENTS = 20

_EVENT = {
    "id": 118,
    "kind": "self_check_passed",
    "test_number": 1,
    "at": "2026-12-08T10:04:31Z",
    "detail": {},
}
_TRANSACTION = {
    "number": 51,
    "connector": 1,
    "token": "…7A2C",
    "verdict": "accepted",
    "is_test": True,
    "started_at": "2026-12-08T10:20:00Z",
    "stopped_at": "2026-12-08T10:21:30Z",
    "energy_wh": 140,
    "meter_start_wh": 0,
    "meter_stop_wh": 140,
    "stop_reason": "Remote",
    "irregularities": [],
}
_STATION = {
    "name": "NL-STM-000007",
    "stage": "test_charged",
    "label": "Test-charged",
    "waits_for": "operations",
    "allowed_actions": [],
    "connected": True,
    "last_seen_at": "2026-12-08T10:22:00Z",
    "location": LOCATION,
    "service_partner": {"id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c23", "name": "Onderhoud BV"},
    "work_order": "WO-2026-000017",
    "vend": "contract",
    "activated_at": None,
}


class StationEventShape(Shape):
    """What happened to a station; numbered in the order in which it happened."""

    model_config = example(**_EVENT)

    id: int
    kind: str
    test_number: int = Field(description="Of the connection test that ran then")
    at: datetime
    detail: dict[str, Any]


class TransactionShape(Shape):
    model_config = example(**_TRANSACTION)

    number: int = Field(description="The OCPP 1.6 transaction id")
    connector: int | None
    token: str = Field(description="The last four characters")
    verdict: str = Field(description="Of the token, when it was shown")
    is_test: bool = Field(description="A test charge is never rated nor billed")
    started_at: datetime
    stopped_at: datetime | None
    energy_wh: int
    meter_start_wh: int | None
    meter_stop_wh: int | None
    stop_reason: str | None
    irregularities: list[str]

    @field_validator("token")
    @classmethod
    def _hide(cls, token: str) -> str:
        return f"…{token[-4:]}"


class EvseShape(Shape):
    model_config = example(
        connector=1, evse_id="NL*STM*E000007*1", status="Available", error_code="NoError", status_at=_EVENT["at"]
    )

    connector: int
    evse_id: str = Field(description="eMI3 id")
    status: str | None
    error_code: str | None
    status_at: datetime | None


class ConnectionShape(Shape):
    """The socket that is open now, and for the operator's own people the node that holds it."""

    protocol: str
    node: str | None
    connected_at: datetime


class StationSummaryShape(Shape):
    model_config = example(**_STATION)

    name: str
    stage: CommissioningStage
    label: str = Field(description="The stage in plain words")
    waits_for: str | None = Field(description="Who acts next")
    allowed_actions: list[str] = Field(description="What the caller can decide now")
    connected: bool
    last_seen_at: datetime | None
    location: LocationShape | None
    service_partner: PartnerShape
    work_order: str | None
    vend: Vend = Field(description="On what terms it gives energy")
    activated_at: datetime | None


class StationShape(StationSummaryShape):
    model_config = example(
        **_STATION,
        product={
            "code": "DUO-22",
            "brand": "Voltwerk",
            "model": "Duo",
            "product_type": "street post",
            "connectors": 2,
            "max_power_w": 22_000,
        },
        unit={
            "hardware_id": "VW-000123",
            "serial": "SN-000123",
            "firmware": "1.4.2",
            "ocpp_identity": "VW-000123",
        },
        connection={"protocol": "ocpp1.6", "node": "csms-1", "connected_at": "2026-12-08T10:03:58Z"},
        evses=[],
        registered_at="2026-12-08T10:00:00Z",
        test_number=1,
        boot_due_at="2026-12-08T10:15:00Z",
        clock_drift_s=-1.2,
        booted={"vendor": "Voltwerk", "model": "Duo", "serial": "SN-000123", "firmware": "1.4.2"},
        registration="accepted",
        failure=None,
        test_charge=_TRANSACTION,
        last_events=[_EVENT],
    )

    product: LineProductShape
    unit: HardwareShape | None = Field(description="The hardware that stands there now")
    connection: ConnectionShape | None
    evses: list[EvseShape]
    registered_at: datetime | None = Field(description="Until then its identity is refused")
    test_number: int
    boot_due_at: datetime | None
    clock_drift_s: float | None = Field(description="How far its clock is ahead of ours; below zero: behind")
    booted: dict[str, Any] | None = Field(description="What it told at its last accepted boot")
    registration: str | None = Field(description="Our answer to its last boot")
    failure: str | None = Field(description="Why the last test failed, and what to check")
    test_charge: TransactionShape | None
    last_events: list[StationEventShape] = Field(description="Newest first")


async def station_shape(session: AsyncSession, access: Access, asset: Asset) -> StationShape:
    around = (await assets.around(session, [asset.id]))[asset.id]
    charge = await charging.seen(session, asset.test_transaction_id)
    own = {"registered_at", "test_number", "boot_due_at", "clock_drift_s", "booted", "registration", "failure"}
    return StationShape(
        **station_summary(access, asset, around).model_dump(),
        **asset.model_dump(include=own),
        product=LineProductShape.model_validate(around.product),
        unit=HardwareShape.model_validate(around.unit) if around.unit else None,
        connection=_connection(access, around.connection),
        evses=[EvseShape.model_validate(each) for each in await assets.evses(session, asset.id)],
        test_charge=TransactionShape.model_validate(charge) if charge else None,
        last_events=[
            StationEventShape.model_validate(each)
            for each in await assets.last_events(session, asset.id, LAST_EVENTS)
            if is_seen(access, each)
        ],
    )


def _connection(access: Access, row: StationConnection | None) -> ConnectionShape | None:
    if row is None:
        return None
    node = row.node if access.viewer.reach is Reach.ALL else None
    return ConnectionShape(protocol=row.protocol, node=node, connected_at=row.connected_at)


def is_seen(access: Access, event: StationEvent) -> bool:
    """A partner sees of commands what it may send itself, as in the list of commands; of reservations nothing."""
    if access.viewer.reach is Reach.ALL:
        return True
    if "command" in event.detail:
        return access.caller.reach(Permission.STATIONS_MAINTAIN) is not None and event.detail.get("kind") in AT_HAND
    return "reservation" not in event.detail


def station_summary(access: Access, asset: Asset, around: Around) -> StationSummaryShape:
    stage = COMMISSIONING.state(asset.stage)
    return StationSummaryShape(
        name=asset.name,
        stage=asset.stage,
        label=stage.label,
        waits_for=stage.waits_for,
        allowed_actions=actions.on_station(access, asset.stage),
        connected=around.connection is not None,
        last_seen_at=asset.last_seen_at,
        location=LocationShape.model_validate(around.place) if around.place else None,
        service_partner=PartnerShape.model_validate(around.service_partner),
        work_order=around.work_order,
        vend=asset.vend,
        activated_at=asset.activated_at,
    )
