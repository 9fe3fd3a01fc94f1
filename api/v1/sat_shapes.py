"""An acceptance test as the API shows it: a part for the site and one for each station."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from api.auth.access import Access
from api.v1 import actions
from api.v1.shapes import Shape, example
from models.messages.sat import AskedQuestion
from models.rules.sat import QuestionKind, SatState, passed
from models.store import sats, work_orders
from models.tables.sat import Sat, SatAnswer, SatRemark
from models.tables.work_order import WorkOrder
from models.usecases import sat as usecase
from models.usecases.work import Work

_ANSWER = {"value": "12.1", "passed": False, "by": "Iris Installer", "at": "2026-12-08T13:40:00Z"}
_REMARK = {
    "round": 1,
    "text": "Measure again with the cable bolted on",
    "rejected_value": "12.1",
    "resolved_value": None,
    "by": "Olga Operations",
    "at": "2026-12-09T08:30:00Z",
    "resolved_at": None,
}
_QUESTION = {
    "code": "earth_resistance",
    "kind": "number",
    "text": "Earth resistance",
    "required": True,
    "unit": "ohm",
    "minimum": None,
    "maximum": "10",
    "choices": [],
    "expected": None,
    "template_version": 1,
    "answer": _ANSWER,
    "remarks": [_REMARK],
}
_PART = {
    "line_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c71",
    "line_number": 1,
    "station": "NL-STM-000007",
    "questions": [_QUESTION],
}


class AnswerShape(Shape):
    model_config = example(**_ANSWER)

    value: str = Field(description="A photo's is the id of the document")
    passed: bool | None = Field(description="Whether it lies within its limits; null where any answer does")
    by: str
    at: datetime


class RemarkShape(Shape):
    """``resolved_value`` is the answer with which the test was sent in again."""

    model_config = example(**_REMARK)

    round: int
    text: str
    rejected_value: str | None
    resolved_value: str | None
    by: str
    at: datetime
    resolved_at: datetime | None


class QuestionShape(Shape):
    model_config = example(**_QUESTION)

    code: str
    kind: QuestionKind
    text: str
    required: bool
    unit: str | None
    minimum: Decimal | None
    maximum: Decimal | None
    choices: list[str]
    expected: str | None
    template_version: int
    answer: AnswerShape | None
    remarks: list[RemarkShape]


class PartShape(Shape):
    """What is asked once for the site (``line_id`` is null), or of one line's station."""

    model_config = example(**_PART)

    line_id: UUID | None
    line_number: int | None
    station: str | None
    questions: list[QuestionShape]


class SatShape(Shape):
    model_config = example(
        work_order="WO-2026-000017",
        state="returned",
        rounds=1,
        missing=0,
        allowed_actions=["answer", "upload_photo", "submit_sat"],
        submitted_by="Iris Installer",
        submitted_at="2026-12-08T14:00:00Z",
        approved_by=None,
        approved_at=None,
        parts=[_PART],
    )

    work_order: str
    state: SatState
    rounds: int = Field(description="How often it was sent in")
    missing: int = Field(description="How many required questions are not answered yet")
    allowed_actions: list[str] = Field(description="What the caller can do now")
    submitted_by: str | None
    submitted_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    parts: list[PartShape]


class _Sheet:
    """What was answered and remarked, by question and place, with the names of who did."""

    def __init__(self, answers: Sequence[SatAnswer], remarks: Sequence[SatRemark], names: dict[UUID, str]) -> None:
        self._names = names
        self._answers = {(each.question_code, each.line_id): each for each in answers}
        self._remarks: dict[tuple[str, UUID | None], list[SatRemark]] = {}
        for each in remarks:
            self._remarks.setdefault((each.question_code, each.line_id), []).append(each)

    def name(self, principal_id: UUID | None) -> str | None:
        return None if principal_id is None else self._names.get(principal_id, "")

    def question(self, asked: AskedQuestion) -> QuestionShape:
        place = (asked.question.code, asked.line_id)
        given = self._answers.get(place)
        return QuestionShape(
            **asked.question.model_dump(exclude={"part", "choices"}),
            choices=list(asked.question.choices),
            template_version=asked.template_version,
            answer=None if given is None else self._answer(asked, given),
            remarks=[self._remark(each) for each in self._remarks.get(place, [])],
        )

    def is_missing(self, asked: AskedQuestion) -> bool:
        return asked.question.required and (asked.question.code, asked.line_id) not in self._answers

    def _answer(self, asked: AskedQuestion, given: SatAnswer) -> AnswerShape:
        return AnswerShape(
            value=given.value,
            passed=passed(asked.question, given.value),
            by=self.name(given.answered_by) or "",
            at=given.answered_at,
        )

    def _remark(self, remark: SatRemark) -> RemarkShape:
        fields = remark.model_dump(include=set(RemarkShape.model_fields) - {"by"})
        return RemarkShape(**fields, by=self.name(remark.by) or "")


async def sat_shape(work: Work, access: Access, order: WorkOrder) -> SatShape:
    test = await sats.of(work.session, order.id)
    asked = await usecase.asked(work, order.id)
    sheet = await _sheet(work, test)
    return SatShape(
        work_order=order.reference,
        state=test.state,
        rounds=test.rounds,
        missing=sum(sheet.is_missing(each) for each in asked),
        allowed_actions=actions.on_sat(access, order, test.filled_in_by),
        submitted_by=sheet.name(test.submitted_by),
        submitted_at=test.submitted_at,
        approved_by=sheet.name(test.approved_by),
        approved_at=test.approved_at,
        parts=await _parts(work, order, asked, sheet),
    )


async def _sheet(work: Work, test: Sat) -> _Sheet:
    answers = await sats.answers(work.session, test.id)
    remarks = await sats.remarks(work.session, test.id)
    people = {each.answered_by for each in answers} | {each.by for each in remarks}
    people |= {each for each in (test.submitted_by, test.approved_by) if each is not None}
    return _Sheet(answers, remarks, await sats.names(work.session, people))


async def _parts(work: Work, order: WorkOrder, asked: Sequence[AskedQuestion], sheet: _Sheet) -> list[PartShape]:
    site = [sheet.question(each) for each in asked if each.line_id is None]
    parts = [PartShape(line_id=None, line_number=None, station=None, questions=site)]
    for line, _, _, asset in await work_orders.lines(work.session, order.id):
        questions = [sheet.question(each) for each in asked if each.line_id == line.id]
        station = asset.name if asset else None
        parts.append(PartShape(line_id=line.id, line_number=line.number, station=station, questions=questions))
    return parts
