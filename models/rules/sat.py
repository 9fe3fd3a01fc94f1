"""The site acceptance test: its questions, what counts as an answer, and whether it passed (P16, P17)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class SatState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"


class QuestionKind(StrEnum):
    YES_NO = "yes_no"
    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"
    PHOTO = "photo"


class Part(StrEnum):
    """A question is asked once for the site, or once for each station."""

    SITE = "site"
    STATION = "station"


class Question(BaseModel):
    """One question of a template; ``code`` names it in answers and remarks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")
    part: Part
    kind: QuestionKind
    text: str = Field(min_length=3, max_length=300)
    required: bool = True
    unit: str | None = Field(default=None, max_length=12)
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    choices: tuple[str, ...] = ()
    expected: str | None = None
    """The answer with which a yes/no question or a choice passes; None where any answer does."""


MAX_TEXT = 2000


def fault(question: Question, value: str) -> str | None:
    """Why ``value`` is no answer to the question, or None where it is one. A photo's value is a document id."""
    match question.kind:
        case QuestionKind.YES_NO if value not in {"yes", "no"}:
            return "answer 'yes' or 'no'"
        case QuestionKind.CHOICE if value not in question.choices:
            return "choose one of: " + ", ".join(question.choices)
        case QuestionKind.NUMBER if _number(value) is None:
            return f"give a number{f' in {question.unit}' if question.unit else ''}, such as 12.5"
        case QuestionKind.TEXT if not value.strip() or len(value) > MAX_TEXT:
            return f"write between 1 and {MAX_TEXT} characters"
        case _:
            return None


def passed(question: Question, value: str) -> bool | None:
    """Whether the answer lies within its limits; None where the question has none."""
    if question.kind is QuestionKind.NUMBER:
        number = _number(value)
        if number is None or (question.minimum is None and question.maximum is None):
            return None
        low_enough = question.maximum is None or number <= question.maximum
        return low_enough and (question.minimum is None or number >= question.minimum)
    return None if question.expected is None else value == question.expected


def missing(
    questions: Iterable[Question], stations: Iterable[str], answers: Mapping[tuple[str, str | None], str]
) -> list[tuple[str, str | None]]:
    """The required ``(question code, station id)`` pairs without an answer; the site's have station id None."""
    stations = list(stations)
    wanted: list[tuple[str, str | None]] = []
    for question in questions:
        if question.required:
            places: list[str | None] = [None] if question.part is Part.SITE else [*stations]
            wanted += [(question.code, place) for place in places]
    return [key for key in wanted if key not in answers]


def _number(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
