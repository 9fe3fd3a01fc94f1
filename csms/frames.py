"""Frames of OCPP-J 1.6 §4: reading what comes, whatever it is, and writing ours.

Reading never fails: what is no frame becomes ``Unreadable`` with the CALLERROR that is due, or ``Ignored`` where the
standard wants no answer. Bounds are ours; the standard has 36 characters for a message id, some stations use more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

CALL, CALL_RESULT, CALL_ERROR = 2, 3, 4
CALL_RESULT_ERROR, SEND = 5, 6
"""OCPP-J 2.1 part 4 §4.1: an answer of ours that the station could not take, and a message that wants no answer."""
MESSAGE_ID_LIMIT = 255
ACTION_LIMIT = 100
UNREADABLE_ID = "-1"
DESCRIPTION_LIMIT = 255

Payload = dict[str, Any]


class ErrorCode(StrEnum):
    """OCPP-J 1.6 §4.2.3. Two are misspelt in the standard, and stay so on the wire (errata 5.1 and 5.2).

    The last is of OCPP-J 2.0.1 part 4 §4.3, for what is no frame at all; 1.6 has no word of its own for that.
    """

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL_ERROR = "InternalError"
    PROTOCOL_ERROR = "ProtocolError"
    SECURITY_ERROR = "SecurityError"
    FORMATION_VIOLATION = "FormationViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurenceConstraintViolation"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"
    GENERIC_ERROR = "GenericError"
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"


class Call(NamedTuple):
    message_id: str
    action: str
    payload: Payload
    raw: str


@dataclass(frozen=True, slots=True)
class CallResult:
    message_id: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class CallError:
    message_id: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No frame, or a CALL that can't be one; answered with RpcFrameworkError under ``message_id``."""

    message_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message type that is not ours, or an answer that is none (OCPP-J 1.6 §4.1.3: no answer is due).

    ``meant``: it is no rubbish, however much of it comes.
    """

    cause: str
    meant: bool = False


Frame = Call | CallResult | CallError | Unreadable | Ignored


BINARY = Unreadable(UNREADABLE_ID, "a binary message")


def read(text: str) -> Frame:
    """The frame in the text, whatever was sent."""
    try:
        frame = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return Unreadable(UNREADABLE_ID, "the message is not valid JSON")
    if not isinstance(frame, list) or not frame:
        return Unreadable(UNREADABLE_ID, "the message is not a JSON array with a message type")
    kind, rest = frame[0], frame[1:]
    if type(kind) is not int:
        return Unreadable(_id_of(rest) or UNREADABLE_ID, "the message type is not a number")
    if kind == CALL:
        return _read_call(rest, text)
    if kind in _ANSWERS:
        return _ANSWERS[kind](rest)
    return Ignored(f"message type {kind} is not of OCPP")


def _id_of(rest: list[Any]) -> str | None:
    value = rest[0] if rest else None
    return value if isinstance(value, str) and 0 < len(value) <= MESSAGE_ID_LIMIT else None


def _read_call(rest: list[Any], text: str) -> Frame:
    message_id = _id_of(rest)
    if message_id is None:
        return Unreadable(UNREADABLE_ID, f"the message id is not a text of 1 to {MESSAGE_ID_LIMIT} characters")
    if len(rest) != 3:
        return Unreadable(message_id, "a CALL has four elements: type, id, action, payload")
    _, action, payload = rest
    if not isinstance(action, str) or not 0 < len(action) <= ACTION_LIMIT:
        return Unreadable(message_id, "the action is not a name")
    if not isinstance(payload, dict):
        return Unreadable(message_id, "the payload is not a JSON object")
    return Call(message_id, action, payload, text)


def _read_result(rest: list[Any]) -> Frame:
    message_id = _id_of(rest)
    if message_id is None:
        return Ignored("an answer without a message id")
    if len(rest) != 2 or not isinstance(rest[1], dict):
        return CallError(message_id, ErrorCode.FORMATION_VIOLATION, "the answer has no payload")
    return CallResult(message_id, rest[1])


def _read_error(rest: list[Any]) -> Frame:
    message_id = _id_of(rest)
    if message_id is None:
        return Ignored("an error without the id of one of our calls")
    code, description = map(_text_of, (*rest[1:3], "", "")[:2])
    return CallError(message_id, code[:ACTION_LIMIT], description[:DESCRIPTION_LIMIT])


def _read_result_error(rest: list[Any]) -> Frame:
    """Nothing follows from it: what we answered is stored. Its text may hold a value, and is not logged."""
    message_id, code = _id_of(rest), "".join(map(_text_of, rest[1:2]))[:ACTION_LIMIT]
    return Ignored(f"the station could not take our answer: {code}", meant=message_id is not None)


def _text_of(value: Any) -> str:
    """Nothing where it is nested: Python can't write what is nested as deeply as JSON may be."""
    return "" if isinstance(value, dict | list) else str(value)


def _read_send(rest: list[Any]) -> Frame:
    """We let no stream be opened, so that nothing is to come by one."""
    readable = isinstance(_read_call(rest, ""), Call)
    action = rest[1][:ACTION_LIMIT] if readable else "no action"
    return Ignored(f"a message that wants no answer: {action}", meant=readable)


_ANSWERS: dict[int, Callable[[list[Any]], Frame]] = {
    CALL_RESULT: _read_result,
    CALL_ERROR: _read_error,
    CALL_RESULT_ERROR: _read_result_error,
    SEND: _read_send,
}


def write_call(message_id: str, action: str, payload: Payload) -> str:
    return orjson.dumps([CALL, message_id, action, payload]).decode()


def write_result(message_id: str, payload: Payload) -> str:
    return orjson.dumps([CALL_RESULT, message_id, payload]).decode()


def write_error(message_id: str, code: str, description: str) -> str:
    """``code`` is the error as the version of OCPP writes it."""
    return orjson.dumps([CALL_ERROR, message_id, code, description[:DESCRIPTION_LIMIT], {}]).decode()
