"""Meter values of OCPP 2 (2.0.1 part 2 MeterValueType, SampledValueType)."""

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
    unit, power = _unit(sampled, measurand)
    read = decimal_of(sampled.get("value"))
    value = None if read is None or power is None else sampling.in_base_unit(read, unit, power)
    signed, signing = _signed(sampled.get("signedMeterValue"))
    if value is None and signed is None:
        return None
    return Sample(
        timestamp=instant,
        measurand=measurand,
        unit=sampling.base_unit(unit),
        value=value,
        context=word(sampled, "context") or "Sample.Periodic",
        phase=word(sampled, "phase"),
        location=word(sampled, "location"),
        signed=signed,
        signing=signing,
    )


def _unit(sampled: dict[str, Any], measurand: str) -> tuple[str, int | None]:
    """The unit, and the power of ten that its values are to be multiplied with; None where that can't be read."""
    told = sampled.get("unitOfMeasure")
    told = told if isinstance(told, dict) else {}
    power = decimal_of(told.get("multiplier", 0))
    whole = None if power is None or power != power.to_integral_value() else int(power)
    return word(told, "unit") or sampling.unit_of(measurand), whole


def _signed(told: Any) -> tuple[str | None, dict[str, str]]:
    if not isinstance(told, dict) or not isinstance(told.get("signedMeterData"), str):
        return None, {}
    names = {"method": "signingMethod", "encoding": "encodingMethod", "public_key": "publicKey"}
    how = {ours: clean(told[theirs], 2_500) for ours, theirs in names.items() if isinstance(told.get(theirs), str)}
    return clean(told["signedMeterData"], sampling.SIGNED_LIMIT), how
