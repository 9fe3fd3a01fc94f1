"""Checking payloads against the JSON schemas of each version, and naming what is wrong with OCPP-J's own codes."""

from collections.abc import Iterator
from functools import cache
from itertools import islice

from jsonschema_rs import Draft4Validator, ValidationError, ValidationErrorKind
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
    return Draft4Validator(get_validator(MessageType.Call, action, version).schema, validate_formats=False)


def violation(version: str, action: str, payload: Payload) -> tuple[ErrorCode, str] | None:
    """The first thing that is wrong with the payload, as a CALLERROR; None where nothing is.

    The description names field and fact, never a value: it may be an id token.
    """
    if _is_valid(version, action, payload):
        return None
    for rule, found in _found(version, action, payload):
        code = _CODES.get(rule, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION)
        return code, f"{found.field or '/'}: {found.fact}"[:200]
    return None


def irregularities(version: str, action: str, payload: Payload) -> tuple[Irregularity, ...]:
    """All that is wrong with the payload, up to a bound."""
    if _is_valid(version, action, payload):
        return ()
    return tuple(found for _, found in islice(_found(version, action, payload), IRREGULARITIES_LIMIT))


def _is_valid(version: str, action: str, payload: Payload) -> bool:
    """Takes a hundredth of the time of naming what is wrong."""
    try:
        return _validator(version, action).is_valid(payload)
    except ValueError:  # the payload is nested too deeply to be checked
        return False


def _found(version: str, action: str, payload: Payload) -> Iterator[tuple[str, Irregularity]]:
    """Each broken rule by its name."""
    try:
        for error in _validator(version, action).iter_errors(payload):
            yield error.kind.name, _named(error)
    except ValueError:  # the payload is nested too deeply to be checked
        yield "type", Irregularity("", "nested too deeply")


def _named(error: ValidationError) -> Irregularity:
    pointer = "".join(f"/{part}" for part in error.instance_path)[:200]
    fact = _FACTS.get(error.kind.name, f"violates {error.kind.name}")
    if isinstance(error.kind, ValidationErrorKind.Required):
        return Irregularity(f"{pointer}/{error.kind.property}", fact)
    return Irregularity(pointer, fact)
