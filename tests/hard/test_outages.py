"""Temporal is away, PostgreSQL is away: what is still taken, what is put off, and that nothing confirmed is lost."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from cli.demo.waiting import until
from tests.cli.house import House
from tests.csms.station import RawStation, basic
from tests.hard.city import City, peopled
from tests.hard.journey import Journey

pytestmark = [
    pytest.mark.hard,
    pytest.mark.house,
    pytest.mark.timeout(300),
    pytest.mark.step("H1", "P1", "P3", "P7", "P14"),
]

PUT_OFF_LIMIT_S = 60


@dataclass
class Registered:
    """A station whose connection test has begun, and that has not come yet."""

    journey: Journey
    address: str

    @property
    def path(self) -> str:
        return f"/v1/stations/{self.journey.station}"

    async def connected(self) -> ClientConnection:
        hardware = self.journey.hardware
        return await connect(
            self.address,
            additional_headers=basic(hardware.identity, hardware.factory_key),
            subprotocols=[Subprotocol("ocpp1.6")],
        )


@dataclass
class Undecided:
    """A request on which operations has not decided yet, and the key under which it will approve."""

    journey: Journey
    key: str

    async def approve(self) -> httpx.Response:
        operations = self.journey.city.cast.operations.http
        return await operations.post(f"{self.journey.path}/approve", headers={"Idempotency-Key": self.key})


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    with House(tmp_path_factory.mktemp("outages") / "var") as started:
        await asyncio.to_thread(started.wait_until_up, 120)
        yield started


@pytest.fixture(scope="module")
async def city(house: House) -> AsyncIterator[City]:
    async with peopled(house) as made:
        yield made


async def test_while_temporal_is_away_facts_are_taken_and_decisions_put_off_and_all_goes_on_afterwards(
    house: House, city: City
) -> None:
    station, undecided = await registered(city, 201), await submitted(city, 202)
    asked, connection = await asked_for_a_connection(city, 203)
    with house.without("temporal"):
        assert_put_off(await undecided.approve())
        taken = await city.cast.city.post("/v1/placement-requests", city.wish(204))
        await tell(city, connection)
        await comes("a confirmed call", outcome_of(city, connection), "answered 204")
        await city.power_up(station.journey.hardware, station.address)
        await comes("a confirmed boot", registration_of(city, station), "Accepted")
    await approved_at_last(undecided)
    await city.cast.operations.post(f"/v1/placement-requests/{taken['reference']}/approve")
    await comes("the call in effect", stage_of(city, asked.path), "pending_grid_installation")
    await comes("the boot in effect", stage_of(city, station.path), "checked")


async def test_while_postgresql_is_away_nothing_is_confirmed_and_all_goes_on_afterwards(
    house: House, city: City
) -> None:
    station, undecided = await registered(city, 301), await submitted(city, 302)
    asked, connection = await asked_for_a_connection(city, 303)
    key = {"Idempotency-Key": str(uuid.uuid4())}
    async with raw(station) as connected:
        with house.without("postgres"):
            requester = city.cast.city.http
            assert_put_off(await requester.post("/v1/placement-requests", json=city.wish(304), headers=key))
            assert_put_off(await requester.get("/v1/placement-requests"))
            assert_put_off(await undecided.approve())
            await tell(city, connection)
            await comes("a refused call", outcome_of(city, connection), "answered 503")
            answer = await connected.boot(chargePointSerialNumber=station.journey.hardware.serial)
            assert answer == ["InternalError", "Try again later."]
            with pytest.raises(InvalidStatus, match="503"):
                await station.connected()
    assert await own_references(city, 304) == 0
    assert not (await city.checker.get(station.journey.order_path))["lines"][0]["station"]["booted"]
    made = await at_last(lambda: requester.post("/v1/placement-requests", json=city.wish(304), headers=key))
    assert made.status_code == 201
    assert await own_references(city, 304) == 1
    await approved_at_last(undecided)
    await comes("a confirmed call", outcome_of(city, connection), "answered 204")
    await comes("the call in effect", stage_of(city, asked.path), "pending_grid_installation")
    await city.power_up(station.journey.hardware, station.address)
    await comes("the boot in effect", stage_of(city, station.path), "checked")


async def registered(city: City, number: int) -> Registered:
    await city.policy(mode="automatic", delay_s=0.1)
    (hardware,) = await city.stock(1, first=number)
    journey = Journey(city, number, hardware)
    await journey.ask()
    await journey.connect_to_the_grid()
    await journey.prepare()
    told = await city.cast.installer.post(f"{journey.line_path}/connection-tests")
    journey.station = told["station"]
    return Registered(journey, told["ocpp_address"])


async def submitted(city: City, number: int) -> Undecided:
    """Its process has heard of it."""
    journey = Journey(city, number, city.cast.spare)
    journey.reference = (await city.cast.city.post("/v1/placement-requests", city.wish(number)))["reference"]

    async def heard() -> bool:
        process = await city.checker.get(f"/v1/processes/placement-{journey.reference}")
        return all(fact["delivered_at"] for fact in process["facts"])

    await until(f"the process of {journey.reference}", heard)
    return Undecided(journey, str(uuid.uuid4()))


async def asked_for_a_connection(city: City, number: int) -> tuple[Journey, str]:
    """The grid operator has taken the request and does nothing of its own; its id there."""
    await city.policy(mode="manual")
    journey = (await submitted(city, number)).journey
    await city.cast.operations.post(f"{journey.path}/approve")

    async def known() -> str | None:
        found: str | None = (await city.checker.get(f"{journey.path}/attempts"))["items"][0]["connection_request_id"]
        return found

    return journey, await until(f"the connection request of {journey.reference}", known)


@asynccontextmanager
async def raw(station: Registered) -> AsyncIterator[RawStation]:
    """Connected, and not booted; the platform knows so."""
    socket = RawStation(await station.connected())
    try:
        await comes("a connected station", stage_of(station.journey.city, station.path), "connected")
        yield socket
    finally:
        await socket.end()


async def tell(city: City, connection: str) -> None:
    """The grid operator calls our webhook, again and again until that is confirmed."""
    told = {"event": "connection_scheduled", "scheduled_for": "2027-01-04"}
    await city.grid_operator.post(f"/control/requests/{connection}/events", told)


def assert_put_off(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert int(answer.headers["retry-after"]) > 0


async def at_last(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """As callers are told to: again under the same key, until it is not put off."""
    deadline = time.monotonic() + PUT_OFF_LIMIT_S
    while (answer := await ask()).status_code == 503:
        assert time.monotonic() < deadline, answer.text
        await asyncio.sleep(0.5)
    return answer


async def approved_at_last(undecided: Undecided) -> None:
    """Once, however often it was sent."""
    answer = await at_last(undecided.approve)
    assert answer.is_success, answer.text
    city, path = undecided.journey.city, undecided.journey.path
    events = (await city.checker.get(f"{path}/timeline"))["items"]
    assert [each["what"] for each in events].count("approve") == 1


async def own_references(city: City, number: int) -> int:
    """How many requests there are under the requester's own reference."""
    wanted = city.wish(number)["requester_reference"]
    return [each["requester_reference"] for each in await city.all_of("/v1/placement-requests")].count(wanted)


def stage_of(city: City, path: str) -> Callable[[], Awaitable[Any]]:
    async def look() -> Any:
        return (await city.checker.get(path))["stage"]

    return look


def outcome_of(city: City, connection: str) -> Callable[[], Awaitable[Any]]:
    """What became of the grid operator's last call."""

    async def look() -> Any:
        sent = await city.grid_operator.get("/control/events", connection_request_id=connection)
        return sent[0]["last_outcome"]

    return look


def registration_of(city: City, station: Registered) -> Callable[[], Awaitable[Any]]:
    async def look() -> Any:
        return (await city.stations.get(f"/stations/{station.journey.hardware.identity}"))["registration"]

    return look


async def comes(what: str, look: Callable[[], Awaitable[Any]], wanted: str) -> None:
    async def there() -> bool:
        return bool(await look() == wanted)

    await until(f"{what}: {wanted}", there, PUT_OFF_LIMIT_S)
