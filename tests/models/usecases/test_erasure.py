"""After an erasure nothing in any table tells who it was; what the law asks for is there all the same (S8)."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from activities.gateways.documents import LocalDocuments
from activities.personal_data import PersonalDataRound
from models.errors import CustomerErased, ErasureRefused
from models.messages.command import NewCommand
from models.messages.customer import Address, CustomerChange, NewContact, NewNote
from models.rules.local_list import ListState
from models.rules.personal_data import Because, By
from models.rules.subscriber import Payment, SubscriberStage
from models.store import customers, organisations, personal_data
from models.store.database import Database
from models.tables.base import new_id
from models.tables.card import Card
from models.tables.charging import ChargingTransaction, IdToken
from models.tables.command import Reservation
from models.tables.customer import Customer
from models.tables.notice import Channel
from models.tables.personal_data import PersonalRequest
from models.tables.session import Cdr
from models.tables.subscriber import Subscriber
from models.tables.timeline import TimelineEntry
from models.tables.wanted import StationList
from models.usecases import command, customer, erasure, notice, timeline, welcome
from models.usecases.work import Work
from tests.charging import Clock, Street, later
from tests.subscribing import uid_of

pytestmark = pytest.mark.step("S8")

CARD = "ZQ-7731"
PLANTED = {
    "name": "Zebulon Quxworth",
    "mail": "zq@quxworth.example",
    "phone": "+31687654321",
    "uid": uid_of(CARD),
    "street": "Quxsteeg",
    "town": "Quxdorp",
    "outside": "CRM-ZQ-9",
    "contact": "Wilhelmina Quxfriend",
    "note": "Quxworth likes mornings",
    "reason": "Quxworth moves abroad",
}


TABLES = """
    SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
"""


@pytest.fixture
async def driver(street: Street) -> Subscriber:
    """Somebody who has left traces wherever people leave them, and with whom nothing is open any more."""
    await street.do(_a_crm)
    owner = await street.driver(CARD, payment=Payment.PREPAID, balance="5")
    await street.do(lambda work: _known_as_planted(work, owner))
    frame = f'[2,"1","StartTransaction",{{"idTag":"{PLANTED["uid"].lower()}"}}]'
    number, _ = await street.start(CARD, frame=frame)
    await street.stop(number, token=PLANTED["uid"], frame=frame)
    await street.stop(-1, token=PLANTED["uid"], frame=frame)
    await street.settle(await street.session())
    await street.do(lambda work: _traces_at_the_station(work, street))
    async with street.desk.database.transaction() as writing:
        await writing.execute(sa.update(Subscriber).values(stage=SubscriberStage.CLOSED))
    return owner


async def _a_crm(work: Work) -> None:
    """Is told of customers by its own name for them."""
    operator = await organisations.operator(work.session)
    await notice.add_endpoint(work, operator.id, Channel.WEBHOOK, "https://crm.example/hook", [], "sealed")


async def _known_as_planted(work: Work, owner: Subscriber) -> None:
    known = (await customers.named(work.session, owner.customer_id)).reference
    row = await customer.lock(work, known)
    address = Address(street=PLANTED["street"], house_number="1", postal_code="1234 ZQ", city=PLANTED["town"])
    change = CustomerChange(
        name=PLANTED["name"],
        email=PLANTED["mail"],
        phone=PLANTED["phone"],
        external_id=PLANTED["outside"],
        address=address,
    )
    await customer.change(work, row, change)
    contact = NewContact(name=PLANTED["contact"], email=PLANTED["mail"], phone=PLANTED["phone"])
    await customer.add_contact(work, row, contact)
    await customer.add_note(work, row, NewNote(text=PLANTED["note"]))
    kept = await work.session.get_one(Subscriber, owner.id)
    kept.email, kept.phone, kept.ending_reason = PLANTED["mail"], PLANTED["phone"], PLANTED["reason"]
    kept.letter_key = welcome.document_key(owner.id)
    timeline.record(work, "subscriber", owner.id, "close", why=PLANTED["reason"], said=PLANTED["note"])
    timeline.record(work, "customer", new_id(), "refused", refused=True, aimed_at=known, body=PLANTED["mail"])


async def _traces_at_the_station(work: Work, street: Street) -> None:
    arguments = {"token": PLANTED["uid"], "connector": 1}
    asked = await command.ask(work, street.asset.id, NewCommand(kind="start_charging", arguments=arguments, valid_s=60))
    work.session.add(
        Reservation(number=7, asset_id=street.asset.id, token=PLANTED["uid"], until=later(60), command_id=asked.id)
    )
    work.session.add(
        StationList(asset_id=street.asset.id, state=ListState.APPLIED, tokens=["04AA", PLANTED["uid"]], at=later(0))
    )
    await work.session.flush()


async def dumped(database: Database) -> Mapping[str, str]:
    """Every row of every table as text, as a dump of the database has it."""
    async with database.transaction() as session:
        tables = (await session.execute(sa.text(TABLES))).scalars().all()
        said = {}
        for table in tables:
            rows = (await session.execute(sa.text(f'SELECT t::text FROM "{table}" t'))).scalars().all()  # noqa: S608
            said[table] = "\n".join(rows).lower()
    return said


def traces(dump: Mapping[str, str]) -> dict[str, set[str]]:
    """Where anything of what was planted stands, by what it is."""
    found = {
        what: {table for table, text in dump.items() if planted.lower() in text} for what, planted in PLANTED.items()
    }
    return {what: tables for what, tables in found.items() if tables}


async def erase(street: Street, owner: Subscriber) -> None:
    async def act(work: Work) -> None:
        known = await customers.named(work.session, owner.customer_id)
        await erasure.erase(work, await customer.lock_any(work, known.reference), Because.ASKED_FOR)

    await street.do(act)


async def test_no_table_tells_of_who_was_erased(street: Street, driver: Subscriber, tmp_path: Path) -> None:
    before = traces(await dumped(street.desk.database))
    assert before.keys() == PLANTED.keys()
    assert before["uid"] >= {
        "id_token",
        "charging_transaction",
        "raw_frame",
        "reservation",
        "station_command",
        "station_list",
    }
    assert "notice" in before["outside"]
    documents = LocalDocuments(tmp_path)
    await documents.put(welcome.document_key(driver.id), b"%PDF", "application/pdf")
    await erase(street, driver)
    assert traces(await dumped(street.desk.database)) == {}
    await PersonalDataRound(street.desk, documents).see_to_requests()
    assert not await documents.exists(welcome.document_key(driver.id))
    assert [each.state for each in await street.rows(PersonalRequest)] == ["done"]


async def test_what_the_law_asks_for_stays_and_still_adds_up(street: Street, driver: Subscriber) -> None:
    charged = await street.session()
    (record,) = await street.records(charged.id)
    await erase(street, driver)
    assert [each.id for each in await street.rows(Cdr)] == [record.id]
    assert (await street.session()).subscriber_id == driver.id
    assert await street.broken() == {}
    (own,) = await street.rows(Card)
    token = next(each for each in await street.rows(IdToken) if each.id == own.token_id)
    (transaction,) = await street.rows(ChargingTransaction)
    assert token.token == transaction.token == transaction.stop_token
    async with street.desk.database.transaction() as session:
        known = await session.get_one(StationList, street.asset.id)
    assert (known.only_full, known.tokens) == (True, ["04AA", token.token])
    said = {each.what for each in await street.rows(TimelineEntry) if each.subject_id == driver.customer_id}
    assert {"customer changed", "note written", "customer erased"} <= said


async def test_an_erasure_is_done_once_and_nothing_is_entered_about_the_customer_again(
    street: Street, driver: Subscriber
) -> None:
    await erase(street, driver)
    (known,) = await street.rows(Customer)
    await erase(street, driver)
    assert [each.erased_at for each in await street.rows(Customer)] == [known.erased_at]
    assert len(await street.rows(PersonalRequest)) == 1
    with pytest.raises(CustomerErased):
        await street.do(lambda work: customer.lock(work, known.reference))


async def test_it_is_refused_while_something_is_open_and_nothing_is_erased(street: Street) -> None:
    owner = await street.driver(CARD, payment=Payment.PREPAID, balance="20")
    await street.start(CARD)
    with pytest.raises(ErasureRefused) as refused:
        await erase(street, owner)
    kinds = {each["kind"] for each in refused.value.facts["obstacles"]}
    assert kinds == {"open_subscription", "unsettled_session", "open_hold", "money_owed"}
    (known,) = await street.rows(Customer)
    assert (known.erased_at, known.name) == (None, "A. Jansen")


async def test_the_audit_trail_is_changed_by_an_erasure_alone_and_in_its_bodies_alone(
    street: Street, driver: Subscriber
) -> None:
    async def change(allowed: str, **values: object) -> None:
        async with street.desk.database.transaction() as session:
            await session.execute(sa.text("SELECT set_config('stationmaster.erasing', :on, true)"), {"on": allowed})
            await session.execute(sa.update(TimelineEntry).values(values))

    await change("on", why=None)
    for allowed, values in (("off", {"why": "x"}), ("on", {"what": "x"}), ("on", {"actor_name": "x"})):
        with pytest.raises(DBAPIError, match="append-only"):
            await change(allowed, **values)
    assert driver.id


async def test_another_customer_keeps_all_there_is(street: Street, driver: Subscriber) -> None:
    other = await street.driver("NL-2")
    await street.start("NL-2", minutes=120)
    async with street.desk.database.transaction() as session:
        known = await session.get_one(Customer, other.customer_id)
        whose = await personal_data.person(session, known)
    assert list(whose.uids.values()) == [uid_of("NL-2")]
    assert len(whose.keys[By.TRANSACTION]) == 1
    before = {each.id: each.what for each in await street.rows(TimelineEntry) if each.subject_id == other.id}
    await erase(street, driver)
    async with street.desk.database.transaction() as session:
        assert (await session.get_one(Customer, other.customer_id)).name == "A. Jansen"
        assert (await personal_data.person(session, known)) == whose
    assert before == {each.id: each.what for each in await street.rows(TimelineEntry) if each.subject_id == other.id}


@pytest.mark.usefixtures("driver")
async def test_who_left_long_ago_is_erased_by_the_house_where_a_time_is_set_and_nothing_is_open(
    street: Street, clock: Clock, tmp_path: Path
) -> None:
    async with street.desk.database.transaction() as writing:
        await writing.execute(sa.update(Subscriber).values(ended_at=clock.now))
        await writing.execute(sa.update(Customer).values(created_at=clock.now))
    await street.driver("NL-2")  # is still with us
    entered = {each.id for each in await street.rows(Customer)}
    async with street.desk.database.transaction() as writing:
        await writing.execute(sa.update(Customer).values(created_at=clock.now))
    kept = dataclasses.replace(street.desk.terms, customers_kept=timedelta(days=400))
    clock.now += timedelta(days=399)
    unset = PersonalDataRound(street.desk, LocalDocuments(tmp_path))
    rounds = PersonalDataRound(dataclasses.replace(street.desk, terms=kept), LocalDocuments(tmp_path))
    assert await rounds.erase_who_left() == 0
    clock.now += timedelta(days=2)
    assert await unset.erase_who_left() == 0
    assert await rounds.erase_who_left() == 1
    gone = [each for each in await street.rows(Customer) if each.erased_at is not None]
    assert (len(entered), len(gone)) == (2, 1)
    said = await dumped(street.desk.database)
    assert [table for table, rows in said.items() if PLANTED["name"] in rows] == []
    assert await rounds.erase_who_left() == 0
    (asked,) = await street.rows(PersonalRequest)
    assert (asked.because, asked.asked_by) == (Because.NOT_NEEDED, None)
