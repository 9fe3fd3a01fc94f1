"""The questions of a product's acceptance test, by version; a version is never edited (P16)."""

from collections.abc import Iterator

from models.errors import InvalidInput
from models.messages.sat_template import NewSatTemplate
from models.rules.sat import Question, QuestionKind
from models.store import sats
from models.tables.sat import SatTemplate
from models.tables.tender import Product
from models.usecases import timeline
from models.usecases.work import Work

_YES_NO = ("yes", "no")


async def add_version(work: Work, product: Product, new: NewSatTemplate) -> SatTemplate:
    """Work orders made from now on ask these questions. Raises InvalidInput with every fault."""
    if errors := list(_faults(new.questions)):
        raise InvalidInput(errors[0]["detail"], errors=errors)
    await work.session.refresh(product, with_for_update=True)
    template = SatTemplate(
        product_id=product.id,
        version=await sats.next_version(work.session, product.id),
        questions=[question.model_dump(mode="json") for question in new.questions],
    )
    work.session.add(template)
    await work.session.flush()
    await work.session.refresh(template)
    timeline.record(work, "product", product.id, "SAT template added", version=template.version)
    return template


def _faults(questions: tuple[Question, ...]) -> Iterator[dict[str, str]]:
    codes: set[str] = set()
    for index, question in enumerate(questions):
        if question.code in codes:
            yield {"pointer": f"/questions/{index}/code", "detail": f"'{question.code}' is used twice"}
        codes.add(question.code)
        for field, detail in _faults_of(question):
            yield {"pointer": f"/questions/{index}/{field}", "detail": detail}


def _faults_of(question: Question) -> Iterator[tuple[str, str]]:
    is_number = question.kind is QuestionKind.NUMBER
    possible = {QuestionKind.CHOICE: question.choices, QuestionKind.YES_NO: _YES_NO}.get(question.kind, ())
    if question.kind is QuestionKind.CHOICE and len(set(question.choices)) < 2:
        yield "choices", "Give at least two different choices"
    if question.kind is not QuestionKind.CHOICE and question.choices:
        yield "choices", "Only a choice has choices"
    if not is_number and question.minimum is not None:
        yield "minimum", "Only a number has limits"
    if not is_number and question.maximum is not None:
        yield "maximum", "Only a number has limits"
    if question.minimum is not None and question.maximum is not None and question.minimum > question.maximum:
        yield "maximum", "The maximum lies below the minimum"
    if question.expected is not None and question.expected not in possible:
        yield "expected", "Expect one of: " + (", ".join(possible) or "nothing, for this kind of question")
