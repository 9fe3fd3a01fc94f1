"""Meter values of OCPP 1.6 (ed.2 §7.33 MeterValue, §7.43 SampledValue) as samples in base units."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from csms.events import Sample
from csms.reading import Reader, clean, decimal_of

SAMPLES_LIMIT = 2_000
SIGNED_LIMIT = 20_000
SMALLEST = Decimal("0.000001")

# OCPP 1.6 ed.2 §7.43: without a measurand it is the energy register, and that is in Wh.
DEFAULT_MEASURAND = "Energy.Active.Import.Register"
_UNIT_OF = {"Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V", "Temperature": "Celsius", "SoC": "Percent"}
_BASE_UNIT = {"kWh": "Wh", "kvarh": "varh", "kW": "W", "kVA": "VA", "kvar": "var", "Celcius": "Celsius"}
_KILO = frozenset({"kWh", "kvarh", "kW", "kVA", "kvar"})


def samples_of(values: Any, field: str, reader: Reader) -> tuple[Sample, ...]:
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
            sample = _sample(sampled, instant)
            if sample is None:
                reader.note(f"{pointer}/sampledValue/{index}", "no readable value")
            else:
                found.append(sample)
    return tuple(found)


def _sample(sampled: Any, instant: datetime) -> Sample | None:
    if not isinstance(sampled, dict):
        return None
    measurand = _word(sampled, "measurand") or DEFAULT_MEASURAND
    unit = _word(sampled, "unit") or _UNIT_OF.get(measurand.partition(".")[0], "")
    signed = sampled.get("format") == "SignedData"
    value = None if signed else decimal_of(sampled.get("value"))
    if value is None and not (signed and isinstance(sampled.get("value"), str)):
        return None
    return Sample(
        timestamp=instant,
        measurand=measurand,
        unit=_BASE_UNIT.get(unit, unit),
        value=None if value is None else _in_base_unit(value, unit),
        context=_word(sampled, "context") or "Sample.Periodic",
        phase=_word(sampled, "phase"),
        location=_word(sampled, "location"),
        signed=clean(sampled["value"], SIGNED_LIMIT) if signed else None,
    )


def _in_base_unit(value: Decimal, unit: str) -> Decimal:
    scaled = value * 1000 if unit in _KILO else value
    return scaled.quantize(SMALLEST).normalize() + 0


def _word(sampled: dict[str, Any], name: str) -> str | None:
    value = sampled.get(name)
    return clean(value, 50) or None if isinstance(value, str) else None
