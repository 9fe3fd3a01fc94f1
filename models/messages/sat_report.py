"""What a site acceptance test report says, gathered from the rows, ready to be drawn (P18)."""

from decimal import Decimal

from pydantic import AwareDatetime, Field

from models.messages.base import Message


class Place(Message):
    """Coordinates in degrees, WGS 84."""

    address: str
    municipality: str
    latitude: float
    longitude: float


class GridConnection(Message):
    reference: str
    connected_at: AwareDatetime | None


class Signature(Message):
    """Who did something, for whom, and when."""

    name: str
    organisation: str
    at: AwareDatetime


class Photo(Message):
    """The bytes are handed over separately, under the same id."""

    id: str
    caption: str


class AnsweredQuestion(Message):
    """One question with its answer as people read it; limits are in the answer's unit."""

    code: str
    text: str
    answer: str = ""
    unit: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    passed: bool | None = None
    """None where any answer does."""
    photos: tuple[Photo, ...] = ()


class Section(Message):
    """Questions that belong together; a title is shown where there is one."""

    title: str = ""
    questions: tuple[AnsweredQuestion, ...]


class ConnectionTestStep(Message):
    label: str
    at: AwareDatetime
    passed: bool = True
    remark: str = ""


class TestCharge(Message):
    """A charging transaction that is never rated nor billed (P15)."""

    __test__ = False

    transaction_id: int
    started_at: AwareDatetime
    stopped_at: AwareDatetime
    energy_wh: int = Field(ge=0)


class StationPart(Message):
    """One station: what stands there, how it was tested, and its part of the acceptance test."""

    asset_name: str
    evse_ids: tuple[str, ...]
    brand: str
    model: str
    product_type: str
    serial: str
    firmware: str
    ocpp_identity: str
    connection_test: tuple[ConnectionTestStep, ...]
    test_charge: TestCharge | None
    sections: tuple[Section, ...]


class ReviewRemark(Message):
    """A remark on one answer. ``station`` is the asset's name, or None for the site's part."""

    station: str | None = None
    question_code: str
    text: str
    rejected_answer: str
    corrected_answer: str | None
    corrected_at: AwareDatetime | None


class ReviewRound(Message):
    """One return by a reviewer, with what the installer made of it."""

    number: int
    returned: Signature
    sent_again_at: AwareDatetime | None
    remarks: tuple[ReviewRemark, ...]


class SatReport(Message):
    """The same value always makes the same PDF, byte for byte."""

    number: str
    operator: str
    requester: str
    """Who asked for the stations, or whose site it is."""
    requester_reference: str
    placement_reference: str
    """Empty for stations that came without a placement request; they have no ``grid`` either."""
    work_order_reference: str
    place: Place
    grid: GridConnection | None
    site: tuple[Section, ...]
    stations: tuple[StationPart, ...]
    review_rounds: tuple[ReviewRound, ...]
    filled_in: Signature
    approved: Signature
    generated_at: AwareDatetime
    time_zone: str = "Europe/Amsterdam"
    language: str = "en-GB"

    @property
    def title(self) -> str:
        return f"Site acceptance test report {self.number}"
