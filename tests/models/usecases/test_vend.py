"""Stations that bill nothing, in the rows: who charges there, what their sessions leave, what was told late (S7)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from models.errors import PriceChanged
from models.messages.session import NewSession, SeenPrice
from models.messages.telemetry import Shown, Transacted, Verdict
from models.rules.authorisation import TokenVerdict
from models.rules.card import BlockReason
from models.rules.group import StationAccess
from models.rules.sequence import Phase, Told
from models.rules.session import Flag, SessionStage
from models.rules.session_usage import Doing, Mark
from models.rules.subscriber import Payment, SubscriberStage
from models.rules.vend import NO_CURRENCY, Vend
from models.store import assets, cards
from models.store.viewer import EVERYTHING
from models.tables.driver_notice import DriverNotice
from models.tables.ledger import Hold, LedgerTransaction
from models.tables.session import Cdr, ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.task import Task, TaskKind
from models.tables.timeline import TimelineEntry
from models.usecases import card, group, sequence, session_remote, telemetry, vend
from models.usecases.work import Work
from tests.charging import Clock, Street, later
from tests.csms.standing import IDENTITY
from tests.grouping import a_group, taken_in
from tests.subscribing import uid_of

pytestmark = pytest.mark.step("S7")
V = TokenVerdict
ANYBODY = "FREEVEND"


async def on_terms(street: Street, terms: Vend) -> None:
    async def set_terms(work: Work) -> None:
        await vend.set_terms(work, await assets.lock(work.session, street.asset.id), terms)

    await street.do(set_terms)


async def charged(street: Street, clock: Clock, minutes: float = 0, **shown: Any) -> TokenVerdict:
    """An hour and 10 kWh, then parked for another hour, settled; which would cost 11 EUR."""
    clock.now = street.later(minutes)
    number, verdict = await street.start(minutes=minutes, **shown)
    clock.now = street.later(minutes + 120)
    await street.told(Mark(street.later(minutes + 60), Doing.FULL))
    await street.stop(number, minutes + 120)
    await street.settle((await street.rows(ChargingSession))[-1])
    return verdict


async def suspend(work: Work, who: Subscriber) -> None:
    row = await work.session.get_one(Subscriber, who.id)
    row.stage = SubscriberStage.SUSPENDED
    await card.settle(work, row)


async def lose(work: Work, number: str) -> None:
    await card.block(work, await card.lock(work, number), BlockReason.LOST)


async def tell_of(work: Work, street: Street, told: Told, token: str | None) -> TokenVerdict | None:
    said = {"theirs": "T-1", "told": told, "token": token, "token_kind": "NoAuthorization"}
    fact = Transacted(street.asset.id, IDENTITY, samples=[], frame="[]", **said)  # type: ignore[arg-type]
    return await sequence.tell(work, fact)


def money(records: Any) -> set[tuple[Decimal, Any]]:
    return {(each.gross, each.ledger_transaction_id) for each in records}


@pytest.mark.step("B1", "B8")
async def test_anyone_charges_at_a_free_station_and_each_session_is_one_record_that_costs_nothing(
    street: Street, clock: Clock
) -> None:
    poor = await street.driver("NL-1", payment=Payment.PREPAID)
    late = await street.driver("NL-2")
    await street.do(lambda work: suspend(work, late))
    await on_terms(street, Vend.FREE)
    told = [await charged(street, clock, 130 * place, token=token) for place, token in enumerate(
        (ANYBODY, uid_of("NL-1"), uid_of("NL-2"), "")
    )]  # fmt: skip
    assert told == [V.ACCEPTED] * 4
    found, records = await street.rows(ChargingSession), await street.rows(Cdr)
    assert [each.subscriber_id for each in found] == [None, poor.id, late.id, None]
    assert {(each.stage, each.vend, tuple(each.flags)) for each in found} == {(SessionStage.SETTLED, Vend.FREE, ())}
    assert sorted(each.session_id for each in records) == sorted(each.id for each in found)
    assert money(records) == {(Decimal(0), None)}
    assert {(each.energy_wh, each.tariff_version_id) for each in records} == {(10_000, None)}
    assert [each.currency for each in records] == [NO_CURRENCY, "EUR", "EUR", NO_CURRENCY]
    assert [len(await street.rows(kind)) for kind in (Hold, LedgerTransaction)] == [0, 0]
    told_to = [each for each in await street.rows(DriverNotice) if each.kind == "session_ended"]
    assert {each.subscriber_id for each in told_to} == {poor.id, late.id}
    assert not any(each.data["is_billed"] for each in told_to)
    assert await street.broken() == {}


async def test_an_unbilled_station_takes_those_who_may_charge_without_their_money(street: Street, clock: Clock) -> None:
    await street.driver("NL-1", payment=Payment.PREPAID)
    lost = await street.driver("NL-2")
    await street.do(lambda work: suspend(work, lost))
    await on_terms(street, Vend.UNBILLED)
    cards_shown = (uid_of("NL-1"), uid_of("NL-2"), ANYBODY)
    told = [await charged(street, clock, 130 * place, token=token) for place, token in enumerate(cards_shown)]
    assert told == [V.ACCEPTED, V.BLOCKED, V.INVALID]
    found = await street.rows(ChargingSession)
    assert [each.flags for each in found] == [[], [Flag.INVALID_TOKEN], [Flag.INVALID_TOKEN]]
    assert money(await street.rows(Cdr)) == {(Decimal(0), None)}  # whatever has flowed
    assert await street.broken() == {}


async def test_a_session_keeps_the_terms_that_it_began_with(street: Street, clock: Clock) -> None:
    await street.driver("NL-1")
    free, paid = 1, 2
    await on_terms(street, Vend.FREE)
    first, _ = await street.start("NL-1", connector=free)
    clock.now = street.later(10)
    await on_terms(street, Vend.CONTRACT)
    assert (await street.start(token=ANYBODY, minutes=10, connector=paid))[1] is V.INVALID
    second, _ = await street.start("NL-1", minutes=15, connector=free)
    await on_terms(street, Vend.FREE)
    clock.now = street.later(90)
    for number in (first, second):
        await street.stop(number, 70)
    for each in await street.rows(ChargingSession):
        if each.stage is SessionStage.STOPPED:
            await street.settle(each)
    records = {each.session_id: each.gross for each in await street.rows(Cdr)}
    found = [(each.vend, records.get(each.id)) for each in await street.rows(ChargingSession)]
    assert found == [(Vend.FREE, 0), (Vend.CONTRACT, None), (Vend.CONTRACT, 5)]
    assert await street.broken() == {}


@pytest.mark.step("C2")
async def test_what_is_told_late_has_the_terms_of_its_start(street: Street, clock: Clock) -> None:
    """Free between the first and the second day: before it and after it an unknown token was not to charge."""
    await street.driver("NL-1", payment=Payment.PREPAID, balance="50")
    for day, terms in ((1, Vend.FREE), (2, Vend.CONTRACT)):
        clock.now = later(day * 24 * 60)
        await on_terms(street, terms)
    clock.now = later(3 * 24 * 60)
    for token in (ANYBODY, uid_of("NL-1")):
        for hours in (12, 36, 60):
            number, verdict = await street.start(token=token, minutes=hours * 60)
            assert verdict is (V.INVALID if token == ANYBODY else V.ACCEPTED)  # by what holds now
            await street.stop(number, hours * 60 + 30)
    for each in await street.rows(ChargingSession):
        if each.stage is SessionStage.STOPPED:
            await street.settle(each)
    records = {each.session_id: each.gross for each in await street.rows(Cdr)}
    found = [(each.vend, each.stage, records.get(each.id)) for each in await street.rows(ChargingSession)]
    nobodys = (Vend.CONTRACT, SessionStage.UNBILLED, None)
    free = (Vend.FREE, SessionStage.SETTLED, Decimal(0))
    paid = (Vend.CONTRACT, SessionStage.SETTLED, Decimal(5))
    assert found == [nobodys, free, nobodys, paid, free, paid]
    of_free = [each for each in await street.rows(ChargingSession) if each.vend is Vend.FREE]
    assert {tuple(each.flags) for each in of_free} == {(Flag.OFFLINE,)}
    assert [each.state for each in await street.rows(Hold)] == ["settled", "released", "settled"]
    assert TaskKind.REVIEW_SESSION not in {each.kind for each in await street.rows(Task)}
    assert await street.broken() == {}


@pytest.mark.step("S4")
async def test_a_lost_card_charges_at_a_free_station_and_is_reported(street: Street, clock: Clock) -> None:
    owner = await street.driver("NL-1")
    await street.do(lambda work: lose(work, "NL-1"))
    await on_terms(street, Vend.FREE)
    asked = [Shown(street.asset.id, IDENTITY, uid_of("NL-1")), Shown(street.asset.id, IDENTITY, ANYBODY)]
    assert await street.do(lambda work: telemetry.judge(work, asked)) == [Verdict(V.ACCEPTED)] * 2
    clock.now += timedelta(days=1)
    assert (await street.start("NL-1", 24 * 60))[1] is V.ACCEPTED
    assert (await street.session()).subscriber_id == owner.id
    async with street.desk.database.transaction() as reading:
        uses = await cards.uses(reading, clock.now.date() - timedelta(days=2), 10)
    assert [(each.card.number, each.station) for each in uses] == [("NL-1", street.asset.name)] * 2


async def test_a_session_of_nobody_is_closed_from_the_facts_and_corrected_by_its_stop(
    street: Street, clock: Clock
) -> None:
    await on_terms(street, Vend.FREE)
    number, _ = await street.start(token=ANYBODY)
    await street.meter(number, 30, 4000)
    clock.now += timedelta(days=2)
    found = await street.session()
    await street.look(found)
    await street.settle(found)
    assert (await street.session()).stage is SessionStage.PROVISIONAL
    await street.stop(number)
    await street.settle(found)
    assert (await street.session()).stage is SessionStage.CORRECTED
    records = await street.records(found.id)
    assert [each.energy_wh for each in records] == [3000, -3000, 10_000]
    assert money(records) == {(Decimal(0), None)}
    assert await street.broken() == {}


@pytest.mark.parametrize("token", ["", None], ids=["no-authorization", "no token at all"])
async def test_a_station_that_asks_for_no_token_has_a_session_when_energy_flows(
    street: Street, clock: Clock, token: str | None
) -> None:
    async def tell(phase: Phase, number: int, minutes: int, wh: int, **said: Any) -> TokenVerdict | None:
        at = later(minutes)
        told = Told(phase=phase, number=number, at=at, evse=1, begin_wh=1000, highest_wh=wh, **said)
        shown = token if phase is Phase.STARTED else None
        return await street.do(lambda work: tell_of(work, street, told, shown))

    await on_terms(street, Vend.FREE)
    assert await tell(Phase.STARTED, 0, 0, 1000) is (None if token is None else V.ACCEPTED)
    assert len(await street.rows(ChargingSession)) == (token is not None)
    await tell(Phase.UPDATED, 1, 1, 1000, charging_state="Charging")
    await tell(Phase.UPDATED, 2, 30, 4000)
    await tell(Phase.ENDED, 3, 60, 11_000, end_wh=11_000)
    clock.now = later(61)
    found = await street.session()
    assert (found.stage, found.vend, found.started_at, found.flags) == (SessionStage.STOPPED, Vend.FREE, later(0), [])
    await street.settle(found)
    (record,) = await street.records(found.id)
    assert (record.energy_wh, record.gross, record.subscriber_id) == (10_000, Decimal(0), None)
    assert await street.broken() == {}


async def test_without_free_vend_no_session_comes_of_a_transaction_without_a_token(street: Street) -> None:
    told = Told(phase=Phase.STARTED, number=0, at=later(0), evse=1, charging_state="Charging")
    await street.do(lambda work: tell_of(work, street, told, None))
    assert await street.rows(ChargingSession) == []


@pytest.mark.step("C4")
async def test_whoever_has_no_credit_starts_from_afar_free_of_charge(street: Street) -> None:
    owner = await street.driver("NL-1", payment=Payment.PREPAID)
    await on_terms(street, Vend.UNBILLED)
    new = NewSession(station=street.asset.name, subscriber=owner.reference, seen=SeenPrice(code="T-1", version=1))
    asked = await street.do(lambda work: session_remote.start(work, street.asset.id, new))
    assert (asked.held, asked.vend) == (None, Vend.UNBILLED)


@pytest.mark.step("C4")
async def test_whoever_was_shown_that_it_is_free_does_not_start_at_a_price(street: Street) -> None:
    owner = await street.driver("NL-1")
    new = NewSession(station=street.asset.name, subscriber=owner.reference, seen=SeenPrice())
    with pytest.raises(PriceChanged):
        await street.do(lambda work: session_remote.start(work, street.asset.id, new))


@pytest.mark.step("S6")
async def test_a_groups_station_is_set_for_it_stays_closed_unbilled_and_is_by_contract_when_it_leaves(
    street: Street, clock: Clock
) -> None:
    made = await a_group(street.world, energy_wh=10_000, amount="0")
    for number in ("NL-1", "NL-2"):
        await street.driver(number, payment=Payment.PREPAID)
    await taken_in(street.world, made, card="NL-1", station=street.asset.name)

    async def closed(work: Work, terms: Vend) -> None:
        row = await group.find(work, made.reference, EVERYTHING)
        await group.open_station(work, row, street.asset.name, StationAccess.CLOSED)
        await group.set_terms(work, row, street.asset.name, terms)

    await street.do(lambda work: closed(work, Vend.UNBILLED))
    shown = (uid_of("NL-2"), uid_of("NL-1"))
    told = [await charged(street, clock, 130 * place, token=token) for place, token in enumerate(shown)]
    assert told == [V.NOT_AT_THIS_LOCATION, V.ACCEPTED]  # whose limit of 0 EUR does not count
    assert (await street.start("NL-1", 300))[1] is V.NO_CREDIT  # but the 10 kWh do
    await street.do(lambda work: closed(work, Vend.FREE))
    assert (await street.start("NL-2", 310))[1] is V.ACCEPTED

    async def let_go(work: Work) -> None:
        await group.let_station_go(work, await group.find(work, made.reference, EVERYTHING), street.asset.name)

    await street.do(let_go)
    async with street.desk.database.transaction() as reading:
        station = await assets.find(reading, street.asset.name, EVERYTHING)
    assert station is not None
    assert (station.vend, station.access) == (Vend.CONTRACT, StationAccess.PUBLIC)
    entries = [each.detail for each in await street.rows(TimelineEntry) if each.what == "terms set"]
    assert [(each["before"], each["vend"]) for each in entries] == [
        ("contract", "unbilled"),
        ("unbilled", "free"),
        ("free", "contract"),
    ]


@pytest.mark.step("B8")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE charging_session SET vend = 'free'",
        "UPDATE cdr SET tariff_version_id = NULL, gross = 0, net = 0, vat = 0, ledger_transaction_id = NULL",
    ],
)
async def test_reconcile_names_what_was_billed_at_a_free_station_and_what_was_not_at_another(
    street: Street, clock: Clock, change: str
) -> None:
    await street.driver("NL-1")
    await charged(street, clock)
    async with street.desk.database.transaction() as writing:
        await writing.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await writing.execute(sa.text(change))
    broken = await street.broken()
    assert [each["reference"] for each in broken["unbilled_costs_nothing"]] == [(await street.session()).reference]
