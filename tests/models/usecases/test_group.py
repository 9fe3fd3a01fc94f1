"""Groups in the rows: who comes in and goes, which cards are kept, what limits do at the stations (S6)."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.errors import AlreadyExists, CardTaken, InvalidInput, NotFound, StageDoesNotAllow
from models.messages.group import GroupChange, GroupLimits
from models.messages.telemetry import Shown, Verdict
from models.rules.authorisation import TokenVerdict
from models.rules.group import StationAccess
from models.rules.subscriber import Payment
from models.rules.tariff_choice import Asked
from models.store.viewer import EVERYTHING
from models.tables.card import Card
from models.tables.group import DriverGroup
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber
from models.usecases import card, group, telemetry
from models.usecases import tariff as tariffs
from models.usecases.work import Work
from tests.charging import Clock, Street, priced_by
from tests.csms.standing import IDENTITY
from tests.grouping import a_group, taken_in
from tests.pricing import component, element, tariff
from tests.subscribing import cards_in_pool, uid_of

pytestmark = pytest.mark.step("S6")
V = TokenVerdict


async def limited(street: Street, **limits: Any) -> DriverGroup:
    """A group with two people and their cards, NL-1 and NL-2."""
    made = await a_group(street.world, **limits)
    for number in ("NL-1", "NL-2"):
        await taken_in(street.world, made, person=(await street.driver(number)).reference)
    return made


async def shown(street: Street, *numbers: str) -> list[Verdict | None]:
    asked = [Shown(street.asset.id, IDENTITY, uid_of(number)) for number in numbers]
    return await street.do(lambda work: telemetry.judge(work, asked))


async def charged(street: Street, clock: Clock, number: str, minutes: float) -> TokenVerdict:
    """An hour and 10 kWh, which cost 5 EUR."""
    clock.now = street.later(minutes)
    transaction, verdict = await street.start(number, minutes)
    clock.now = street.later(minutes + 60)
    await street.stop(transaction, minutes + 60)
    await street.settle((await street.rows(ChargingSession))[-1])
    return verdict


async def opened(street: Street, of: DriverGroup, access: StationAccess) -> None:
    async def open_station(work: Work) -> None:
        row = await group.find(work, of.reference, EVERYTHING)
        await group.open_station(work, row, street.asset.name, access)

    await street.do(open_station)


async def test_a_closed_station_takes_the_cards_of_its_group_only_and_tells_their_tag(street: Street) -> None:
    made = await limited(street, tag="taxi")
    await street.driver("NL-3")
    await taken_in(street.world, made, station=street.asset.name)
    assert await shown(street, "NL-1", "NL-3") == [Verdict(V.ACCEPTED, "TAXI"), Verdict(V.ACCEPTED)]
    await opened(street, made, StationAccess.CLOSED)
    assert await shown(street, "NL-1", "NL-3") == [Verdict(V.ACCEPTED, "TAXI"), Verdict(V.NOT_AT_THIS_LOCATION)]
    assert [(await street.start(number))[1] for number in ("NL-3", "NL-1")] == [V.NOT_AT_THIS_LOCATION, V.ACCEPTED]
    assert [each.group_id for each in await street.rows(ChargingSession)] == [None, made.id]


async def test_who_has_left_is_a_stranger_at_once_and_a_station_that_left_is_open(street: Street) -> None:
    made = await limited(street)
    (first, *_) = await street.rows(Subscriber)
    await taken_in(street.world, made, station=street.asset.name)
    await opened(street, made, StationAccess.CLOSED)

    async def leave(work: Work) -> None:
        await group.let_person_go(work, await group.find(work, made.reference, EVERYTHING), first.reference)

    await street.do(leave)
    assert await shown(street, "NL-1", "NL-2") == [Verdict(V.NOT_AT_THIS_LOCATION), Verdict(V.ACCEPTED, made.tag)]
    with pytest.raises(NotFound):
        await street.do(leave)

    async def let_go(work: Work) -> None:
        await group.let_station_go(work, await group.find(work, made.reference, EVERYTHING), street.asset.name)

    await street.do(let_go)
    assert await shown(street, "NL-1") == [Verdict(V.ACCEPTED)]


async def test_of_a_group_that_may_charge_once_two_who_start_at_once_get_one_session(street: Street) -> None:
    await limited(street, sessions=1)
    both = await asyncio.gather(street.start("NL-1", connector=1), street.start("NL-2", connector=2))
    assert sorted(verdict for _, verdict in both) == [V.ACCEPTED, V.CONCURRENT]
    assert await shown(street, "NL-1", "NL-2") == [Verdict(V.ACCEPTED, "GR-2026-000001")] * 2  # it may be to stop


@pytest.mark.parametrize("limits", [{"energy_wh": 20_000}, {"amount": "10.00"}])
async def test_what_the_group_has_used_in_a_month_refuses_all_of_its_cards_until_the_next(
    street: Street, clock: Clock, limits: dict[str, Any]
) -> None:
    made = await limited(street, **limits)
    assert [await charged(street, clock, each, minutes) for each, minutes in (("NL-1", 0), ("NL-2", 70))] == [
        V.ACCEPTED,
        V.ACCEPTED,
    ]
    assert [each and each.token for each in await shown(street, "NL-1", "NL-2")] == [V.NO_CREDIT] * 2
    assert (await street.start("NL-1", 140))[1] is V.NO_CREDIT
    used = await street.do(lambda work: group.use(work, made))
    assert (used[1], used[2].energy_wh, used[2].amount) == (0, 20_000, Decimal("10.0000"))
    clock.now += timedelta(days=1)  # it was the last of the month
    assert [each and each.token for each in await shown(street, "NL-1", "NL-2")] == [V.ACCEPTED] * 2


async def test_a_limit_that_is_used_up_keeps_nobody_of_the_group_from_stopping_what_goes_on_there(
    street: Street, clock: Clock
) -> None:
    await limited(street, energy_wh=20_000)
    await charged(street, clock, "NL-1", 0)
    number, _ = await street.start("NL-1", 70)
    await street.meter(number, 80, 11_000)
    assert [each and each.token for each in await shown(street, "NL-1", "NL-2")] == [V.ACCEPTED] * 2
    assert (await street.start("NL-2", 90, connector=2))[1] is V.NO_CREDIT
    await street.stop(number, 100)
    assert [each and each.token for each in await shown(street, "NL-1", "NL-2")] == [V.NO_CREDIT] * 2


async def test_the_price_that_is_asked_for_a_subscription_is_its_groups(street: Street) -> None:
    made = await limited(street)
    (owner, *_) = await street.rows(Subscriber)
    dear = tariff(element(component("ENERGY", "9", "21")), tax_included="YES")
    await priced_by(street.desk, dear, group=made.id)
    asked = Asked(street.at, asset_id=street.asset.id)

    async def prices(work: Work) -> list[Decimal]:
        asking = [await tariffs.asked_by(work, asked, account=each) for each in (owner.reference, None)]
        found = [await tariffs.held(work, each) for each in asking]
        return [each.said.elements[0].price_components[0].price for each in found if each]

    assert await street.do(prices) == [Decimal(9), Decimal("0.50")]


async def test_what_one_card_has_used_refuses_that_card_alone(street: Street, clock: Clock) -> None:
    await limited(street, card_energy_wh=10_000, card_sessions=2)
    assert await charged(street, clock, "NL-1", 0) is V.ACCEPTED
    assert [each and each.token for each in await shown(street, "NL-1", "NL-2")] == [V.NO_CREDIT, V.ACCEPTED]
    started = [(await street.start("NL-2", 70 + connector, connector=connector))[1] for connector in (1, 2, 3)]
    assert started == [V.ACCEPTED, V.ACCEPTED, V.CONCURRENT]


async def test_limits_that_change_bear_on_the_next_start(street: Street, clock: Clock) -> None:
    made = await limited(street, energy_wh=10_000)
    await charged(street, clock, "NL-1", 0)
    wanted = GroupChange(limits=GroupLimits(energy_wh=10_001))

    async def change(work: Work) -> None:
        await group.change(work, await group.lock(work, made.reference, EVERYTHING), wanted)

    await street.do(change)
    assert [each and each.token for each in await shown(street, "NL-1")] == [V.ACCEPTED]


@pytest.mark.step("C10")
async def test_a_session_is_charged_by_the_tariff_of_the_group(street: Street, clock: Clock) -> None:
    made = await limited(street)
    await priced_by(street.desk, tariff(element(component("ENERGY", "0.10"))), group=made.id)
    await charged(street, clock, "NL-1", 0)
    (record,) = await street.records((await street.session()).id)
    assert record.gross == Decimal(1)


async def test_a_card_that_is_kept_for_a_group_goes_to_nobody_else(street: Street) -> None:
    made = await limited(street)
    await cards_in_pool(street.world, "NL-8", "NL-9")
    await taken_in(street.world, made, card="NL-8")
    people = await street.rows(Subscriber)
    stranger = await street.driver("NL-3")

    async def assign(owner: Subscriber, number: str | None) -> Card:
        return await street.do(lambda work: _assigned(work, owner, number))

    with pytest.raises(CardTaken):
        await assign(stranger, "NL-8")
    assert (await assign(stranger, None)).number == "NL-9"
    assert (await assign(people[0], None)).number == "NL-8"


async def _assigned(work: Work, owner: Subscriber, number: str | None) -> Card:
    return await card.assign(work, await work.session.get_one(Subscriber, owner.id), number)


async def test_a_card_of_its_own_charges_for_the_group_whosever_it_is(street: Street, clock: Clock) -> None:
    made = await a_group(street.world, tag="TAXI")
    await street.driver("NL-1", payment=Payment.PREPAID, balance="50")
    await taken_in(street.world, made, card="NL-1")
    assert await shown(street, "NL-1") == [Verdict(V.ACCEPTED, "TAXI")]
    await charged(street, clock, "NL-1", 0)
    assert (await street.session()).group_id == made.id

    async def let_go(work: Work) -> None:
        await group.let_card_go(work, await group.find(work, made.reference, EVERYTHING), "NL-1")

    await street.do(let_go)
    assert await shown(street, "NL-1") == [Verdict(V.ACCEPTED)]


async def test_what_belongs_to_one_group_is_not_taken_by_another(street: Street) -> None:
    made = await limited(street)
    other = await a_group(street.world)
    await taken_in(street.world, made, card="NL-1", station=street.asset.name)
    person = (await street.rows(Subscriber))[0]
    for members in ({"person": person.reference}, {"card": "NL-1"}, {"station": street.asset.name}):
        with pytest.raises(AlreadyExists):
            await taken_in(street.world, other, **members)
    for members in ({"person": "SUB-1"}, {"card": "NL-77"}, {"station": "NL-STM-999999"}):
        with pytest.raises(InvalidInput):
            await taken_in(street.world, other, **members)


async def test_a_card_of_the_groups_people_goes_with_them_only(street: Street) -> None:
    made = await limited(street)

    async def let_go(work: Work) -> None:
        await group.let_card_go(work, await group.find(work, made.reference, EVERYTHING), "NL-1")

    with pytest.raises(StageDoesNotAllow):
        await street.do(let_go)


async def test_a_group_has_an_owner_and_a_tag_of_its_own(street: Street) -> None:
    made = await a_group(street.world)
    assert made.tag == made.reference
    with pytest.raises(AlreadyExists):
        await a_group(street.world, tag=made.tag)
    with pytest.raises(InvalidInput) as refused:
        await a_group(street.world, organisation_id=street.world.installer.id)
    assert refused.value.field == "/organisation_id"
