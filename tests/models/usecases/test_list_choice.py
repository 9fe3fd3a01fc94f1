"""The cards of a station's list are chosen from those that exist: by use, class and place, as many as fit (C2)."""

import dataclasses
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col

from models.messages.station import CommandOutcome
from models.messages.tariff import NewTariff
from models.messages.wanted import NewList, Owner, StationProgress, Todo
from models.rules import local_list as rules
from models.rules.card import BlockReason
from models.rules.group import StationAccess
from models.rules.list_choice import next_choice_at
from models.rules.local_list import HOLDS
from models.store import list_choice as facts
from models.store import tariffs
from models.store import wanted as store
from models.tables.asset import Asset
from models.tables.customer import Customer
from models.tables.site import Site
from models.tables.subscriber import Subscriber
from models.usecases import account_tariff, card, group, tariff, upkeep, upkeep_list, wanting
from models.usecases.work import Work
from tests.charging import PRICE, SINCE, Clock, Street
from tests.csms.standing import station_in_test
from tests.grouping import a_group, taken_in
from tests.models.usecases.test_local_list import said
from tests.models.usecases.test_upkeep import ACCEPTED, has
from tests.people import World
from tests.subscribing import a_subscriber, uid_of

pytestmark = pytest.mark.step("C2")


async def look(street: Street) -> StationProgress:
    return await street.do(lambda work: upkeep.look(work, street.asset.id))


async def answer(street: Street, todo: Todo | None, outcome: CommandOutcome) -> StationProgress:
    assert todo is not None
    return await street.do(lambda work: upkeep.note_answer(work, street.asset.id, todo, outcome))


async def claim(street: Street) -> Todo:
    todo = (await street.do(lambda work: upkeep.claim(work, street.asset.id))).todo
    assert todo is not None
    return todo


async def chosen(street: Street, holds: str | None, *named: str) -> Todo:
    """The first list of a station that has just been asked how many cards it holds."""
    owner, new = Owner(street.asset.name, asset_id=street.asset.id), NewList(tokens=named, chosen=True)
    await street.do(lambda work: wanting.set_list(work, owner, new))
    assert (await look(street)).todo == upkeep_list.ROOM
    told = await answer(street, upkeep_list.ROOM, has({HOLDS: holds}))
    assert told.todo == upkeep_list.READ
    told = await answer(street, told.todo, CommandOutcome(outcome="accepted", data={"version": 0}))
    assert told.todo == upkeep_list.SEND
    return await claim(street)


def listed(todo: Todo) -> set[str]:
    return {token for token, verdict in said(todo)[2].items() if verdict is not None}


def uids(*numbers: str) -> set[str]:
    return {uid_of(number) for number in numbers}


async def stands_at(
    street: Street, asset: Asset, latitude: float, city: str = "Amsterdam", postal_code: str = "1012 AB"
) -> None:
    place = Site(
        owner_id=street.world.municipality.id,
        street="Dam",
        house_number="1",
        postal_code=postal_code,
        city=city,
        municipality=city,
        country="NL",
        latitude=latitude,
        longitude=4.89,
    )
    async with street.desk.database.transaction() as session:
        session.add(place)
        await session.flush()
        await session.execute(sa.update(Asset).where(col(Asset.id) == asset.id).values(site_id=place.id))


async def lives_in(street: Street, who: Subscriber, city: str, postal_code: str) -> None:
    async with street.desk.database.transaction() as session:
        moved = sa.update(Customer).where(col(Customer.id) == who.customer_id)
        await session.execute(moved.values(city=city, postal_code=postal_code))


async def charge(street: Street, asset: Asset, number: str, times: int = 1) -> None:
    there = dataclasses.replace(street, asset=asset)
    for time in range(times):
        begun, _ = await there.start(number, minutes=2 * time, meter_start_wh=time)
        await there.stop(begun, minutes=2 * time + 1, register_wh=time)


async def block(street: Street, number: str) -> None:
    async def act(work: Work) -> None:
        await card.block(work, await card.lock(work, number), BlockReason.LOST)

    await street.do(act)


@pytest.fixture
async def neighbour(street: Street, world: World) -> Asset:
    """2 km from the street's station."""
    asset = await station_in_test(world, "HW-2")
    async with street.desk.database.transaction() as session:
        await session.execute(sa.update(Asset).values(stage="active"))
    await stands_at(street, street.asset, 52.37)
    await stands_at(street, asset, 52.388)
    return asset


async def test_a_station_is_given_the_cards_that_are_likeliest_to_be_shown_there_and_no_more_than_it_holds(
    street: Street, neighbour: Asset
) -> None:
    for number, (city, postal_code) in {
        "NL-1": ("Utrecht", "3512 AB"),
        "NL-2": ("Utrecht", "3512 AB"),
        "NL-3": ("AMSTERDAM", "1099 ZZ"),
        "NL-4": ("Diemen", "1012 XX"),
        "NL-5": ("Utrecht", "3512 AB"),
        "NL-6": ("Amsterdam", "1012 AB"),
    }.items():
        await lives_in(street, await street.driver(number), city, postal_code)
    await charge(street, street.asset, "NL-1")
    await charge(street, neighbour, "NL-2", times=3)
    await charge(street, street.asset, "NL-6", times=3)
    await block(street, "NL-6")
    assert listed(await chosen(street, "3")) == uids("NL-1", "NL-2", "NL-3")
    for room, more in (("4", "NL-4"), ("5", "NL-5")):
        await street.do(lambda work: wanting.remove_list(work, Owner("", asset_id=street.asset.id)))
        await booted(street)
        again = listed(await chosen(street, room))
        assert len(again) == int(room)
        assert uid_of(more) in again


async def booted(street: Street) -> None:
    """What it has told before is asked for again."""
    async with street.desk.database.transaction() as session:
        row = await store.known_list(session, street.asset.id)
        assert row is not None
        row.room_at = row.read_at = None


async def test_cards_of_a_class_that_charges_there_come_before_those_of_one_that_does_not(
    street: Street, neighbour: Asset
) -> None:
    drivers = [await street.driver(f"NL-{number}") for number in range(4)]
    for each in (drivers[1], drivers[3]):
        await charged_by(street, each, "FLEET")
    await charged_by(street, drivers[0], "FLEET")
    await charged_by(street, drivers[0], "OTHER")  # the one that holds now counts, not the first
    await charge(street, neighbour, "NL-3")
    assert listed(await chosen(street, "2")) == uids("NL-1", "NL-3")


async def charged_by(street: Street, who: Subscriber, code: str) -> None:
    async def give(work: Work) -> None:
        if await tariffs.find(work.session, code) is None:
            await tariff.create(work, NewTariff(code=code, name=code, tariff=PRICE, valid_from=SINCE))
        await account_tariff.give(work, who, code, street.at - timedelta(days=2 if code == "FLEET" else 1))

    await street.do(give)


async def concerned(street: Street) -> set[UUID]:
    """Who hears of it: and they have, after that."""
    async with street.desk.database.transaction() as session:
        found = set(await facts.concerned(session, 10))
    assert await street.do(wanting.tell_concerned) == len(found)
    assert await street.do(wanting.tell_concerned) == 0
    return found


async def given_a_card(street: Street, number: str, city: str, postal_code: str) -> None:
    who = await a_subscriber(street.world)
    await lives_in(street, who, city, postal_code)
    await street.give_card(who, number)


async def test_a_card_that_changes_reaches_only_the_stations_that_have_it_or_for_which_something_speaks(
    street: Street, neighbour: Asset
) -> None:
    await stands_at(street, neighbour, 53.2, "Groningen", "9711 AA")
    first, second = await street.driver("NL-1"), await street.driver("NL-2")
    await lives_in(street, second, "Utrecht", "3512 AB")
    for asset, number in ((street.asset, "NL-1"), (neighbour, "NL-2")):
        await charge(street, asset, number)
        assert listed(await chosen(dataclasses.replace(street, asset=asset), "1")) == uids(number)
    await concerned(street)
    await given_a_card(street, "NL-3", "Utrecht", "3512 AB")
    assert await concerned(street) == set()
    await given_a_card(street, "NL-4", "GRONINGEN", "9999 ZZ")
    assert await concerned(street) == {neighbour.id}
    await block(street, "NL-1")
    assert await concerned(street) == {street.asset.id}
    await street.give_card(second, "NL-5")  # it has charged there
    assert await concerned(street) == {neighbour.id}
    await taken_in(street.world, await a_group(street.world), station=street.asset.name, person=first.reference)
    await concerned(street)
    async with street.desk.database.transaction() as session:
        await session.execute(sa.update(Asset).where(col(Asset.id) == street.asset.id).values(site_id=None))
    await street.give_card(first, "NL-6")
    assert street.asset.id in await concerned(street)


async def test_a_card_that_is_named_is_on_the_list_before_all_others(street: Street) -> None:
    for number in ("NL-1", "NL-2", "NL-3"):
        await street.driver(number)
    await charge(street, street.asset, "NL-1")
    assert listed(await chosen(street, "2", uid_of("NL-3"))) == uids("NL-1", "NL-3")


@pytest.mark.step("S6")
async def test_a_station_knows_the_cards_of_its_group_first_and_a_closed_one_knows_no_others(street: Street) -> None:
    world, station = street.world, street.asset.name
    for number in ("NL-1", "NL-2", "NL-3"):
        await street.driver(number)
    await charge(street, street.asset, "NL-1")
    member = await street.driver("NL-4")
    taxis = await a_group(world)
    await taken_in(world, taxis, station=station, person=member.reference, card="NL-3")
    assert listed(await chosen(street, "3")) == uids("NL-1", "NL-3", "NL-4")
    await street.do(lambda work: group.open_station(work, taxis, station, StationAccess.CLOSED))
    assert (await look(street)).todo == upkeep_list.SEND
    assert listed(await claim(street)) == uids("NL-3", "NL-4")
    await street.do(lambda work: group.let_card_go(work, taxis, "NL-3"))
    while await street.do(lambda work: wanting.spread(work, street.asset.product_id)):
        pass
    assert (await look(street)).todo == upkeep_list.SEND
    assert listed(await claim(street)) == uids("NL-4")


async def test_a_replaced_card_leaves_the_list_at_once_and_its_successor_takes_its_place(street: Street) -> None:
    owner = await street.driver("NL-1")
    await street.driver("NL-2")
    await charge(street, street.asset, "NL-1")
    first = await chosen(street, "1")
    assert listed(first) == uids("NL-1")
    assert (await answer(street, first, ACCEPTED)).todo is None
    await block(street, "NL-1")
    async with street.desk.database.transaction() as session:
        assert await store.tokens_for(session, street.asset) == []
    await street.give_card(owner, "NL-3")
    assert await concerned(street) == {street.asset.id}
    assert (await look(street)).todo == upkeep_list.SEND
    assert said(await claim(street)) == ("full", 2, {uid_of("NL-3"): "accepted"})


async def test_what_was_chosen_stays_until_the_night_and_is_chosen_anew_then(street: Street, clock: Clock) -> None:
    for number in ("NL-1", "NL-2"):
        await street.driver(number)
    first = await chosen(street, "1")
    assert listed(first) == uids("NL-1")
    night = next_choice_at(clock.now, street.asset.id, street.desk.terms.zone)
    progress = await answer(street, first, ACCEPTED)
    assert (progress.todo, progress.look_at) == (None, night)
    await charge(street, street.asset, "NL-2")
    assert (await look(street)).todo is None
    clock.now = night
    assert (await look(street)).todo == upkeep_list.SEND
    assert listed(await claim(street)) == uids("NL-2")


async def test_a_station_that_does_not_tell_how_many_it_holds_is_given_a_few(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ("NL-1", "NL-2"):
        await street.driver(number)
    monkeypatch.setattr(rules, "UNTOLD", 1)
    assert len(listed(await chosen(street, None))) == 1


async def test_a_station_that_keeps_silent_about_it_is_left_alone_for_a_while(street: Street, clock: Clock) -> None:
    owner = Owner(street.asset.name, asset_id=street.asset.id)
    await street.do(lambda work: wanting.set_list(work, owner, NewList(chosen=True)))
    progress = await answer(street, (await look(street)).todo, CommandOutcome(outcome="timed_out"))
    assert progress.todo is None
    assert progress.look_at is not None
    clock.now = max(progress.look_at, clock.now + timedelta(seconds=1))
    assert (await look(street)).todo == upkeep_list.ROOM
