"""Sessions of a station whose clock was never set: priced as of when they took place, or by a person's word (O15)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from models.errors import InvalidInput, StageDoesNotAllow
from models.messages.session import BillSession
from models.rules.access import Role
from models.rules.session import SILENT_FOR, Flag, SessionStage
from models.rules.session_usage import Doing, Mark
from models.rules.subscriber import Payment
from models.tables.session import ChargingSession
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import session_process
from tests import pricing
from tests.charging import AT, Clock, Street, priced_by
from tests.road import decision

pytestmark = pytest.mark.step("O15", "C2", "C10")
NEVER_SET = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
BY_TIME = pricing.tariff(pricing.element(pricing.component("TIME", "6", "21")), tax_included="YES")


async def charged_on_line(street: Street, clock: Clock, began: datetime, *, stopped: datetime | None = None) -> int:
    """For an hour, by ours and by the station's clock; half of it the car only keeps the place."""
    number, _ = await street.start(started_at=began)
    clock.now = AT + HOUR / 2
    await street.told(Mark(began + HOUR / 2, Doing.FULL))
    clock.now = AT + HOUR
    await street.stop(number, stopped_at=stopped or began + HOUR)
    await street.settle(await street.session())
    return number


async def told_late(street: Street) -> ChargingSession:
    """All of an hour at one time, after the station has come back; and looked at."""
    number, _ = await street.start(started_at=NEVER_SET)
    await street.stop(number, stopped_at=NEVER_SET + HOUR)
    await street.settle(await street.session())
    return await street.session()


async def bill(street: Street, **said: datetime) -> ChargingSession:
    told = decision(BillSession, street.world.operations, reason="By its driver's word", **said)
    session = await street.session()
    await street.do(lambda work: session_process.bill(work, session.id, told))
    await street.settle(session)
    return await street.session()


async def tasks(street: Street) -> list[tuple[Role, TaskState]]:
    return [(each.role, each.state) for each in await street.rows(Task) if each.kind is TaskKind.DECIDE_SESSION]


@pytest.mark.parametrize("began", [NEVER_SET, datetime(2000, 1, 1, tzinfo=UTC), AT + timedelta(days=400)])
async def test_a_session_that_is_told_while_it_goes_on_is_priced_as_of_when_we_heard_it(
    street: Street, clock: Clock, began: datetime
) -> None:
    await street.driver(payment=Payment.PREPAID, balance="40")
    await charged_on_line(street, clock, began)
    found = await street.session()
    assert (found.started_at, found.stopped_at, found.told_started_at) == (AT, AT + HOUR, began)
    assert (found.stage, found.flags) == (SessionStage.SETTLED, [Flag.WRONG_CLOCK])
    (record,) = await street.records(found.id)
    assert record.gross == Decimal(8)  # 5 for 10 kWh, 3 for half an hour parked
    assert (await tasks(street), await street.broken()) == ([], {})


async def test_a_prepaid_session_by_time_is_not_cut_off_for_the_years_that_its_station_tells(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver(payment=Payment.PREPAID, balance="40")
    await priced_by(street.desk, BY_TIME, account=owner.reference)
    await street.start(started_at=NEVER_SET)
    clock.now = AT + HOUR / 2
    assert not (await street.look(await street.session())).is_to_stop


async def test_one_that_is_told_when_it_is_over_waits_for_a_person_and_is_billed_as_of_then(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver(payment=Payment.PREPAID, balance="40")
    clock.now = AT + timedelta(days=3)
    dear = pricing.tariff(pricing.element(pricing.component("ENERGY", "2", "21")), tax_included="YES")
    await priced_by(street.desk, dear, account=owner.reference, since=AT + timedelta(days=1))
    found = await told_late(street)
    assert (found.stage, found.flags) == (SessionStage.SET_ASIDE, [Flag.WRONG_CLOCK, Flag.UNKNOWN_TIME])
    assert (await street.records(found.id), await tasks(street)) == ([], [(Role.OPERATIONS, TaskState.OPEN)])
    with pytest.raises(InvalidInput, match="Nobody knows when it began"):
        await bill(street)
    with pytest.raises(InvalidInput, match="before its station told of it"):
        await bill(street, started_at=clock.now + HOUR)
    found = await bill(street, started_at=AT)
    assert (found.started_at, found.stopped_at, found.told_started_at) == (AT, AT + HOUR, NEVER_SET)
    assert (found.stage, found.flags) == (SessionStage.SETTLED, [Flag.WRONG_CLOCK, Flag.OFFLINE])
    (record,) = await street.records(found.id)
    assert (record.gross, record.started_at) == (Decimal(5), AT)  # by the tariff of then
    assert await tasks(street) == [(Role.OPERATIONS, TaskState.DONE)]
    with pytest.raises(StageDoesNotAllow):
        await bill(street, started_at=AT)
    assert await street.broken() == {}


async def test_a_clock_that_was_set_meanwhile_does_not_tell_when_the_session_began(
    street: Street, clock: Clock
) -> None:
    await street.driver()
    await charged_on_line(street, clock, NEVER_SET, stopped=AT + HOUR)
    found = await street.session()
    assert (found.stage, found.stopped_at) == (SessionStage.SET_ASIDE, AT + HOUR)
    found = await bill(street, started_at=AT - HOUR)
    assert (found.started_at, found.stopped_at) == (AT - HOUR, AT + HOUR)


async def test_one_whose_stop_never_came_is_closed_by_when_we_heard_of_its_meter(street: Street, clock: Clock) -> None:
    await street.driver()
    number, _ = await street.start(started_at=NEVER_SET)
    clock.now = AT + HOUR
    street.at = NEVER_SET
    await street.meter(number, 60, 11_000)
    clock.now = AT + HOUR + SILENT_FOR
    await street.look(await street.session())
    await street.settle(await street.session())
    found = await street.session()
    assert (found.stage, found.started_at, found.stopped_at) == (SessionStage.PROVISIONAL, AT, AT + HOUR)
    assert found.flags == [Flag.WRONG_CLOCK, Flag.MISSING_STOP]
