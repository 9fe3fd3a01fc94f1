"""Reading single values as stations really write them: what can be understood is, and what is odd is named.

Nothing here raises: a transaction's message is never refused (a refused one is lost, and with it the billing).
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from csms.events import Irregularity
from csms.frames import Payload

INT32_MAX = 2**31 - 1
METER_MAX_WH = INT32_MAX
TEXT_LIMIT = 255
NUMBER_LIMIT = 40
VALUE_MAX = Decimal(10**15)
NUMERIC = (int, float, str)
DEPTH_LIMIT = 20
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(minutes=5)
UNREADABLE_TIME = "no readable time; time of receipt taken"


class Reader:
    """Reads fields of one payload, collecting what is not as it should be."""

    def __init__(self, received_at: datetime, found: tuple[Irregularity, ...] = ()) -> None:
        self.received_at = received_at
        self._found = list(found)

    @property
    def irregularities(self) -> tuple[Irregularity, ...]:
        return tuple(dict.fromkeys(self._found)) if self._found else ()

    def note(self, field: str, fact: str) -> None:
        self._found.append(Irregularity(field, fact))

    def number(self, payload: Payload, name: str, *, low: int, high: int) -> int | None:
        """A whole number within bounds; a fraction is rounded and a number written as text is taken."""
        value = payload.get(name)
        if value is None:
            return None
        whole = value if type(value) is int else _whole(value)
        if whole is None:
            self.note(f"/{name}", "not a number")
            return None
        if not low <= whole <= high:
            self.note(f"/{name}", "out of range")
            return None
        return whole

    def flag(self, payload: Payload, name: str) -> bool:
        """Whether it is set; what can't be read is not."""
        value = payload.get(name)
        if value is not None and not isinstance(value, bool):
            self.note(f"/{name}", "not true or false")
        return value is True or (isinstance(value, str) and value.strip().lower() == "true")

    def text(self, payload: Payload, name: str, limit: int = TEXT_LIMIT) -> str | None:
        """A text without NUL, cut to the limit; a number is taken as its digits."""
        value = payload.get(name)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.note(f"/{name}", "not a text")
            return None
        if len(value) > limit:
            self.note(f"/{name}", "too long")
        return clean(value, limit) or None

    def instant(self, payload: Payload, name: str, pointer: str = "") -> datetime:
        """The instant in UTC: with offset or fractions, UTC where no zone stands, time of receipt if unreadable."""
        field = f"{pointer}/{name}"
        read = instant_of(payload.get(name))
        if read is None:
            self.note(field, UNREADABLE_TIME)
            return self.received_at
        if read.tzinfo is None:
            self.note(field, "without time zone; UTC taken")
            read = read.replace(tzinfo=UTC)
        try:
            read = read.astimezone(UTC)
        except OverflowError:
            self.note(field, UNREADABLE_TIME)
            return self.received_at
        if read < EARLIEST:
            self.note(field, "before any station: clock not set")
        elif read > self.received_at + FUTURE_TOLERANCE:
            self.note(field, "in the future")
        return read


def clean(value: str, limit: int = TEXT_LIMIT) -> str:
    """PostgreSQL stores no NUL."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").strip()[:limit]


def storable(value: Any, depth: int = DEPTH_LIMIT) -> Any:
    """The value as PostgreSQL keeps JSON: without NUL, and not nested beyond what any message is."""
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, dict | list) and depth == 0:
        return "nested too deeply to be kept"
    if isinstance(value, dict):
        return {storable(name): storable(each, depth - 1) for name, each in value.items()}
    return [storable(each, depth - 1) for each in value] if isinstance(value, list) else value


def instant_of(value: Any) -> datetime | None:
    if not isinstance(value, str) or not 10 <= len(value.strip()) <= 64:
        return None
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return None


def decimal_of(value: Any) -> Decimal | None:
    """A finite number of sane size, from a number or from text (a decimal comma is one of the field's habits)."""
    if isinstance(value, bool) or not isinstance(value, NUMERIC):
        return None
    text = str(value)
    if len(text) > NUMBER_LIMIT:
        return None
    try:
        read = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return read if read.is_finite() and abs(read) < VALUE_MAX else None


def _whole(value: Any) -> int | None:
    read = decimal_of(value)
    return None if read is None else int(read.to_integral_value())


def number_of(value: Any) -> int | None:
    """A whole number above zero, also where it is written as text: a limit that a station tells."""
    read = decimal_of(value)
    return int(read) if read is not None and read >= 1 else None
