"""Cars in the rows: an id is one car's at a time, charges like a card, and is dead at once where its car goes (S9)."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from models.errors import LimitReached, NotFound, StageDoesNotAllow, VehicleIdTaken
from models.messages.card import ImportedCard
from models.messages.subscriber import CloseSubscription, SuspendSubscription
from models.messages.telemetry import Shown
from models.messages.vehicle import IDS_LIMIT
from models.messages.wanted import NewList, Owner
from models.rules.authorisation import TokenVerdict
from models.rules.events import Event
from models.rules.session import SessionStage
from models.rules.vehicle import RemovalReason, VehicleState
from models.store import list_choice, organisations, vehicles, wanted
from models.store.authorisation import tag_of
from models.tables.asset import Asset
from models.tables.notice import Channel, Notice
from models.tables.session import Cdr, ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.task import Task, TaskKind
from models.tables.timeline import TimelineEntry
from models.tables.unit import Unit
from models.tables.vehicle import Vehicle
from models.usecases import card, charging, notice, process, subscriber, subscriber_closing, telemetry, vehicle, wanting
from models.usecases.work import Work
from tests import pricing
from tests.charging import AT, Clock, Street, priced_by
from tests.grouping import a_group, taken_in
from tests.subscribing import uid_of
from tests.vehicles import CONTRACT, MAC, SHOWN, SHOWN_IN_2, id_of, registered, removed

pytestmark = pytest.mark.step("S9")

OTHER_MAC = "02:00:00:00:00:01"
DEAR = pricing.tariff(pricing.element(pricing.component("ENERGY", "2", "21")), tax_included="YES")
CHEAP = pricing.tariff(pricing.element(pricing.component("ENERGY", "0.10", "21")), tax_included="YES")


async def verdicts(street: Street, token: str, kind: str = "") -> set[TokenVerdict]:
    """One at a time, and by the batch: always the same."""
    async with street.desk.work(street.world.customer_care.actor, "test") as work:
        asset = await work.session.get_one(Asset, street.asset.id)
        one = (await charging.judge(work, asset, token, kind=kind, starts=True)).verdict
        unit = await work.session.get_one(Unit, asset.unit_id)
        [many] = await telemetry.judge(work, [Shown(street.asset.id, unit.ocpp_identity, token, kind)])
        return {one, many.token} if many else {one}


async def decided(street: Street, owner: Subscriber, event: str) -> None:
    said = {"decision_id": f"d-{event}", "actor": street.world.customer_care.actor, "correlation_id": "test"}

    async def act(work: Work) -> None:
        if event == "suspend":
            await subscriber.suspend(work, owner.id, SuspendSubscription(**said, reason="Not paid"))
        elif event == "resume":
            await subscriber.resume(work, owner.id)
        else:
            await subscriber_closing.close(work, owner.id, CloseSubscription(**said, reason="Moves"))

    await street.do(act)


async def with_process(street: Street, number: str = "NL-1") -> Subscriber:
    """Somebody with a card, whose subscription decisions are taken about."""
    owner = await street.driver(number)
    named = (subscriber.workflow_id(owner.id), subscriber.WORKFLOW, owner.id, owner.reference)
    await street.do(lambda work: process.begin(work, *named))
    return owner


async def session_of(street: Street, number: int) -> ChargingSession:
    found = await street.rows(ChargingSession)
    return next(each for each in found if each.transaction_number == number)


async def test_a_car_charges_by_its_ids_alone_and_its_session_and_its_bill_tell_which_it_was(street: Street) -> None:
    owner = await street.driver()
    car = await registered(street, owner)
    number, verdict = await street.start(token="vid:a1b2c3d4e5f6")
    assert verdict is TokenVerdict.ACCEPTED
    await street.stop(number)
    await street.settle(await street.session())
    session, (record,) = await street.session(), await street.rows(Cdr)
    assert (session.vehicle_id, session.subscriber_id, session.stage) == (car.id, owner.id, SessionStage.SETTLED)
    assert (record.vehicle_id, record.subscriber_id, record.gross) == (car.id, owner.id, Decimal(5))
    assert await street.broken() == {}


@pytest.mark.parametrize(
    ("token", "kind", "verdict"),
    [
        (SHOWN, "", TokenVerdict.ACCEPTED),
        ("A1:B2:C3:D4:E5:F6", "", TokenVerdict.ACCEPTED),
        (SHOWN_IN_2, "MacAddress", TokenVerdict.ACCEPTED),
        ("a1-b2-c3-d4-e5-f6", "EVCCID", TokenVerdict.ACCEPTED),
        (SHOWN_IN_2, "ISO14443", TokenVerdict.INVALID),
        (SHOWN, "ISO14443", TokenVerdict.INVALID),
        (SHOWN_IN_2, "eMAID", TokenVerdict.INVALID),
        ("nl-tnm-c00122045-k", "eMAID", TokenVerdict.ACCEPTED),
        ("NLTNMC00122045", "", TokenVerdict.ACCEPTED),
        ("NLTNMC00122045J", "eMAID", TokenVerdict.INVALID),
        ("NLTNMC00122045", "KeyCode", TokenVerdict.INVALID),
    ],
)
async def test_what_a_station_says_a_token_is_decides_whether_it_is_the_car(
    street: Street, token: str, kind: str, verdict: TokenVerdict
) -> None:
    await registered(street, await street.driver(), MAC, CONTRACT)
    assert await verdicts(street, token, kind) == {verdict}


async def test_a_card_whose_uid_reads_like_a_car_s_id_stays_a_card(street: Street) -> None:
    await registered(street, await street.driver(), MAC, CONTRACT)
    for number in ("A1B2C3D4E5F6", "NLTNMC00122045"):
        async with street.desk.work(street.world.customer_care.actor, "test") as work:
            await card.add(work, ImportedCard(number=number, uid=number))
        assert await verdicts(street, number) == {TokenVerdict.BLOCKED}, "of a card that is in the pool"
    assert await verdicts(street, SHOWN) == {TokenVerdict.ACCEPTED}


async def test_of_two_agents_who_register_the_same_id_at_once_one_is_told_that_it_is_taken_and_not_by_whom(
    street: Street,
) -> None:
    one, other = await street.driver("NL-1"), await street.driver("NL-2")
    outcomes = await asyncio.gather(
        registered(street, one, OTHER_MAC, MAC), registered(street, other, SHOWN_IN_2, CONTRACT), return_exceptions=True
    )
    (made,) = [each for each in outcomes if isinstance(each, Vehicle)]
    (refused,) = [each for each in outcomes if isinstance(each, VehicleIdTaken)]
    assert refused.field == ("/ids/1/value" if made.subscriber_id == other.id else "/ids/0/value")
    assert not any(each in refused.detail for each in (one.reference, other.reference, made.reference))
    (kept,) = await street.rows(Vehicle)
    assert kept.id == made.id, "of the other nothing is left, nor of its other id"
    left = CONTRACT if made.subscriber_id == one.id else OTHER_MAC
    await registered(street, other, left)


async def test_a_car_that_is_gone_is_refused_at_once_and_whoever_has_it_now_registers_it_anew(
    street: Street, clock: Clock
) -> None:
    seller, buyer = await street.driver("NL-1"), await street.driver("NL-2")
    car = await registered(street, seller)
    number, _ = await street.start(token=SHOWN)
    await street.stop(number)
    clock.now = AT + timedelta(days=1)
    await removed(street, car, RemovalReason.STOLEN)
    assert await verdicts(street, SHOWN) == {TokenVerdict.BLOCKED}
    (gone,) = await street.rows(Vehicle)
    assert (gone.state, gone.removal_reason, gone.removed_at) == (VehicleState.REMOVED, "stolen", clock.now)
    with pytest.raises(StageDoesNotAllow):
        await removed(street, car)
    clock.now = AT + timedelta(days=2)
    again = await registered(street, buyer, "a1-b2-c3-d4-e5-f6")
    assert await verdicts(street, SHOWN) == {TokenVerdict.ACCEPTED}
    (before,) = await street.rows(ChargingSession)
    assert (before.vehicle_id, before.subscriber_id) == (car.id, seller.id)
    assert again.id != car.id


async def test_a_session_that_is_told_late_is_whose_the_car_was_when_it_began(street: Street, clock: Clock) -> None:
    seller, buyer = await street.driver("NL-1"), await street.driver("NL-2")
    clock.now = AT - timedelta(days=10)
    sold = await registered(street, seller)
    clock.now = AT - timedelta(days=6)
    await removed(street, sold)
    clock.now = AT - timedelta(days=3)
    bought = await registered(street, buyer)
    clock.now = AT
    whose = {}
    for days in (1, 5, 8, 20):
        number, _ = await street.start(token=SHOWN, started_at=AT - timedelta(days=days))
        whose[days] = await session_of(street, number)
        await street.stop(number, minutes=-days * 1440 + 30)
    told = {days: (each.subscriber_id, each.vehicle_id, each.verdict) for days, each in whose.items()}
    assert told[1] == (buyer.id, bought.id, "accepted")
    assert told[8] == (seller.id, sold.id, "accepted")
    assert told[5] == told[20] == (None, None, "blocked")
    reviewed = {each.subject_id for each in await street.rows(Task) if each.kind is TaskKind.REVIEW_SESSION}
    assert reviewed == {whose[5].id, whose[20].id}


async def test_a_car_charges_while_its_subscription_is_active_and_is_free_when_that_closes(
    street: Street, clock: Clock
) -> None:
    owner = await with_process(street)
    await registered(street, owner)
    for event, verdict in (("suspend", TokenVerdict.BLOCKED), ("resume", TokenVerdict.ACCEPTED)):
        clock.now += timedelta(days=1)
        await decided(street, owner, event)
        assert await verdicts(street, SHOWN) == {verdict}
    clock.now = AT + timedelta(days=3)
    number, _ = await street.start(token=SHOWN, started_at=AT + timedelta(days=1, hours=2))
    assert (await session_of(street, number)).verdict == "blocked", "as it was while it was suspended"
    await decided(street, owner, "close")
    (gone,) = await street.rows(Vehicle)
    assert (gone.state, gone.removal_reason) == (VehicleState.REMOVED, "closed")
    with pytest.raises(StageDoesNotAllow):
        await registered(street, owner)
    await registered(street, await street.driver("NL-2"))


async def test_a_car_that_is_registered_while_its_subscription_is_suspended_waits_for_it(street: Street) -> None:
    owner = await with_process(street)
    await decided(street, owner, "suspend")
    await registered(street, owner)
    assert await verdicts(street, SHOWN) == {TokenVerdict.BLOCKED}
    await decided(street, owner, "resume")
    assert await verdicts(street, SHOWN) == {TokenVerdict.ACCEPTED}


async def test_a_car_charges_once_by_whichever_id_and_a_card_of_its_subscription_beside_it(street: Street) -> None:
    await registered(street, await street.driver("NL-1"), MAC, CONTRACT)
    assert (await street.start(token=SHOWN))[1] is TokenVerdict.ACCEPTED
    assert (await street.start(token="NLTNMC00122045", connector=2))[1] is TokenVerdict.CONCURRENT
    assert (await street.start("NL-1", connector=2))[1] is TokenVerdict.ACCEPTED


async def test_limits_of_a_group_bear_on_the_car_with_all_its_ids(street: Street) -> None:
    owner = await street.driver("NL-1")
    made = await a_group(street.world, tag="TAXI", card_energy_wh=9_000)
    await taken_in(street.world, made, person=owner.reference)
    await registered(street, owner, MAC, CONTRACT)
    async with street.desk.database.transaction() as session:
        assert await tag_of(session, SHOWN_IN_2, "MacAddress") == await tag_of(session, SHOWN) == "TAXI"
        assert await tag_of(session, SHOWN_IN_2, "ISO14443") is None
    number, _ = await street.start(token=SHOWN)
    await street.stop(number)
    assert await verdicts(street, "NLTNMC00122045") == {TokenVerdict.NO_CREDIT}
    assert (await street.start("NL-1"))[1] is TokenVerdict.ACCEPTED


@pytest.mark.step("C10")
async def test_a_car_has_a_rate_of_its_own_before_that_of_its_account(street: Street) -> None:
    owner = await street.driver("NL-1")
    van = await registered(street, owner)
    await priced_by(street.desk, DEAR, account=owner.reference)
    await priced_by(street.desk, CHEAP, vehicle=van.reference)
    for token, gross in ((SHOWN, Decimal(1)), (uid_of("NL-1"), Decimal(20))):
        number, _ = await street.start(token=token)
        await street.stop(number)
        session = await session_of(street, number)
        await street.settle(session)
        (record,) = await street.records(session.id)
        assert record.gross == gross


async def test_ids_are_added_and_taken_off_one_by_one(street: Street) -> None:
    car = await registered(street, await street.driver(), MAC)

    async def add(said: str) -> None:
        async def act(work: Work) -> None:
            await vehicle.add_id(work, await vehicle.lock(work, car.reference), id_of(said))

        await street.do(act)

    await add(CONTRACT)
    assert await verdicts(street, CONTRACT, "eMAID") == {TokenVerdict.ACCEPTED}
    with pytest.raises(VehicleIdTaken):
        await add(MAC.lower())
    for number in range(IDS_LIMIT - 2):
        await add(f"02:00:00:00:00:{number:02}")
    with pytest.raises(LimitReached):
        await add("02:00:00:00:00:99")
    async with street.desk.database.transaction() as session:
        shown = await vehicles.shown(session, car.reference)
    assert shown is not None
    first = shown.ids[0]

    async def take_off(work: Work) -> None:
        await vehicle.remove_id(work, await vehicle.lock(work, car.reference), first.id)

    await street.do(take_off)
    assert await verdicts(street, SHOWN) == {TokenVerdict.BLOCKED}
    with pytest.raises(NotFound):
        await street.do(take_off)


@pytest.mark.step("L5", "C2")
async def test_a_car_stands_in_local_lists_while_it_may_charge_and_their_stations_are_told(street: Street) -> None:
    product = Owner("DUO-22", product_id=street.asset.product_id)
    await street.do(lambda work: wanting.set_list(work, product, NewList(all_cards=True)))
    car = await registered(street, await street.driver("NL-1"), MAC, CONTRACT)
    async with street.desk.database.transaction() as session:
        listed = await wanted.tokens_for(session, street.asset)
        found = await list_choice.candidates(session, street.asset.id, AT, 10, named=(), listed=())
    assert listed == [uid_of("NL-1"), "EMAID:NLTNMC00122045", SHOWN]
    assert {each.token for each in found} == set(listed)
    while await street.do(lambda work: wanting.spread(work, street.asset.product_id)):
        pass
    await removed(street, car)
    async with street.desk.database.transaction() as session:
        assert await wanted.tokens_for(session, street.asset) == [uid_of("NL-1")]
        assert [product for product, _ in await wanted.spreads(session)] == [street.asset.product_id]


async def test_an_outside_crm_is_told_of_cars_by_references_and_the_record_has_no_id_of_them(street: Street) -> None:
    async def subscribe(work: Work) -> None:
        operator = await organisations.operator(work.session)
        await notice.add_endpoint(work, operator.id, Channel.WEBHOOK, "https://crm.example/hook", [], "sealed")

    await street.do(subscribe)
    owner = await street.driver()
    car = await registered(street, owner, name="Zebulon's van")
    await removed(street, car)
    told = [each for each in await street.rows(Notice) if each.event.startswith("vehicle.")]
    assert [each.event for each in told] == [Event.VEHICLE_REGISTERED, Event.VEHICLE_REMOVED]
    assert {each.data["reference"] for each in told} == {car.reference}
    assert (told[0].data["subscriber"], told[1].data["reason"]) == (owner.reference, "sold")
    records = [each for each in await street.rows(TimelineEntry) if each.subject_id == car.id]
    assert [each.what for each in records] == ["vehicle registered", "vehicle removed"]
    whole = "".join(str(each.model_dump()) for each in records)
    assert not any(each in whole for each in ("A1B2C3D4E5F6", "Zebulon"))
