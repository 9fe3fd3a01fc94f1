"""A station without a connection for two days: what it tells then is judged and priced as of when it was (C2, O6).

Cards were assigned, blocked, replaced, suspended and resumed meanwhile, and there is another tariff since.
"""

import dataclasses
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.rules.authorisation import TokenVerdict
from models.rules.card import BlockReason
from models.rules.session import Flag, SessionStage
from models.rules.subscriber import Payment, SubscriberStage
from models.tables.session import Cdr, ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.task import Task, TaskKind
from models.usecases import card
from models.usecases.work import Desk, Work
from tests import pricing
from tests.charging import AT, Clock, Street, a_street, priced_by
from tests.csms.standing import IDENTITY, SERIAL, front_on
from tests.csms.station import RawStation, station_at
from tests.people import FACTORY_KEY, World
from tests.subscribing import uid_of

ALL = tuple(range(50))
SOME = tuple(place for place in ALL if place % 5 < 2)
DEARER = pricing.tariff(pricing.element(pricing.component("ENERGY", "1.00", "21")), tax_included="YES")
ASSIGNED = LOST = CHANGED = AT - timedelta(days=1)
SUSPENDED, RESUMED = AT - timedelta(hours=36), AT - timedelta(hours=12)
ALWAYS, LOST_ONE, PAUSED, NEW, POOR, NOBODYS = "NL-1", "NL-2", "NL-3", "NL-4", "NL-5", "NL-9"
NUMBERS = (ALWAYS, LOST_ONE, PAUSED, NEW, POOR, NOBODYS)
V = TokenVerdict

Tell = Callable[[RawStation, Sequence[int], random.Random], Awaitable[None]]


def began(place: int) -> datetime:
    """Each session begins 55 minutes after the one before, and takes half an hour."""
    return AT - timedelta(days=2) + timedelta(minutes=55 * place)


def number_of(place: int) -> str:
    return NUMBERS[place % len(NUMBERS)]


def verdict_of(place: int) -> TokenVerdict:
    """What the card was good for when it was shown."""
    at = began(place)
    return {
        ALWAYS: V.ACCEPTED,
        LOST_ONE: V.ACCEPTED if at < LOST else V.BLOCKED,
        PAUSED: V.BLOCKED if SUSPENDED <= at < RESUMED else V.ACCEPTED,
        NEW: V.ACCEPTED if at >= ASSIGNED else V.BLOCKED,
        POOR: V.ACCEPTED,
        NOBODYS: V.INVALID,
    }[number_of(place)]


@pytest.fixture
async def street(world: World, desk: Desk) -> Street:
    """As it stands when the station comes back."""
    clock = Clock()
    street = await a_street(world, dataclasses.replace(desk, clock=clock))
    clock.now = AT - timedelta(days=3)
    for number in (ALWAYS, LOST_ONE):
        await street.driver(number)
    paused = await street.driver(PAUSED)
    await street.driver(POOR, payment=Payment.PREPAID)
    for at, stage in ((SUSPENDED, SubscriberStage.SUSPENDED), (RESUMED, SubscriberStage.ACTIVE)):
        clock.now = at
        await street.do(lambda work, stage=stage: to(work, paused, stage))  # type: ignore[misc]
    clock.now = LOST
    await street.do(lambda work: lose(work, LOST_ONE))
    await street.driver(NEW)
    await priced_by(street.desk, DEARER, since=CHANGED)
    clock.now = AT
    return street


async def to(work: Work, who: Subscriber, stage: SubscriberStage) -> None:
    row = await work.session.get_one(Subscriber, who.id)
    row.stage = stage
    await card.settle(work, row)


async def lose(work: Work, number: str) -> None:
    await card.block(work, await card.lock(work, number), BlockReason.LOST)


async def tell_16(station: RawStation, places: Sequence[int], rng: random.Random) -> None:
    """In any order, but that no stop can come before its start has been answered; most come twice, and some oftener."""
    numbers: dict[int, int] = {}
    order = [place for place in places for _ in range(rng.choice((2, 3, 4)))]
    rng.shuffle(order)
    told: dict[int, int] = {}
    for place in order:
        told[place] = told.get(place, 0) + 1
        start = {"connectorId": 1, "idTag": uid_of(number_of(place)), "meterStart": 1000 * place}
        if told[place] == 1 or rng.random() < 0.3:
            answer = await station.call("StartTransaction", {**start, "timestamp": began(place).isoformat()})
            assert numbers.setdefault(place, answer["transactionId"]) == answer["transactionId"]
        if told[place] > 1:
            stopped_at = (began(place) + timedelta(minutes=30)).isoformat()
            stop = {"transactionId": numbers[place], "meterStop": 1000 * place + 1000, "timestamp": stopped_at}
            await station.call("StopTransaction", stop)


async def tell_201(station: RawStation, places: Sequence[int], rng: random.Random) -> None:
    """In any order at all, and half of it twice."""
    frames = [frame for place in places for frame in (event(place, "Started"), event(place, "Ended"))]
    frames += rng.sample(frames, len(places))
    rng.shuffle(frames)
    for frame in frames:
        await station.call("TransactionEvent", frame)


def event(place: int, kind: str) -> dict[str, Any]:
    is_start = kind == "Started"
    at = began(place) + timedelta(minutes=0 if is_start else 30)
    context = "Transaction.Begin" if is_start else "Transaction.End"
    sampled = {"value": 1000 * place + (0 if is_start else 1000), "context": context}
    said: dict[str, Any] = {
        "eventType": kind,
        "timestamp": at.isoformat(),
        "triggerReason": "Authorized" if is_start else "StopAuthorized",
        "seqNo": 0 if is_start else 1,
        "offline": True,
        "evse": {"id": 1, "connectorId": 1},
        "transactionInfo": {"transactionId": f"T-{place}", **({} if is_start else {"stoppedReason": "Local"})},
        "meterValue": [{"timestamp": at.isoformat(), "sampledValue": [sampled]}],
    }
    return {**said, "idToken": {"idToken": uid_of(number_of(place)), "type": "ISO14443"}} if is_start else said


async def boot(station: RawStation, protocol: str) -> None:
    known = {"vendorName": "Volta", "model": "One", "serialNumber": SERIAL}
    of_16 = {"chargePointVendor": "Volta", "chargePointModel": "One", "chargePointSerialNumber": SERIAL}
    of_2 = {"reason": "PowerUp", "chargingStation": known}
    await station.call("BootNotification", of_16 if protocol == "ocpp1.6" else of_2)


@pytest.mark.step("C2", "O6", "O26", "S4", "S5", "B1")
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("protocol", "tell", "places"), [("ocpp1.6", tell_16, ALL), ("ocpp2.0.1", tell_201, SOME)], ids=["1.6", "2.0.1"]
)
async def test_fifty_sessions_that_arrive_late_are_judged_priced_and_billed_as_of_when_they_were(
    street: Street, protocol: str, tell: Tell, places: Sequence[int]
) -> None:
    async with front_on(street.desk) as server, station_at(server, IDENTITY, FACTORY_KEY, protocol) as station:
        await boot(station, protocol)
        await tell(station, places, random.Random(11))
    found = {each.started_at: each for each in await street.rows(ChargingSession)}
    assert len(found) == len(places)
    for place in places:
        session = found[began(place)]
        is_valid = verdict_of(place) is V.ACCEPTED
        assert session.verdict == verdict_of(place), (place, number_of(place))
        assert (Flag.INVALID_TOKEN in session.flags, Flag.OFFLINE in session.flags) == (not is_valid, True)
        is_nobodys = number_of(place) == NOBODYS or (number_of(place) == NEW and not is_valid)
        assert (session.stage is SessionStage.UNBILLED) == (session.subscriber_id is None) == is_nobodys
        if not is_nobodys:
            await street.settle(session)
    await are_billed(street, found, places)
    assert await to_be_reviewed(street) == {
        found[began(place)].reference for place in places if verdict_of(place) is V.BLOCKED
    }
    assert await street.broken() == {}


async def are_billed(street: Street, found: dict[datetime, ChargingSession], places: Sequence[int]) -> None:
    """Each once, by the price of then: half as much until the tariff changed. Those whose card was not valid wait."""
    records = {each.started_at: each for each in await street.rows(Cdr)}
    valid = {began(place) for place in places if verdict_of(place) is V.ACCEPTED}
    billed = {at for at, session in found.items() if session.subscriber_id is not None} & valid
    assert set(records) == billed
    assert len(await street.rows(Cdr)) == len(billed)
    for at, record in records.items():
        assert (record.energy_wh, record.gross) == (1000, Decimal("1.0000" if at >= CHANGED else "0.5000"))


async def to_be_reviewed(street: Street) -> set[str]:
    said = {TaskKind.REVIEW_SESSION: "was not valid then (blocked)", TaskKind.DECIDE_SESSION: "its card was blocked"}
    tasks = [each for each in await street.rows(Task) if each.kind in said]
    assert all(said[each.kind] in each.title for each in tasks)
    return {each.reference for each in tasks}
