"""The site acceptance test: drafted, sent in, returned with remarks or approved by a second person (P16-P18)."""

from collections.abc import Sequence
from uuid import UUID

from models.errors import AnswersMissing, Forbidden, FourEyes, InvalidInput, NoTestCharge, StageDoesNotAllow
from models.messages.sat import Answer, AskedQuestion
from models.messages.work_order import Remark, ReturnSat, WorkOrderProgress
from models.rules import sat
from models.rules.access import Role
from models.rules.commissioning import CommissioningStage
from models.rules.placement import PlacementEvent
from models.rules.sat import Part, Question, QuestionKind, SatState
from models.rules.work_order import FILLING_IN, WorkOrderEvent, WorkOrderStage
from models.store import assets, documents, organisations, placements, sats, work_orders
from models.tables.sat import Sat, SatAnswer, SatRemark, SatTemplate
from models.tables.task import TaskKind
from models.tables.work_order import WorkOrder
from models.usecases import commissioning, notice, placement, task, work_order
from models.usecases.work import Work

_TESTED = frozenset({CommissioningStage.TEST_CHARGED})


async def asked(work: Work, work_order_id: UUID) -> list[AskedQuestion]:
    """Every question of a work order: the site's once, in the order of the lines' templates, then each station's."""
    site: dict[str, AskedQuestion] = {}
    stations: list[AskedQuestion] = []
    for line, *_ in await work_orders.lines(work.session, work_order_id):
        if line.sat_template_id is None:
            continue
        template = await work.session.get_one(SatTemplate, line.sat_template_id)
        for raw in template.questions:
            question = Question.model_validate(raw)
            place = line.id if question.part is Part.STATION else None
            one = AskedQuestion(
                question=question, line_id=place, template_id=template.id, template_version=template.version
            )
            if place is None:
                site.setdefault(question.code, one)
            else:
                stations.append(one)
    return [*site.values(), *stations]


async def answer(work: Work, order: WorkOrder, answers: Sequence[Answer]) -> Sat:
    """P16: keep answers in the draft. All are taken or none. Raises StageDoesNotAllow, InvalidInput, NotFound."""
    locked = await work_orders.lock(work.session, order.id)
    if locked.stage not in FILLING_IN:
        raise StageDoesNotAllow(f"The acceptance test can't be changed while the work order is '{locked.stage}'")
    test = await sats.lock_of(work.session, order.id)
    questions = {(one.question.code, one.line_id): one.question for one in await asked(work, order.id)}
    author = _person(work)
    for place, given in enumerate(answers):
        await _check(work, locked, questions, given, place)
    fresh = [
        SatAnswer(
            sat_id=test.id,
            line_id=given.line_id,
            question_code=given.question,
            value=given.value,
            answered_by=author,
            answered_at=work.now,
        )
        for given in answers
    ]
    await sats.put_answers(work.session, test.id, fresh)
    _note_author(work, test)
    return test


async def submit(work: Work, work_order_id: UUID) -> WorkOrderProgress:
    """P16: the work order and the request go into review, operations gets the task.

    Raises StageDoesNotAllow, NoTestCharge, AnswersMissing.
    """
    order = await work_orders.lock(work.session, work_order_id)
    test = await sats.lock_of(work.session, order.id)
    await work_order.advance(work, order, WorkOrderEvent.SUBMIT_SAT, round=test.rounds + 1)
    await _check_complete(work, order, test)
    test.state, test.submitted_by, test.submitted_at = SatState.SUBMITTED, _person(work), work.now
    test.rounds += 1
    _note_author(work, test)
    await _resolve_remarks(work, test)
    await task.close_task(work, TaskKind.PERFORM_WORK_ORDER, order.id)
    await task.close_task(work, TaskKind.CORRECT_SAT, order.id)
    operator = await organisations.operator(work.session)
    await task.open_task(
        work,
        TaskKind.REVIEW_SAT,
        Role.OPERATIONS,
        operator.id,
        order.id,
        order.reference,
        "Review the site acceptance test",
        for_stage=order,
    )
    await _move_placement(work, order, PlacementEvent.SAT_SUBMITTED)
    return await work_order.progress(work, order)


async def give_back(work: Work, work_order_id: UUID, decision: ReturnSat) -> WorkOrderProgress:
    """P17: back to the installer with remarks per question. Raises StageDoesNotAllow, FourEyes, InvalidInput."""
    order = await work_orders.lock(work.session, work_order_id)
    test = await sats.lock_of(work.session, order.id)
    _check_second_person(work, test)
    await work_order.advance(work, order, WorkOrderEvent.RETURN_SAT, remarks=len(decision.remarks))
    await _add_remarks(work, order, test, decision.remarks)
    test.state = SatState.RETURNED
    await task.close_task(work, TaskKind.REVIEW_SAT, order.id)
    await task.open_task(
        work,
        TaskKind.CORRECT_SAT,
        Role.INSTALLER,
        order.installer_id,
        order.id,
        order.reference,
        "Correct the site acceptance test",
        for_stage=order,
    )
    data = {"reference": order.reference, "remarks": len(decision.remarks)}
    await notice.notify(work, order.installer_id, "sat.returned", data, placement_id=order.placement_id)
    await _move_placement(work, order, PlacementEvent.SAT_RETURNED)
    return await work_order.progress(work, order)


async def approve(work: Work, work_order_id: UUID) -> WorkOrderProgress:
    """P17, P18: accepted; each station can be activated. Raises StageDoesNotAllow, FourEyes."""
    order = await work_orders.lock(work.session, work_order_id)
    test = await sats.lock_of(work.session, order.id)
    _check_second_person(work, test)
    await work_order.advance(work, order, WorkOrderEvent.APPROVE_SAT)
    test.state, test.approved_by, test.approved_at = SatState.APPROVED, _person(work), work.now
    order.accepted_at = work.now
    await task.close_task(work, TaskKind.REVIEW_SAT, order.id)
    for *_, asset in await work_orders.lines(work.session, order.id):
        if asset is not None:
            await commissioning.accept(work, await assets.lock(work.session, asset.id))
    await _move_placement(work, order, PlacementEvent.SAT_APPROVED)
    return await work_order.progress(work, order)


async def _check(
    work: Work, order: WorkOrder, questions: dict[tuple[str, UUID | None], Question], given: Answer, place: int
) -> None:
    question = questions.get((given.question, given.line_id))
    if question is None:
        raise InvalidInput(
            f"Question '{given.question}' is not asked there; GET the acceptance test to see what is",
            field=f"/answers/{place}/question",
        )
    found = sat.fault(question, given.value)
    if found is None and question.kind is QuestionKind.PHOTO:
        photo = await documents.photo(work.session, given.value, order.id)
        found = None if photo else "upload the photo to this work order first and answer with its id"
    if found is not None:
        raise InvalidInput(f"'{question.text}': {found}", field=f"/answers/{place}/value")


async def _check_complete(work: Work, order: WorkOrder, test: Sat) -> None:
    lines = await work_orders.lines(work.session, order.id)
    for line, _, _, asset in lines:
        if asset is None or asset.stage not in _TESTED:
            raise NoTestCharge(f"The station of line {line.number} has not had its test charge")
    questions = await asked(work, order.id)
    given = {(one.question_code, one.line_id) for one in await sats.answers(work.session, test.id)}
    missing = [one for one in questions if one.question.required and (one.question.code, one.line_id) not in given]
    if missing:
        names = [
            {"question": one.question.code, "line_id": str(one.line_id) if one.line_id else None} for one in missing
        ]
        raise AnswersMissing(
            f"{len(missing)} required questions are not answered, the first: '{missing[0].question.text}'",
            missing=names,
        )


def _person(work: Work) -> UUID:
    if work.actor.id is None:
        raise Forbidden("Only a person or a service account can do this")
    return work.actor.id


def _check_second_person(work: Work, test: Sat) -> None:
    if str(_person(work)) in test.filled_in_by:
        raise FourEyes("Whoever filled in the acceptance test can't review it; ask a colleague")


def _note_author(work: Work, test: Sat) -> None:
    if str(work.actor.id) not in test.filled_in_by:
        test.filled_in_by = [*test.filled_in_by, str(work.actor.id)]


async def _add_remarks(work: Work, order: WorkOrder, test: Sat, remarks: Sequence[Remark]) -> None:
    places = {(one.question.code, one.line_id) for one in await asked(work, order.id)}
    given = {(one.question_code, one.line_id): one.value for one in await sats.answers(work.session, test.id)}
    for number, remark in enumerate(remarks):
        if (remark.question, remark.line_id) not in places:
            raise InvalidInput(f"Question '{remark.question}' is not asked there", field=f"/remarks/{number}/question")
        work.session.add(
            SatRemark(
                sat_id=test.id,
                round=test.rounds,
                line_id=remark.line_id,
                question_code=remark.question,
                text=remark.text,
                rejected_value=given.get((remark.question, remark.line_id)),
                by=_person(work),
                at=work.now,
            )
        )


async def _resolve_remarks(work: Work, test: Sat) -> None:
    given = {(one.question_code, one.line_id): one.value for one in await sats.answers(work.session, test.id)}
    for remark in await sats.remarks(work.session, test.id):
        if remark.resolved_at is None:
            remark.resolved_value = given.get((remark.question_code, remark.line_id))
            remark.resolved_at = work.now


async def _move_placement(work: Work, order: WorkOrder, event: PlacementEvent) -> None:
    if order.placement_id is None:
        return
    request = await placements.lock(work.session, order.placement_id)
    await placement.advance(work, request, event)
    await placement.note_moved(work, request)


async def note_active(work: Work, work_order_id: UUID) -> WorkOrderProgress:
    """P19: a station went live; with the last one the work order closes, and its placement has reached its end."""
    order = await work_orders.lock(work.session, work_order_id)
    lines = await work_orders.lines(work.session, order.id)
    live = all(asset is not None and asset.stage is CommissioningStage.ACTIVE for *_, asset in lines)
    if live and order.stage is WorkOrderStage.ACCEPTED:
        request = None if order.placement_id is None else await placements.lock(work.session, order.placement_id)
        await work_order.close(work, order)
        if request is not None:
            await placement.finish(work, request)
    return await work_order.progress(work, order)
