"""One placement along the whole road, through the API, with the stand-ins for grid operator and station."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bench.house import TENDER, House
from cli.demo.waiting import until

_LOCATION = {"street": "Voorstraat", "postal_code": "1234 AB", "city": "Meetstad", "municipality": "Meetstad",
             "country": "NL", "latitude": 52.37, "longitude": 4.89}  # fmt: skip
_GRID_EVENTS = (
    ("approved", None),
    ("connection_scheduled", 14),
    ("preparation_scheduled", 7),
    ("installation_scheduled", 21),
)
_SPEED = 60
_REQUEST_IS = sa.text("SELECT stage FROM placement_request WHERE reference = :name AND stage = :stage")
_STATION_IS = sa.text("SELECT stage FROM asset WHERE name = :name AND stage = :stage")
_OF_REQUEST = "FROM placement_request p JOIN location_attempt a ON a.placement_id = p.id WHERE p.reference = :name"
_CONNECTION_REQUEST = sa.text(f"SELECT connection_request_id {_OF_REQUEST}")
_CONNECTED_AT = sa.text(f"SELECT connected_at::text {_OF_REQUEST}")
_WORK_ORDER = sa.text(
    "SELECT w.reference FROM work_order w JOIN placement_request p ON p.id = w.placement_id WHERE p.reference = :name"
)


@dataclass
class Placed:
    """What one placement has made."""

    reference: str
    work_order: str
    station: str

    @property
    def workflow_ids(self) -> tuple[str, ...]:
        return f"placement-{self.reference}", f"work-order-{self.work_order}", f"commissioning-{self.station}"


def request(number: int) -> dict[str, Any]:
    """The body of a placement request; each at a house of its own, so that none is taken for another's double."""
    place = {**_LOCATION, "house_number": str(number + 1), "latitude": round(50.8 + number / 10_000, 5)}
    contact = {"name": "Rita Requester", "email": "rita@meetstad.example"}
    return {
        "tender": TENDER,
        "location": place,
        "stations": 1,
        "requester_reference": f"B-{number}",
        "contact": contact,
    }


async def to_test(house: House, number: int, hardware_id: str) -> tuple[Placed, str, str]:
    """To the beginning of the connection test; with the line's path, and the address that the station is given."""
    reference = (await house.city.post("/v1/placement-requests", request(number)))["reference"]
    path = f"/v1/placement-requests/{reference}"
    await house.operations.post(f"{path}/approve")
    work_order = await _connected(house, reference)
    day = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    order = await house.installer.post(f"/v1/work-orders/{work_order}/plan", {"planned_for": day})
    line = f"/v1/work-orders/{work_order}/lines/{order['lines'][0]['id']}"
    await house.installer.put(f"{line}/hardware", {"hardware_id": hardware_id})
    told = await house.installer.post(f"{line}/connection-tests")
    return Placed(reference, work_order, told["station"]), line, told["ocpp_address"]


async def whole(house: House, number: int, hardware_id: str) -> Placed:
    """From the request to an operating station."""
    placed, line, address = await to_test(house, number, hardware_id)
    await house.stations.post("/stations", _description(house, hardware_id, address))
    await _station_is(house, placed, "checked")
    await house.stations.post(f"/stations/{hardware_id}/plug-in")
    await house.installer.post(f"{line}/test-charges")
    await _station_is(house, placed, "test_charged")
    await _accepted(house, placed)
    await house.administrator.post(f"/v1/stations/{placed.station}/activate")

    await _seen(house, f"{placed.reference} is operating", _REQUEST_IS, name=placed.reference, stage="operating")
    return placed


async def _connected(house: House, reference: str) -> str:
    """The grid operator's part, one call after the other; gives the work order."""
    connection = await _seen(house, "the connection request", _CONNECTION_REQUEST, name=reference)
    for event, days in _GRID_EVENTS:
        await tell(house, connection, event, days)
    work_order = await _seen(house, "the work order", _WORK_ORDER, name=reference)
    await tell(house, connection, "connected")
    await _seen(house, "the connection", _CONNECTED_AT, name=reference)
    return work_order


async def tell(house: House, connection: str, event: str, in_days: int | None = None) -> None:
    """The grid operator's stand-in calls our webhook."""
    day = None if in_days is None else (datetime.now(UTC) + timedelta(days=in_days)).date().isoformat()
    told = {"event": event, "scheduled_for": day, "times": 1, "signature": "good"}
    await house.grid_operator.post(f"/control/requests/{connection}/events", told)


async def _station_is(house: House, placed: Placed, stage: str) -> None:
    await _seen(house, f"{placed.station} is {stage}", _STATION_IS, name=placed.station, stage=stage)


async def _seen(house: House, what: str, query: sa.TextClause, **named: str) -> str:
    """Waits in the rows: ten who ask the API ten times a second make two thirds of its work, and are nobody's day."""

    async def there() -> str | None:
        async with house.database.transaction() as session:
            found: str | None = (await session.execute(query, named)).scalar()
        return found

    return await until(what, there)


async def _accepted(house: House, placed: Placed) -> None:
    sat = f"/v1/work-orders/{placed.work_order}/sat"
    answer = {"question": "site_clean", "line_id": None, "value": "yes"}
    await house.installer.patch(f"{sat}/answers", {"answers": [answer]})
    await house.installer.post(f"{sat}/submit")
    await house.reviewer.post(f"{sat}/approve")
    await _station_is(house, placed, "accepted")


def _description(house: House, hardware_id: str, address: str) -> dict[str, Any]:
    return {
        "identity": hardware_id,
        "key": house.keys[hardware_id],
        "url": address.removesuffix(f"/{hardware_id}"),
        "vendor": "Voltwerk",
        "model": "Solo",
        "serial": f"SN-{hardware_id}",
        "firmware": "1.4.2",
        "connectors": 1,
        "power_w": 11_000,
        "speed": _SPEED,
        "faults": [],
    }
