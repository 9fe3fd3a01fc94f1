"""One placement along the whole road, through the API, with the stand-ins for grid operator and station."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

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
    work_order = await _connected(house, path)
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

    async def operating() -> bool:
        found = await house.city.get(f"/v1/placement-requests/{placed.reference}")
        return bool(found["stage"] == "operating")

    await until(f"{placed.reference} is operating", operating)
    return placed


async def _connected(house: House, path: str) -> str:
    """The grid operator's part, one call after the other; gives the work order."""

    async def known() -> str | None:
        attempts = (await house.operations.get(f"{path}/attempts"))["items"]
        found: str | None = attempts[-1]["connection_request_id"]
        return found

    async def made() -> str | None:
        found: str | None = (await house.operations.get(path))["work_order"]
        return found

    connection = await until("the connection request", known)
    for event, days in _GRID_EVENTS:
        await tell(house, connection, event, days)
    work_order = await until("the work order", made)
    await tell(house, connection, "connected")

    async def live() -> bool:
        order = await house.installer.get(f"/v1/work-orders/{work_order}")
        return order["grid_connection"]["connected_at"] is not None

    await until("the connection", live)
    return work_order


async def tell(house: House, connection: str, event: str, in_days: int | None = None) -> None:
    """The grid operator's stand-in calls our webhook."""
    day = None if in_days is None else (datetime.now(UTC) + timedelta(days=in_days)).date().isoformat()
    told = {"event": event, "scheduled_for": day, "times": 1, "signature": "good"}
    await house.grid_operator.post(f"/control/requests/{connection}/events", told)


async def _station_is(house: House, placed: Placed, stage: str) -> None:
    async def there() -> bool:
        return bool((await house.installer.get(f"/v1/stations/{placed.station}"))["stage"] == stage)

    await until(f"{placed.station} is {stage}", there)


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
