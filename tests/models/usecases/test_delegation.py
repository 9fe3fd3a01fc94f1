"""While somebody is away, a colleague does their tasks: in their own name, and with no permission more (P21)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, TaskTaken
from models.messages.delegation import NewDelegation
from models.rules.access import Reach, Role
from models.store.viewer import Viewer
from models.tables.delegation import Delegation
from models.tables.task import Task, TaskKind
from models.usecases import access, delegation, task
from models.usecases.task import Hands
from tests.alarm import Alarm, mailed, noted, task_of
from tests.people import Person, World, user
from tests.road import Road

pytestmark = pytest.mark.step("P21")
OPERATIONS = Hands(frozenset({Role.OPERATIONS}))
MONDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 27)


@pytest.fixture
def alarm(world: World) -> Alarm:
    return Alarm(world, datetime(2026, 11, 20, 12, tzinfo=UTC))


async def away(
    alarm: Alarm, person: Person, deputy: Person, first_day: date = MONDAY, last_day: date = FRIDAY
) -> Delegation:
    async with alarm.desk.work(person.actor, "test") as work:
        new = NewDelegation(deputy_id=deputy.id, first_day=first_day, last_day=last_day)
        return await delegation.delegate(work, new)


async def claimed(alarm: Alarm) -> Task:
    """A task that Olga has claimed, on the Friday before she is away."""
    await Road(alarm.world).submit()
    review = await task_of(alarm.desk, TaskKind.REVIEW_PLACEMENT)
    assert review is not None
    return await claim(alarm, review, alarm.world.operations)


async def claim(alarm: Alarm, wanted: Task, person: Person, hands: Hands = OPERATIONS) -> Task:
    async with alarm.desk.work(person.actor, "test") as work:
        return await task.claim(work, wanted.id, hands)


async def test_a_deputy_takes_what_the_other_has_claimed_on_those_days_only(alarm: Alarm) -> None:
    olga, otto = alarm.world.operations, alarm.world.second_operations
    held = await claimed(alarm)
    await away(alarm, olga, otto)
    with pytest.raises(TaskTaken):
        await claim(alarm, held, otto)
    alarm.now = datetime(2026, 11, 27, 22, 59, tzinfo=UTC)  # one minute before midnight in Amsterdam
    taken = await claim(alarm, held, otto)
    assert (taken.claimed_by, taken.claimed_for) == (otto.id, olga.id)
    alarm.now += timedelta(minutes=1)
    other = await claimed(alarm)
    with pytest.raises(TaskTaken):
        await claim(alarm, other, otto)


async def test_the_deputy_acts_in_their_own_name_and_it_is_on_record_for_whom(alarm: Alarm) -> None:
    olga, otto = alarm.world.operations, alarm.world.second_operations
    held = await claimed(alarm)
    await away(alarm, olga, otto)
    alarm.now += timedelta(days=3)
    await claim(alarm, held, otto)
    entry = (await noted(alarm.desk, "task"))[-1]
    assert (entry.what, entry.actor_name, entry.detail["for"]) == ("task claimed", otto.name, olga.name)


async def test_whoever_was_away_takes_their_task_back(alarm: Alarm) -> None:
    olga, otto = alarm.world.operations, alarm.world.second_operations
    held = await claimed(alarm)
    await away(alarm, olga, otto)
    alarm.now += timedelta(days=3)
    await claim(alarm, held, otto)
    back = await claim(alarm, held, olga)
    assert (back.claimed_by, back.claimed_for) == (olga.id, None)


async def test_a_deputy_releases_what_the_other_has_claimed(alarm: Alarm) -> None:
    held = await claimed(alarm)
    await away(alarm, alarm.world.operations, alarm.world.second_operations)
    alarm.now += timedelta(days=3)
    async with alarm.desk.work(alarm.world.second_operations.actor, "test") as work:
        assert (await task.release(work, held.id, OPERATIONS)).claimed_by is None


async def test_the_deputy_gets_the_reminders_on_those_days(alarm: Alarm) -> None:
    held = await claimed(alarm)
    await away(alarm, alarm.world.operations, alarm.world.second_operations)
    await alarm.ring_at(held.tell_at)
    await alarm.ring_after(days=9)
    assert await mailed(alarm.desk, "task.due_soon") == [alarm.world.second_operations.email]
    assert await mailed(alarm.desk, "task.overdue") == [alarm.world.operations.email]


async def test_a_delegation_gives_no_role(alarm: Alarm) -> None:
    """Ada has two roles and Otto one of them: the task of the other one stays out of his reach."""
    world, otto = alarm.world, alarm.world.second_operations
    async with alarm.desk.work(world.administrator.actor, "test") as work:
        both = await user(work, world.operator, "Bea Both", Role.OPERATIONS, Role.ENGINEER)
        await task.open_task(
            work, TaskKind.HANDOVER_STUCK, Role.ENGINEER, world.operator.id, work.actor.id or otto.id, "x", "Look"
        )
    stuck = await task_of(alarm.desk, TaskKind.HANDOVER_STUCK)
    assert stuck is not None
    await claim(alarm, stuck, both, Hands(frozenset({Role.ENGINEER})))
    await away(alarm, both, otto)
    alarm.now += timedelta(days=3)
    with pytest.raises(Forbidden):
        await claim(alarm, stuck, otto)


async def test_a_deputy_of_a_deputy_stands_in_for_one_only(alarm: Alarm) -> None:
    olga, otto = alarm.world.operations, alarm.world.second_operations
    async with alarm.desk.work(alarm.world.administrator.actor, "test") as work:
        third = await user(work, alarm.world.operator, "Theo Third", Role.OPERATIONS)
    held = await claimed(alarm)
    await away(alarm, olga, otto)
    await away(alarm, otto, third)
    alarm.now += timedelta(days=3)
    with pytest.raises(TaskTaken):
        await claim(alarm, held, third)


async def test_only_a_colleague_with_a_role_of_ones_own_can_be_deputy(alarm: Alarm) -> None:
    world = alarm.world
    async with alarm.desk.work(world.administrator.actor, "test") as work:
        gone = await user(work, world.operator, "Gerda Gone", Role.OPERATIONS)
        await access.disable_user(work, gone.id, Viewer(Reach.ALL, None))
    for deputy in (world.operations, world.warehouse, world.installer_user, gone):
        with pytest.raises(InvalidInput) as refused:
            await away(alarm, world.operations, deputy)
        assert refused.value.field == "/deputy_id"


async def test_a_program_is_never_away(alarm: Alarm) -> None:
    with pytest.raises(Forbidden):
        await away(alarm, alarm.world.requester, alarm.world.requester_user)


async def test_days_that_make_no_sense_are_refused_by_their_field(alarm: Alarm) -> None:
    olga, otto = alarm.world.operations, alarm.world.second_operations
    for first_day, last_day in ((FRIDAY, MONDAY), (date(2026, 11, 2), date(2026, 11, 6)), (MONDAY, date(2029, 1, 1))):
        with pytest.raises(InvalidInput) as refused:
            await away(alarm, olga, otto, first_day, last_day)
        assert refused.value.field == "/last_day"


async def test_nobody_has_two_deputies_on_one_day_until_the_first_is_taken_back(alarm: Alarm) -> None:
    olga, otto = alarm.world.operations, alarm.world.second_operations
    first = await away(alarm, olga, otto)
    with pytest.raises(AlreadyExists):
        await away(alarm, olga, otto, FRIDAY, FRIDAY + timedelta(days=7))
    await away(alarm, olga, otto, FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=7))
    with pytest.raises(NotFound):
        async with alarm.desk.work(otto.actor, "test") as work:
            await delegation.take_back(work, first.id)
    async with alarm.desk.work(olga.actor, "test") as work:
        await delegation.take_back(work, first.id)
        await delegation.take_back(work, first.id)
    await away(alarm, olga, otto)
    taken_back = [entry for entry in await noted(alarm.desk, "principal") if entry.what == "delegation taken back"]
    assert len(taken_back) == 1
