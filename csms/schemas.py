"""Checking payloads against the JSON schemas of each version, and naming what is wrong with OCPP-J's own codes."""

from collections.abc import Iterator
from functools import cache
from typing import cast

from jsonschema import Draft4Validator, ValidationError
from ocpp.messages import MessageType, get_validator

from csms.events import Irregularity
from csms.frames import ErrorCode, Payload

IRREGULARITIES_LIMIT = 20

# OCPP-J 1.6 §4.2.3: what each code is for. A missing field violates its cardinality (1..1).
_CODES = {
    "type": ErrorCode.TYPE_CONSTRAINT_VIOLATION,
    "additionalProperties": ErrorCode.FORMATION_VIOLATION,
    "required": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "minItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "maxItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "enum": ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
    "maxLength": ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
}

_FACTS = {
    "type": "wrong type",
    "additionalProperties": "unknown field",
    "required": "missing",
    "minItems": "empty",
    "enum": "unknown value",
    "maxLength": "too long",
}


@cache
def _validator(version: str, action: str) -> Draft4Validator:
    """``action`` must be one of ours: it becomes part of a file's name."""
    validator: Draft4Validator = get_validator(MessageType.Call, action, version)
    return validator


def violation(version: str, action: str, payload: Payload) -> tuple[ErrorCode, str] | None:
    """The first thing that is wrong with the payload, as a CALLERROR; None where nothing is.

    The description names field and fact, never a value: it may be an id token.
    """
    for error in _validator(version, action).iter_errors(payload):
        code = _CODES.get(str(error.validator), ErrorCode.PROPERTY_CONSTRAINT_VIOLATION)
        return code, " ".join(f"{found.field or '/'}: {found.fact}" for found in _found(error))[:200]
    return None


def irregularities(version: str, action: str, payload: Payload) -> tuple[Irregularity, ...]:
    """All that is wrong with the payload, up to a bound."""
    found: list[Irregularity] = []
    for error in _validator(version, action).iter_errors(payload):
        found.extend(_found(error))
        if len(found) >= IRREGULARITIES_LIMIT:
            break
    return tuple(found[:IRREGULARITIES_LIMIT])


def _found(error: ValidationError) -> Iterator[Irregularity]:
    pointer = "".join(f"/{part}" for part in error.absolute_path)[:200]
    fact = _FACTS.get(str(error.validator), f"violates {error.validator}")
    if error.validator == "required":
        required, present = cast("list[str]", error.validator_value), cast("Payload", error.instance)
        missing = [name for name in required if name not in present]
        yield from (Irregularity(f"{pointer}/{name}", fact) for name in missing)
    else:
        yield Irregularity(pointer, fact)
