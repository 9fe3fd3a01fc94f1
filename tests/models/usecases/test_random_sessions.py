"""Random drivers at stations, on real PostgreSQL: whatever is told late, twice or out of order, each session has one
bill data record of what it cost, nobody is overdrawn on-line, and the ledger reconciles (C1, C2, C5, B1, B8)."""

import asyncio
import dataclasses
import itertools
import random
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from models.money import Money
from models.rules.authorisation import TokenVerdict
from models.rules.card import BlockReason
from models.rules.commissioning import CommissioningStage
from models.rules.sequence import Phase
from models.rules.session import Flag, SessionStage
from models.rules.subscriber import Payment
from models.settings import Settings
from models.store.database import Database
from models.tables.asset import Asset
from models.usecases import card, hold, ledger
from models.usecases.work import Desk, Terms, Work
from tests import pricing
from tests.charging import AT, Clock, Street, a_street
from tests.csms.standing import station_in_test
from tests.network import A_KWH, FEE, Charge, Driver, Message, Network, Station
from tests.people import World
from tests.stories import play

WH_IN_TWO_MINUTES = 720
"""At a little less than the highest power of the stations."""
PRICE = pricing.tariff(
    pricing.element(pricing.component("FLAT", str(FEE), "21"), pricing.component("ENERGY", str(A_KWH), "21")),
    tax_included="YES",
)
WHO = st.sampled_from(range(3))
POOR = 1
UNTIL_SPENT = 90
"""Steps in which some 30 euros are spent."""
WHERE = st.sampled_from(range(4))
"""Two connectors of two stations."""
WHICH = st.integers(0, 11)
"""Of those that there are, round about: what is drawn must not hang on what came of it."""
DIES = st.sampled_from((False, False, True))
fresh = itertools.count(1)


class Story:
    """Three drivers with two cards each; two of them pay ahead."""

    def __init__(self, network: Network, drivers: list[Driver]) -> None:
        self.network = network
        self.drivers = drivers
        self.at_work = True
        self.told: list[Message] = []
        self.registers = dict.fromkeys(range(4), 1000)

    @property
    def going_on(self) -> list[Charge]:
        return [each for each in self.network.charges if not each.is_over]

    def place(self, place: int) -> tuple[Station, int]:
        return self.network.stations[place // 2], place % 2 + 1

    def is_free(self, place: int) -> bool:
        return all((each.station, each.connector) != self.place(place) for each in self.going_on)

    async def say(self, charge: Charge, phase: Phase) -> None:
        """At once, or when there is a connection again."""
        message = self._message(charge, phase)
        station = charge.station
        if not station.is_connected:
            charge.is_watched = False
            station.untold.append(message)
            return
        await self._tell([message])
        if phase is Phase.STARTED and charge.answered is not TokenVerdict.ACCEPTED:
            await self.explained(charge)
            await self.end(charge)

    async def end(self, charge: Charge) -> None:
        if not charge.is_over:
            charge.is_over = True
            await self.say(charge, Phase.ENDED)

    async def work(self) -> None:
        if self.at_work:
            await self.network.work(self._told_to_stop)

    async def comes_back(self, station: Station, messages: Iterable[Message]) -> None:
        station.is_connected, station.untold = True, []
        await self._tell(messages)

    async def explained(self, charge: Charge) -> None:
        """Why a card of theirs was refused."""
        account = await self.network.street.account(charge.driver.row)
        assert account.available is not None
        if charge.answered is TokenVerdict.NO_CREDIT:
            assert account.available < self.network.street.desk.terms.session_least
            return
        assert charge.answered is TokenVerdict.CONCURRENT
        others = [each for each in self.network.charges if each.card == charge.card and each is not charge]
        running = await self.network.sessions()
        assert any(running[each.number].stopped_at is None for each in others if each.number is not None)

    async def _told_to_stop(self, charge: Charge) -> None:
        if charge.station.is_connected:
            await self.end(charge)

    async def _tell(self, messages: Iterable[Message]) -> None:
        for each in messages:
            await self.network.tell(each)
            self.told.append(each)

    def _message(self, charge: Charge, phase: Phase) -> Message:
        charge.events += 1
        register, late = charge.began_wh + charge.energy_wh, not charge.station.is_connected
        return Message(charge, phase, self.network.street.desk.clock(), charge.events - 1, register, late)


class Sessions(RuleBasedStateMachine):
    """``runner``, ``street`` and ``assets`` are set by the test that runs it."""

    runner: asyncio.Runner
    street: Street
    assets: list[tuple[UUID, str, str]]

    @initialize(cut_off=st.integers(0, 1), silent_h=st.sampled_from((1, 26)), which=st.integers(0, 1), dies=DIES)
    def begin(self, cut_off: int, silent_h: int, which: int, dies: bool) -> None:
        """Every story has in it what few would come to by chance."""
        self._clock().now = AT
        stations = [Station(*each) for each in self.assets]
        self.story = Story(Network(self.street, stations), [])
        for payment, paid_in in ((Payment.PREPAID, "30"), (Payment.PREPAID, "8"), (Payment.POSTPAID, "0")):
            self.story.drivers.append(self.runner.run(self._driver(payment, paid_in)))
        self.one_plugs_in(0, 0, 0, dies)
        self.one_plugs_in(POOR, 0, 2, dies)
        self.a_station_is_cut_off_while_cars_charge(cut_off, silent_h, dies)
        self.the_poor_one_charges_until_the_money_runs_out(which, cut_off, dies)

    @rule(which=st.integers(0, 1), silent_h=st.sampled_from((1, 26)), dies=DIES)
    def a_station_is_cut_off_while_cars_charge(self, which: int, silent_h: int, dies: bool) -> None:
        """One more begins meanwhile. After a day without a word those from before are closed from the facts, and
        corrected by what comes in the end."""
        self.energy_flows(5, dies)
        self.a_station_loses_its_connection(which)
        self.one_plugs_in(POOR, 1, 2 * which, dies)
        self.hours_go_by(silent_h)
        for each in self.story.going_on:
            if not each.station.is_connected:
                self._run(self.story.end(each), dies)
        self.a_station_comes_back(which, silent_h, dies)
        self._run(self.story.work(), dies)

    @precondition(lambda self: all(each.is_connected for each in self.story.network.stations))
    @rule(which=st.integers(0, 1), where=WHERE, dies=DIES)
    def the_poor_one_charges_until_the_money_runs_out(self, which: int, where: int, dies: bool) -> None:
        """At one place, for which the money is there at the beginning."""
        for each in self.story.going_on:
            if each.driver is self.story.drivers[POOR]:
                self._run(self.story.end(each), dies)
        self.one_tops_up(POOR, "10", again=False)
        self._run(self.story.work(), dies)
        self.one_plugs_in(POOR, which, where, dies)
        charge = self.story.network.charges[-1]
        steps = iter(range(UNTIL_SPENT))
        while charge in self.story.going_on and not charge.is_full and next(steps, None) is not None:
            self.energy_flows(1, dies)

    @rule(who=WHO, which=st.integers(0, 1), where=WHERE, dies=DIES)
    def one_plugs_in(self, who: int, which: int, where: int, dies: bool) -> None:
        self._run(self._plug_in(who, which, where), dies)

    @rule(who=WHO, where=st.permutations(range(4)))
    def one_plugs_in_twice_at_once(self, who: int, where: list[int]) -> None:
        """With both cards: the same money is not spent twice."""
        self._run(self._plug_in_at_once(who, where[0], where[1]), dies=False)

    @precondition(lambda self: self.story.going_on)
    @rule(steps=st.sampled_from((5, 20, 60)), dies=DIES)
    def energy_flows(self, steps: int, dies: bool) -> None:
        for _ in range(steps):
            self._clock().now += timedelta(minutes=2)
            self._run(self._flow(), dies)

    @rule(hours=st.sampled_from((1, 6, 26)))
    def hours_go_by(self, hours: int) -> None:
        """Cars are full by then, and stations keep silent."""
        self._clock().now += timedelta(hours=hours)
        for each in self.story.going_on:
            if not each.station.is_connected and not each.is_full:
                each.energy_wh += 5000
            each.is_full = True
        self.runner.run(self.street.do(hold.expire))
        self._run(self.story.work(), dies=False)

    @precondition(lambda self: self.story.going_on)
    @rule(which=WHICH, dies=DIES)
    def one_unplugs(self, which: int, dies: bool) -> None:
        going_on = self.story.going_on
        self._run(self.story.end(going_on[which % len(going_on)]), dies)

    @precondition(lambda self: any(each.is_connected for each in self.story.network.stations))
    @rule(which=st.integers(0, 1))
    def a_station_loses_its_connection(self, which: int) -> None:
        station = self.story.network.stations[which]
        station.is_connected = False
        for each in self.story.going_on:
            each.is_watched &= each.station is not station

    @precondition(lambda self: not all(each.is_connected for each in self.story.network.stations))
    @rule(which=st.integers(0, 1), order=st.integers(0, 2**16), dies=DIES)
    def a_station_comes_back(self, which: int, order: int, dies: bool) -> None:
        """With all that it could not tell; one of OCPP 2 in any order, and some of it twice."""
        station = self.story.network.stations[which]
        self._run(self.story.comes_back(station, self._in_some_order(station, random.Random(order))), dies)

    @rule(which=WHICH, dies=DIES)
    def something_is_told_again(self, which: int, dies: bool) -> None:
        told = self.story.told
        self._run(self.story.network.tell(told[-1 - which % len(told)]), dies)

    @precondition(lambda self: self.story.going_on)
    @rule(steps=st.sampled_from((5, 30)), dies=DIES)
    def energy_flows_while_no_worker_is_there(self, steps: int, dies: bool) -> None:
        for each in self.story.going_on:
            each.is_watched = False
        self.story.at_work = False
        self.energy_flows(steps, dies)
        self.story.at_work = True
        self._run(self.story.work(), dies)

    @rule(who=st.integers(0, 1), amount=st.sampled_from(("5", "20")), again=st.booleans())
    def one_tops_up(self, who: int, amount: str, again: bool) -> None:
        driver, payment = self.story.drivers[who], f"pay-{next(fresh)}"
        for _ in range(2 if again else 1):
            self.runner.run(self._top_up(driver, amount, payment))
        driver.paid_in += Decimal(amount)

    @rule(who=WHO, which=st.integers(0, 1))
    def a_card_is_replaced(self, who: int, which: int) -> None:
        self.runner.run(self._replace(self.story.drivers[who], which))

    def teardown(self) -> None:
        """All is told, and all is done: then the books tell what happened."""
        self.story.network.dies = False
        self.runner.run(self._come_to_an_end())
        self.runner.run(self._judge())

    async def _come_to_an_end(self) -> None:
        for each in self.story.going_on:
            await self.story.end(each)
        for station in self.story.network.stations:
            await self.story.comes_back(station, station.untold)
        await self.story.work()

    async def _judge(self) -> None:
        assert await self.street.broken() == {}
        charges, rows = self.story.network.charges, await self.story.network.sessions()
        assert sorted(rows) == sorted(each.number or 0 for each in charges)
        assert {row.stage for row in rows.values()} <= {SessionStage.SETTLED, SessionStage.CORRECTED}
        for each in charges:
            assert rows[each.number or 0].verdict == each.verdict
            records = await self.street.records(rows[each.number or 0].id)
            assert sum(record.gross for record in records) == each.price
            assert not (each.is_watched and Flag.NOT_COVERED in rows[each.number or 0].flags), "stopped in time"
        for driver in self.story.drivers:
            account = await self.street.account(driver.row)
            spent = sum((each.price for each in charges if each.driver is driver), Decimal(0))
            assert (account.balance, account.held) == (driver.paid_in - spent, Decimal(0))

    async def _driver(self, payment: Payment, paid_in: str) -> Driver:
        cards = [f"NL-{next(fresh)}" for _ in range(2)]
        row = await self.street.driver(cards[0], payment=payment, balance=paid_in)
        await self.street.give_card(row, cards[1])
        return Driver(row, cards, Decimal(paid_in))

    async def _plug_in(self, who: int, which: int, where: int) -> None:
        charge = self._plugged(who, which, where)
        if charge is not None:
            await self.story.say(charge, Phase.STARTED)
            await self.story.work()

    async def _plug_in_at_once(self, who: int, *where: int) -> None:
        charges = [self._plugged(who, which, place) for which, place in enumerate(where)]
        await asyncio.gather(*(self.story.say(each, Phase.STARTED) for each in charges if each is not None))
        await self.story.work()

    def _plugged(self, who: int, which: int, where: int) -> Charge | None:
        """At the next free place; None where a car stands everywhere."""
        free = [place for place in (*range(where, 4), *range(where)) if self.story.is_free(place)]
        if not free:
            return None
        where = free[0]
        (station, connector), driver = self.story.place(where), self.story.drivers[who]
        self.story.registers[where] += 500_000
        charge = Charge(
            station,
            connector,
            driver,
            driver.cards[which],
            self._clock().now,
            self.story.registers[where],
            f"T-{next(fresh)}",
            is_watched=station.is_connected,
        )
        self.story.network.charges.append(charge)
        return charge

    async def _flow(self) -> None:
        for each in self.story.going_on:
            if not each.is_full:
                each.energy_wh += WH_IN_TWO_MINUTES
                await self.story.say(each, Phase.UPDATED)
        await self.story.work()

    async def _top_up(self, driver: Driver, amount: str, payment: str) -> None:
        account = await self.street.account(driver.row)
        await self.street.do(lambda work: ledger.top_up(work, account.id, Money(Decimal(amount), "EUR"), payment))

    async def _replace(self, driver: Driver, which: int) -> None:
        old, new = driver.cards[which], f"NL-{next(fresh)}"
        self._clock().now += timedelta(seconds=1)  # behind whatever was charged with it

        async def block(work: Work) -> None:
            await card.block(work, await card.lock(work, old), BlockReason.LOST)

        await self.street.do(block)
        await self.street.give_card(driver.row, new)
        driver.cards[which] = new

    def _in_some_order(self, station: Station, chance: random.Random) -> list[Message]:
        if station.speaks != "2" or not station.untold:
            return station.untold
        return chance.sample(again := [*station.untold, *chance.choices(station.untold, k=3)], len(again))

    def _run(self, doing: object, dies: bool) -> None:
        self.story.network.dies = dies
        self.runner.run(doing)  # type: ignore[arg-type]

    def _clock(self) -> Clock:
        clock = self.street.desk.clock
        assert isinstance(clock, Clock)
        return clock


async def _stations(world: World, desk: Desk) -> tuple[Street, list[tuple[UUID, str, str]]]:
    street = await a_street(world, desk, PRICE)
    other = await station_in_test(world, "HW-2")
    async with desk.database.transaction() as writing:
        await writing.execute(sa.update(Asset).values(stage=CommissioningStage.ACTIVE))
    return street, [(street.asset.id, "CP-HW-1", "1.6"), (other.id, "CP-HW-2", "2")]


def play_sessions(world: World, settings: Settings, stories: int, steps: int) -> None:
    database = Database(settings.sqlalchemy_url)
    desk = Desk(database, Terms.of(settings), Clock())
    with asyncio.Runner() as runner:
        street, assets = runner.run(_stations(dataclasses.replace(world, desk=desk), desk))
        play(Sessions, stories, steps, runner=runner, street=street, assets=assets)
        runner.run(database.close())


@pytest.mark.timeout(180)
@pytest.mark.step("C1", "C2", "C5", "B1", "B8", "S4")
def test_whatever_happens_at_stations_each_session_is_billed_once_for_what_it_cost(
    world: World, settings: Settings
) -> None:
    play_sessions(world, settings, stories=3, steps=15)


@pytest.mark.hard
@pytest.mark.timeout(900)
@pytest.mark.step("C1", "C2", "C5", "B1", "B8", "S4")
def test_many_long_stories_of_sessions_are_billed_once_for_what_they_cost(world: World, settings: Settings) -> None:
    play_sessions(world, settings, stories=14, steps=30)
