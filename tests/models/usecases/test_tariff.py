"""Tariffs in the rows: versions that nobody changes, and the one that holds when a session starts."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from models.errors import AlreadyExists, InvalidInput, StageDoesNotAllow
from models.messages.tariff import NewAssignment, NewTariff, NewTariffVersion
from models.rules.tariff_choice import Asked
from models.store import tariffs
from models.store.database import Database
from models.tables.tariff import Tariff, TariffAssignment
from models.usecases import tariff as usecase
from tests import pricing
from tests.people import World
from tests.subscribing import a_subscriber

pytestmark = pytest.mark.step("C10")


def said(price: str, **fields: Any) -> Any:
    return pricing.tariff(pricing.element(pricing.component("ENERGY", price)), **fields)


async def made(world: World, code: str, price: str = "1", **fields: Any) -> Tariff:
    async with world.desk.work(world.finance.actor, "test") as work:
        return await usecase.create(work, NewTariff(code=code, name=code.title(), tariff=said(price, **fields)))


async def assigned(world: World, tariff: Tariff, **to: Any) -> TariffAssignment:
    async with world.desk.work(world.finance.actor, "test") as work:
        return await usecase.assign(work, await usecase.lock(work, tariff.code), NewAssignment(**to))


async def held(world: World, asked: Asked) -> tuple[str, int] | None:
    async with world.desk.work(world.finance.actor, "test") as work:
        found = await usecase.held(work, asked)
    return None if found is None else (found.tariff.code, found.version.number)


async def test_a_code_stands_for_one_tariff(world: World) -> None:
    await made(world, "TRF-A")
    with pytest.raises(AlreadyExists):
        await made(world, "TRF-A")


@pytest.mark.parametrize(
    "change",
    ["UPDATE tariff_version SET number = 7", "DELETE FROM tariff_version", "TRUNCATE tariff_version CASCADE"],
)
async def test_nobody_changes_or_removes_a_version(world: World, database: Database, change: str) -> None:
    await made(world, "TRF-A")
    with pytest.raises(sa.exc.DBAPIError, match="never changed"):
        async with database.transaction() as session:
            await session.execute(sa.text(change))


async def test_a_version_holds_from_its_beginning_on_and_a_session_keeps_the_one_it_started_with(world: World) -> None:
    tariff = await made(world, "TRF-A")
    await assigned(world, tariff)
    async with world.desk.work(world.finance.actor, "test") as work:
        now = work.now
        later = NewTariffVersion(tariff=said("2"), valid_from=now + timedelta(days=2))
        await usecase.add_version(work, await usecase.lock(work, "TRF-A"), later)

    assert await held(world, Asked(now + timedelta(days=1))) == ("TRF-A", 1)
    assert await held(world, Asked(now + timedelta(days=2))) == ("TRF-A", 2)
    assert await held(world, Asked(now - timedelta(days=1))) is None


async def test_a_version_holds_only_from_now_on_and_keeps_currency_and_kind_of_price(world: World) -> None:
    await made(world, "TRF-A")
    async with world.desk.work(world.finance.actor, "test") as work:
        tariff = await usecase.lock(work, "TRF-A")
        for new, field in (
            (NewTariffVersion(tariff=said("2"), valid_from=work.now - timedelta(seconds=1)), "/valid_from"),
            (NewTariffVersion(tariff=said("2", currency="SEK")), "/tariff/currency"),
            (NewTariffVersion(tariff=said("2", tax_included="YES")), "/tariff/tax_included"),
        ):
            with pytest.raises(InvalidInput) as refused:
                await usecase.add_version(work, tariff, new)
            assert refused.value.field == field


async def test_the_accounts_own_tariff_comes_before_everybodys(world: World) -> None:
    subscriber = await a_subscriber(world)
    everybodys, own = await made(world, "TRF-ALL"), await made(world, "TRF-OWN")
    await assigned(world, everybodys)
    await assigned(world, own, account=subscriber.reference)
    now = world.desk.clock()

    assert await held(world, Asked(now, account_id=subscriber.id)) == ("TRF-OWN", 1)
    assert await held(world, Asked(now)) == ("TRF-ALL", 1)


async def test_a_tariff_whose_own_time_is_over_gives_way_to_the_next(world: World) -> None:
    now = world.desk.clock()
    await assigned(world, await made(world, "TRF-ALL"))
    await assigned(world, await made(world, "TRF-HOME", end_date_time=now), place_kind="PUBLIC")

    assert await held(world, Asked(world.desk.clock())) == ("TRF-ALL", 1)


async def test_an_assignment_is_ended_once_and_never_in_the_past(world: World) -> None:
    tariff = await made(world, "TRF-A")
    assignment = await assigned(world, tariff)

    async def end(at: Any = None) -> None:
        async with world.desk.work(world.finance.actor, "test") as work:
            row = await usecase.lock(work, "TRF-A")
            shown = await tariffs.assignment(work.session, row.id, assignment.id)
            assert shown is not None
            await usecase.end(work, row, shown.row, at)

    with pytest.raises(InvalidInput):
        await end(world.desk.clock() - timedelta(minutes=1))
    await end()
    assert await held(world, Asked(world.desk.clock())) is None
    with pytest.raises(StageDoesNotAllow):
        await end()


@pytest.mark.parametrize(("to", "field"), [({"account": "SUB-1"}, "/account"), ({"station": "NL-1"}, "/station")])
async def test_a_tariff_is_assigned_only_to_what_there_is(world: World, to: dict[str, str], field: str) -> None:
    tariff = await made(world, "TRF-A")
    with pytest.raises(InvalidInput) as refused:
        await assigned(world, tariff, **to)
    assert refused.value.field == field


async def test_a_version_comes_back_from_its_row_as_it_was_said(world: World) -> None:
    full = said("0.123456", min_price={"excl_vat": 1, "incl_vat": 1}, tax_included="YES")
    async with world.desk.work(world.finance.actor, "test") as work:
        tariff = await usecase.create(work, NewTariff(code="TRF-A", name="Full", tariff=full))

    async with world.desk.work(world.finance.actor, "test") as work:
        assert (await usecase.version_of(work, tariff, 1)).said == full
