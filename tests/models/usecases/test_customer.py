"""Customers in the rows: what did not change is not told, and the bounds that hold."""

import pytest
import sqlalchemy as sa

from models.errors import LimitReached
from models.messages.customer import CustomerChange, NewContact
from models.tables.customer import Customer
from models.tables.timeline import TimelineEntry
from models.usecases import customer
from models.usecases.work import Work
from tests.road import Road
from tests.subscribing import CUSTOMER, a_customer

pytestmark = pytest.mark.step("S1")


async def said(road: Road) -> list[str]:
    async with road.desk.database.transaction() as session:
        rows = await session.execute(sa.select(TimelineEntry).where(sa.column("subject") == "customer"))
        return [each.what for each in rows.scalars()]


async def test_a_change_that_changes_nothing_is_no_change(road: Road) -> None:
    known = await a_customer(road.world)

    async def change(work: Work) -> Customer:
        row = await customer.lock(work, known.reference)
        await customer.change(work, row, CustomerChange(name=CUSTOMER.name, address=CUSTOMER.address))
        return row

    assert (await road.do(road.world.customer_care, change)).name == CUSTOMER.name
    assert await said(road) == ["customer added"]


async def test_there_are_as_many_contacts_as_people_can_look_through(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer, "CONTACTS_LIMIT", 1)
    known = await a_customer(road.world)

    async def add(work: Work) -> None:
        await customer.add_contact(work, await customer.lock(work, known.reference), NewContact(name="B. de Boer"))

    await road.do(road.world.customer_care, add)
    with pytest.raises(LimitReached):
        await road.do(road.world.customer_care, add)
    assert await said(road) == ["customer added", "contact added"]
