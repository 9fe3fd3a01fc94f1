"""Meter values as stations send them, in base units: what every version of OCPP has in common."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from csms.events import Sample
from csms.reading import VALUE_MAX, Reader, clean

SAMPLES_LIMIT = 2_000
SIGNED_LIMIT = 40_000
SMALLEST = Decimal("0.000001")
POWERS_LIMIT = 12

# Without a measurand it is the energy register, and that is in Wh (OCPP 1.6 ed.2 §7.43, 2.0.1 SampledValueType).
DEFAULT_MEASURAND = "Energy.Active.Import.Register"
_UNIT_OF = {"Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V", "Temperature": "Celsius", "SoC": "Percent"}
_BASE_UNIT = {"kWh": "Wh", "kvarh": "varh", "kW": "W", "kVA": "VA", "kVAh": "VAh", "kvar": "var", "Celcius": "Celsius"}
_KILO = frozenset({"kWh", "kvarh", "kW", "kVA", "kVAh", "kvar"})

ReadSample = Callable[[dict[str, Any], datetime], Sample | None]
"""One sampled value at its instant, as the version has it; None where it holds nothing that can be read."""


def samples_of(values: Any, field: str, reader: Reader, read: ReadSample) -> tuple[Sample, ...]:
    """All samples that can be understood, in their order; the others are noted."""
    if values is None:
        return ()
    if not isinstance(values, list):
        reader.note(f"/{field}", "not a list")
        return ()
    found: list[Sample] = []
    for number, value in enumerate(values):
        pointer = f"/{field}/{number}"
        if not isinstance(value, dict) or not isinstance(value.get("sampledValue"), list):
            reader.note(pointer, "no sampled values")
            continue
        instant = reader.instant(value, "timestamp", pointer)
        for index, sampled in enumerate(value["sampledValue"]):
            if len(found) == SAMPLES_LIMIT:
                reader.note(pointer, f"more than {SAMPLES_LIMIT} samples; the rest is in the evidence only")
                return tuple(found)
            sample = read(sampled, instant) if isinstance(sampled, dict) else None
            if sample is None:
                reader.note(f"{pointer}/sampledValue/{index}", "no readable value")
            else:
                found.append(sample)
    return tuple(found)


def unit_of(measurand: str) -> str:
    """The unit that a measurand has where none is told."""
    return _UNIT_OF.get(measurand.partition(".")[0], "")


def base_unit(unit: str) -> str:
    return _BASE_UNIT.get(unit, unit)


def in_base_unit(value: Decimal, unit: str, power: int = 0) -> Decimal | None:
    """``value`` times ten to the ``power``, in the base unit of ``unit``; None where that is of no sane size."""
    if abs(power) > POWERS_LIMIT:
        return None
    scaled = value.scaleb(power) if power else value
    if abs(scaled) >= VALUE_MAX:
        return None
    scaled = scaled * 1000 if unit in _KILO else scaled
    return scaled.quantize(SMALLEST).normalize() + 0


def word(sampled: dict[str, Any], name: str) -> str | None:
    value = sampled.get(name)
    return clean(value, 50) or None if isinstance(value, str) else None
