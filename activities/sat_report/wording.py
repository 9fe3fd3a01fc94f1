"""How the report words times, places, answers and limits."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from activities.paper import FAILED, MUTED, PASSED
from activities.sat_report.table import Cell
from models.messages.sat_report import AnsweredQuestion, Place, Section, Signature


class Wording:
    """Times are told in the zone of the place."""

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)

    def moment(self, at: datetime | None, *, seconds: bool = False) -> str:
        if at is None:
            return ""
        local = at.astimezone(self._zone)
        return f"{local.day} {local:%b %Y}, {local:{'%H:%M:%S' if seconds else '%H:%M'} %Z}"

    def signature(self, signature: Signature) -> str:
        return f"{signature.name}, {signature.organisation}, {self.moment(signature.at)}"


def coordinates(place: Place) -> str:
    north, east = "N" if place.latitude >= 0 else "S", "E" if place.longitude >= 0 else "W"
    return f"{abs(place.latitude):.6f}° {north}, {abs(place.longitude):.6f}° {east}"


def energy(energy_wh: int) -> str:
    return f"{Decimal(energy_wh) / 1000:.3f} kWh ({energy_wh} Wh)"


def answer(question: AnsweredQuestion) -> str:
    """For example ``3.2 Ω (limit ≤ 100 Ω)``."""
    parts = [question.answer, question.unit if question.answer else None, _limits(question)]
    return " ".join(part for part in parts if part) or "not answered"


def _limits(question: AnsweredQuestion) -> str:
    unit = f" {question.unit}" if question.unit else ""
    match question.minimum, question.maximum:
        case Decimal() as low, Decimal() as high:
            return f"(limits {low:f} to {high:f}{unit})"
        case Decimal() as low, None:
            return f"(limit ≥ {low:f}{unit})"
        case None, Decimal() as high:
            return f"(limit ≤ {high:f}{unit})"
    return ""


def verdict(passed: bool | None) -> Cell:
    """Said by word and sign, so that it holds in black and white too."""
    if passed is None:
        return Cell("recorded", MUTED)
    return Cell("✓ passed", PASSED, "B") if passed else Cell("\N{MULTIPLICATION SIGN} failed", FAILED, "B")


def tally(sections: Iterable[Section]) -> str:
    results = [question.passed for section in sections for question in section.questions]
    counts = {"passed": results.count(True), "failed": results.count(False), "recorded": results.count(None)}
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "no questions"
