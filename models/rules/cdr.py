"""The lines of a bill data record: a price as it is kept and explained, and as it is credited (B1, B3)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from models.rules.price import Line, Price, Used, Volume, in_units
from models.rules.tariff import Dimension

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {Dimension.ENERGY: "kWh", Dimension.TIME: "h", Dimension.PARKING_TIME: "h", Dimension.FLAT: "session"}
_AMOUNTS = ("net", "vat", "gross")


def lines_of(price: Price) -> list[dict[str, Any]]:
    """What each amount is for: how much of what was used when, at which price and VAT rate; amounts as exact texts."""
    return [_line(each) for each in price.lines]


def credited(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same lines, each taken back."""
    return [{**line, **{name: str(-Decimal(line[name])) for name in _AMOUNTS}} for line in lines]


def _line(line: Line) -> dict[str, Any]:
    amounts = {name: str(getattr(line, name)) for name in _AMOUNTS}
    rate = None if line.vat_rate is None else str(line.vat_rate)
    used = {} if line.of is None else _used(line.of)
    return {"kind": line.kind.value, "vat_rate": rate, **amounts, **used}


def _used(used: Used) -> dict[str, Any]:
    return {
        "element": used.element,
        "price": str(used.price),
        "unit": _UNITS[used.dimension],
        "used": str(in_units(used.used, used.dimension)),
        "billed": str(in_units(used.billed, used.dimension)),
        "spans": [
            {
                "since": _instant(span.since),
                "until": _instant(span.until),
                "used": str(in_units(span.volume, used.dimension)),
            }
            for span in used.spans
        ],
    }


def _instant(at_us: Volume) -> str:
    return (_EPOCH + timedelta(microseconds=int(at_us))).isoformat()
