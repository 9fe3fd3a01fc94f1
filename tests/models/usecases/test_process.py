"""Processes begin once, hear in order and end; steps are kept (rules 1 and 3)."""

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from models.errors import NotFound
from models.messages.base import Progress
from models.store import processes
from models.tables.base import new_id
from models.usecases import commissioning, process
from models.usecases.work import Desk, Work
from tests.people import World
from tests.road import NOBODY, Road

NAME = "placement-PR-1"
pytestmark = pytest.mark.step("H1")


async def begun(desk: Desk) -> None:
    async with desk.work(NOBODY, "corr-1") as work:
        await process.begin(work, NAME, "placement", new_id(), "PR-1")


async def test_a_process_begins_once(desk: Desk) -> None:
    await begun(desk)
    with pytest.raises(IntegrityError):
        await begun(desk)


async def test_a_fact_for_a_process_that_never_began_is_refused(desk: Desk) -> None:
    async with desk.work(NOBODY, "test") as work:
        for refused in (process.hand_over(work, NAME, "grid_call", {}), process.end(work, NAME)):
            with pytest.raises(NotFound, match=NAME):
                await refused


async def test_facts_are_numbered_without_gaps_and_carry_the_correlation_id(desk: Desk) -> None:
    await begun(desk)

    async def tell() -> None:
        async with desk.work(NOBODY, "corr-2") as work:
            await process.hand_over(work, NAME, "grid_call", {})

    await asyncio.gather(*(tell() for _ in range(9)))
    async with desk.database.transaction() as session:
        facts = await processes.undelivered(session, [NAME], 100)
    assert [fact.number for fact in facts] == list(range(1, 11))
    assert [fact.correlation_id for fact in facts] == ["corr-1"] + ["corr-2"] * 9


async def test_a_fact_that_is_rolled_back_takes_no_number(desk: Desk) -> None:
    await begun(desk)
    with pytest.raises(OSError, match="power"):
        await _told_in_vain(desk)
    async with desk.work(NOBODY, "test") as work:
        await process.hand_over(work, NAME, "grid_call", {})
        facts = await processes.undelivered(work.session, [NAME], 100)
    assert [fact.number for fact in facts] == [1, 2]


async def _told_in_vain(desk: Desk) -> None:
    async with desk.work(NOBODY, "test") as work:
        await process.hand_over(work, NAME, "grid_call", {})
        raise OSError("the power went off")


async def test_a_step_is_kept_by_process_name_and_occurrence(desk: Desk) -> None:
    await begun(desk)
    taken: list[str] = []

    async def take(work: Work, name: str, step: str, occurrence: str) -> Progress:
        async def once() -> Progress:
            taken.append(f"{name} {step} {occurrence}")
            return Progress(stage=f"after {len(taken)}")

        return await process.once(work, name, step, occurrence, Progress, once)

    for name, step, occurrence, after in (
        (NAME, "approve", "1", "after 1"),
        (NAME, "approve", "1", "after 1"),
        (NAME, "approve", "2", "after 2"),
        (NAME, "reject", "1", "after 3"),
        ("placement-PR-2", "approve", "1", "after 4"),
    ):
        async with desk.work(NOBODY, "test") as work:
            assert (await take(work, name, step, occurrence)).stage == after
    assert len(taken) == 4


@pytest.mark.step("P15")
async def test_a_new_test_charge_needs_nothing_of_what_an_earlier_one_told(world: World) -> None:
    """A process that begins anew would take the earlier transaction for its own."""
    road = Road(world)
    await road.to_checked()
    await road.start_charge()
    number, _ = await road.transaction(await road.test_card())
    await road.stop(number)
    await road.do(NOBODY, lambda work: commissioning.fail_test_charge(work, road.asset.id, "The cable was loose"))
    await road.start_charge()
    async with road.desk.database.transaction() as session:
        begun = await processes.find(session, commissioning.workflow_id(road.asset.name))
    assert begun is not None
    assert begun.applied_number == begun.last_number > 0


async def test_what_is_settled_stays_so(desk: Desk) -> None:
    await begun(desk)
    async with desk.work(NOBODY, "test") as work:
        for _ in range(4):
            await process.hand_over(work, NAME, "grid_call", {})
    for number, reached in ((3, 3), (2, 3), (None, 5)):
        async with desk.work(NOBODY, "test") as work:
            await process.settle(work, NAME, number)
            assert await processes.applied_number(work.session, NAME) == reached
