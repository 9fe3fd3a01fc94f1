"""The acceptance test: answers by kind, a second person, remarks and what became of them (P16-P18)."""

import asyncio

import pytest
from sqlmodel import col, select

from models.errors import AnswersMissing, Forbidden, FourEyes, InvalidInput, NoTestCharge, StageDoesNotAllow
from models.messages.base import Actor
from models.messages.sat import Answer
from models.messages.work_order import Remark, ReturnSat
from models.rules.access import Role
from models.rules.sat import SatState
from models.store import sats
from models.tables.base import new_id
from models.tables.sat import Sat, SatAnswer, SatRemark
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import sat
from models.usecases.work import Work
from tests.people import Person, World, user
from tests.road import Road, decision


async def give_back(road: Road, person: Person, *remarks: Remark) -> None:
    told = decision(ReturnSat, person, remarks=remarks)
    await road.do(person, lambda work: sat.give_back(work, road.order.id, told))


async def earth_remark(road: Road, text: str = "Measure again") -> Remark:
    return Remark(question="earth_resistance", line_id=(await road.lines())[0].id, text=text)


async def the_test(road: Road) -> Sat:
    async with road.desk.database.transaction() as session:
        return await sats.of(session, road.order.id)


async def given(road: Road) -> dict[str, str]:
    async with road.desk.database.transaction() as session:
        found = (await session.execute(select(SatAnswer))).scalars().all()
    return {each.question_code: each.value for each in found}


async def task(road: Road, kind: TaskKind) -> list[TaskState]:
    async with road.desk.database.transaction() as session:
        found = await session.execute(select(Task.state).where(col(Task.kind) == kind).order_by(col(Task.id)))
        return [TaskState(state) for state in found.scalars()]


@pytest.mark.step("P16")
async def test_the_site_is_asked_once_and_each_station_its_own_questions(world: World) -> None:
    road = Road(world)
    await road.to_work_order(stations=2)
    asked = await road.do(world.installer_user, lambda work: sat.asked(work, road.order.id))
    first, second = await road.lines()
    assert [(one.question.code, one.line_id) for one in asked] == [
        ("site_clean", None),
        *[(code, line.id) for line in (first, second) for code in ("earth_resistance", "photo_front")],
    ]


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P16")
async def test_drafts_are_kept_and_written_over_until_the_test_is_sent_in(road: Road) -> None:
    line = (await road.lines())[0]
    await road.answer(Answer(question="site_clean", value="no"))
    await road.answer(
        Answer(question="site_clean", value="yes"), Answer(question="earth_resistance", line_id=line.id, value="12.5")
    )
    assert await given(road) == {"site_clean": "yes", "earth_resistance": "12.5"}
    assert (await the_test(road)).state is SatState.DRAFT


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P16", "H2")
@pytest.mark.parametrize(
    ("question", "value", "field"),
    [
        ("site_clean", "perhaps", "/answers/1/value"),
        ("earth_resistance", "a lot", "/answers/1/value"),
        ("photo_front", "no-such-photo", "/answers/1/value"),
        ("colour", "green", "/answers/1/question"),
    ],
)
async def test_a_wrong_answer_is_refused_by_its_field_and_none_of_them_is_kept(
    road: Road, question: str, value: str, field: str
) -> None:
    line_id = None if question in {"site_clean", "colour"} else (await road.lines())[0].id
    wrong = Answer(question=question, line_id=line_id, value=value)
    with pytest.raises(InvalidInput) as refused:
        await road.answer(Answer(question="site_clean", value="yes"), wrong)
    assert refused.value.field == field
    assert await given(road) == {}


@pytest.mark.step("P16", "H2")
async def test_a_photo_of_another_work_order_is_no_answer(road: Road, world: World) -> None:
    elsewhere = Road(world)
    await elsewhere.to_work_order()
    photo = await elsewhere.photo()
    await road.to_work_order()
    line = (await road.lines())[0]
    with pytest.raises(InvalidInput, match="upload the photo"):
        await road.answer(Answer(question="photo_front", line_id=line.id, value=str(photo.id)))


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P16")
async def test_a_question_of_a_line_that_is_not_there_is_refused(road: Road) -> None:
    with pytest.raises(InvalidInput):
        await road.answer(Answer(question="earth_resistance", line_id=new_id(), value="3"))


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P16")
async def test_nothing_is_answered_by_nobody(road: Road) -> None:
    machine = Actor(id=None, name="a script")
    with pytest.raises(Forbidden):
        await road.do(machine, lambda work: sat.answer(work, road.order, [Answer(question="site_clean", value="yes")]))


@pytest.mark.walked("to_checked")
@pytest.mark.step("P15", "P16", "H2")
async def test_submission_needs_a_test_charge_at_every_station_and_every_required_answer(road: Road) -> None:
    with pytest.raises(NoTestCharge, match="line 1"):
        await road.submit_sat()
    await road.charge()
    answers = await road.answers()
    await road.answer(*answers[:2])
    with pytest.raises(AnswersMissing) as refused:
        await road.submit_sat()
    line = (await road.lines())[0]
    assert refused.value.facts["missing"] == [{"question": "photo_front", "line_id": str(line.id)}]
    assert (await road.stages())[:2] == ("in_installation", "in_progress")
    await road.answer(answers[2])
    await road.submit_sat()


@pytest.mark.walked("to_submitted")
@pytest.mark.step("P16")
async def test_submission_moves_order_and_request_and_asks_operations_to_review(road: Road) -> None:
    assert (await road.stages())[:2] == ("sat_review", "sat_review")
    assert await task(road, TaskKind.PERFORM_WORK_ORDER) == [TaskState.DONE]
    assert await task(road, TaskKind.REVIEW_SAT) == [TaskState.OPEN]
    test = await the_test(road)
    assert (test.state, test.submitted_by, test.rounds) == (SatState.SUBMITTED, road.world.installer_user.id, 1)
    with pytest.raises(StageDoesNotAllow):
        await road.answer(Answer(question="site_clean", value="no"))
    with pytest.raises(StageDoesNotAllow):
        await road.submit_sat()


@pytest.mark.walked("to_submitted")
@pytest.mark.step("P17")
async def test_a_second_person_approves(road: Road) -> None:
    await road.approve_sat()
    test = await the_test(road)
    assert (test.state, test.approved_by) == (SatState.APPROVED, road.world.operations.id)
    assert await road.stages() == ("accepted", "accepted", "accepted")
    assert await task(road, TaskKind.REVIEW_SAT) == [TaskState.DONE]


@pytest.mark.walked("to_submitted")
@pytest.mark.step("P17")
async def test_two_reviewers_at_once_leave_one_approval(road: Road) -> None:
    answers = await asyncio.gather(
        road.approve_sat(road.world.operations),
        road.approve_sat(road.world.second_operations),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers if answer] == [StageDoesNotAllow]
    assert (await road.said("work order")).count("approve sat") == 1


async def own_installer(road: Road) -> Person:
    """Where the operator's own crew installs, one person may have both roles."""
    made: list[Person] = []

    async def hire(work: Work) -> None:
        made.append(await user(work, road.world.operator, "Bo Both", Role.INSTALLER, Role.OPERATIONS))

    await road.do(road.world.administrator, hire)
    return made[0]


@pytest.mark.walked("to_test_charged")
@pytest.mark.step("P17")
async def test_whoever_wrote_one_draft_answer_can_neither_approve_nor_return_the_test(road: Road) -> None:
    both = await own_installer(road)
    answers = await road.answers()
    await road.answer(answers[0], person=both)
    await road.answer(*answers)
    await road.submit_sat()
    with pytest.raises(FourEyes):
        await road.approve_sat(both)
    with pytest.raises(FourEyes):
        await give_back(road, both, await earth_remark(road))
    assert (await road.stages())[1] == "sat_review"
    await road.approve_sat()


@pytest.mark.walked("to_test_charged")
@pytest.mark.step("P17")
async def test_whoever_sent_the_test_in_can_not_approve_it(road: Road) -> None:
    both = await own_installer(road)
    await road.answer(*(await road.answers()))
    await road.submit_sat(both)
    with pytest.raises(FourEyes):
        await road.approve_sat(both)


@pytest.mark.walked("to_submitted")
@pytest.mark.step("P17")
async def test_a_remark_is_kept_with_the_answer_it_rejected_and_the_one_that_resolved_it(road: Road) -> None:
    await give_back(road, road.world.operations, await earth_remark(road))
    assert (await road.stages())[:2] == ("in_installation", "in_progress")
    assert await task(road, TaskKind.CORRECT_SAT) == [TaskState.OPEN]
    assert (await the_test(road)).state is SatState.RETURNED
    await road.answer((await road.answers("3.1"))[1])
    await road.submit_sat()
    async with road.desk.database.transaction() as session:
        (kept,) = (await session.execute(select(SatRemark))).scalars().all()
    assert (kept.round, kept.text, kept.by) == (1, "Measure again", road.world.operations.id)
    assert (kept.rejected_value, kept.resolved_value) == ("4.2", "3.1")
    assert kept.resolved_at is not None
    assert (await the_test(road)).rounds == 2
    assert await task(road, TaskKind.CORRECT_SAT) == [TaskState.DONE]
    assert await task(road, TaskKind.REVIEW_SAT) == [TaskState.DONE, TaskState.OPEN]


@pytest.mark.walked("to_submitted")
@pytest.mark.step("P17", "H2")
async def test_a_remark_on_a_question_that_was_not_asked_is_refused(road: Road) -> None:
    with pytest.raises(InvalidInput) as refused:
        await give_back(road, road.world.operations, await earth_remark(road), Remark(question="colour", text="Red?"))
    assert refused.value.field == "/remarks/1/question"
    assert (await road.stages())[1] == "sat_review"


@pytest.mark.walked("to_test_charged")
@pytest.mark.step("P17")
async def test_a_test_that_was_not_sent_in_can_not_be_reviewed(road: Road) -> None:
    with pytest.raises(StageDoesNotAllow):
        await road.approve_sat()
    with pytest.raises(StageDoesNotAllow):
        await give_back(road, road.world.operations, await earth_remark(road))
