"""A car's ids tell who drives it: they are told to its owner, and go when that one is erased (S8, S9)."""

import pytest
import sqlalchemy as sa

from models.rules.authorisation import TokenVerdict
from models.rules.local_list import ListState
from models.rules.personal_data import Because, By
from models.rules.subscriber import SubscriberStage
from models.store import customers, personal_data
from models.store.personal_data import Person
from models.tables.customer import Customer
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.vehicle import Vehicle
from models.tables.wanted import StationList
from models.usecases import customer, erasure, vehicle
from models.usecases.work import Work
from tests.charging import Street, later
from tests.models.usecases.test_erasure import dumped
from tests.vehicles import CONTRACT, MAC, SHOWN, a_car, registered, removed

pytestmark = pytest.mark.step("S8", "S9")

SPELLED = "a1-b2-c3-d4-e5-f6"
PLANTED = {"name": "Quxmobile", "plate": "ZQ-77-QX", "key": SHOWN, "bare": "A1B2C3D4E5F6", "spelled": SPELLED,
           "contract": "NLTNMC00122045"}  # fmt: skip


async def charged(street: Street, owner: Subscriber, token: str) -> None:
    """Nothing, so that nothing is owed; its station has written the token in its own way."""
    number, _ = await street.start(token=token, frame=f'[2,"1","StartTransaction",{{"idTag":"{token}"}}]')
    await street.stop(number, minutes=0, register_wh=1000)
    rows = await street.rows(ChargingSession)
    await street.settle(next(each for each in rows if each.transaction_number == number))
    assert rows[-1].subscriber_id == owner.id


@pytest.fixture
async def seller(street: Street) -> Subscriber:
    """Had a car, whose id stands in a station's list still, and has left."""
    owner = await street.driver("NL-1")
    looks = a_car(MAC, CONTRACT, name=PLANTED["name"], plate=PLANTED["plate"])
    car = await street.do(lambda work: vehicle.register(work, owner.id, looks))
    await charged(street, owner, SPELLED)
    await charged(street, owner, "NLTNMC00122045K")
    await removed(street, car)
    row = StationList(asset_id=street.asset.id, state=ListState.APPLIED, tokens=["04AA", SHOWN], at=later(0))
    async with street.desk.database.transaction() as writing:
        writing.add(row)
        of_owner = sa.update(Subscriber).where(sa.column("id") == owner.id)
        await writing.execute(of_owner.values(stage=SubscriberStage.CLOSED))
    return owner


async def traces(street: Street) -> dict[str, set[str]]:
    dump = await dumped(street.desk.database)
    found = {what: {table for table, text in dump.items() if said.lower() in text} for what, said in PLANTED.items()}
    return {what: tables for what, tables in found.items() if tables}


async def person(street: Street, owner: Subscriber) -> Person:
    async with street.desk.database.transaction() as session:
        return await personal_data.person(session, await session.get_one(Customer, owner.customer_id))


async def erase(street: Street, owner: Subscriber) -> None:
    async def act(work: Work) -> None:
        known = await customers.named(work.session, owner.customer_id)
        await erasure.erase(work, await customer.lock_any(work, known.reference), Because.ASKED_FOR)

    await street.do(act)


async def test_no_table_tells_of_a_car_whose_owner_was_erased(street: Street, seller: Subscriber) -> None:
    before = await traces(street)
    assert before.keys() == PLANTED.keys()
    assert before["key"] >= {"id_token", "station_list"}
    assert before["spelled"] >= {"charging_transaction", "raw_frame"}
    await erase(street, seller)
    assert await traces(street) == {}
    (car,) = await street.rows(Vehicle)
    assert {each.vehicle_id for each in await street.rows(ChargingSession)} == {car.id}
    await registered(street, await street.driver("NL-2"))


async def test_a_car_that_was_sold_is_its_new_owner_s_and_each_is_told_and_erased_without_the_other(
    street: Street, seller: Subscriber
) -> None:
    buyer = await street.driver("NL-2")
    await registered(street, buyer)
    await charged(street, buyer, SHOWN)
    one, other = await person(street, seller), await person(street, buyer)
    (sold,) = one.passed_on
    assert sold in other.keys[By.TOKEN]
    assert sold not in one.keys[By.TOKEN]
    assert (len(one.keys[By.TRANSACTION]), len(other.keys[By.TRANSACTION])) == (2, 1)
    assert set(one.keys[By.TRANSACTION]).isdisjoint(other.keys[By.TRANSACTION])
    await erase(street, seller)
    left = await traces(street)
    assert left.keys() == {"key", "bare"}
    assert left["key"] == {"id_token", "charging_transaction", "raw_frame", "station_list"}
    assert (await person(street, buyer)) == other
    assert (await street.start(token=SHOWN))[1] is TokenVerdict.ACCEPTED
