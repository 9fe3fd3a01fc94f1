"""Meter values of OCPP 1.6 (ed.2 §7.33 MeterValue, §7.43 SampledValue)."""

from datetime import datetime
from typing import Any

from csms import sampling
from csms.events import Sample
from csms.reading import Reader, clean, decimal_of
from csms.sampling import word


def samples_of(values: Any, field: str, reader: Reader) -> tuple[Sample, ...]:
    """All samples that can be understood, in their order; the others are noted."""
    return sampling.samples_of(values, field, reader, _sample)


def _sample(sampled: dict[str, Any], instant: datetime) -> Sample | None:
    measurand = word(sampled, "measurand") or sampling.DEFAULT_MEASURAND
    unit = word(sampled, "unit") or sampling.unit_of(measurand)
    signed = sampled.get("format") == "SignedData"
    value = None if signed else decimal_of(sampled.get("value"))
    if value is None and not (signed and isinstance(sampled.get("value"), str)):
        return None
    return Sample(
        instant,
        measurand,
        sampling.base_unit(unit),
        None if value is None else sampling.in_base_unit(value, unit),
        word(sampled, "context") or "Sample.Periodic",
        word(sampled, "phase"),
        word(sampled, "location"),
        clean(sampled["value"], sampling.SIGNED_LIMIT) if signed else None,
    )
