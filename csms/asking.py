"""A command on its way: said in the words of the station's version, checked by its schema, answered by an outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import randbelow
from typing import Any

from pydantic import BaseModel

from csms import answers, schemas
from csms.connection import CallFailedError, NoAnswerError
from csms.frames import Payload
from csms.outcome import Outcome, Result
from csms.protocol import MakeCall
from models.messages.commands import INT32_MAX, SINCE, SendMessage, StationCall, Version

VERSIONS: tuple[Version, ...] = ("1.6", "2.0.1", "2.1")
_NO_SUCH_WORD = frozenset({"unknown value", "unknown field"})
_NOT_BINARY = "violates multipleOf"
"""In binary fractions 0.3 is no multiple of 0.1; our own numbers have one decimal place."""

ReadAnswer = Callable[[Payload], Outcome]


class UnsayableError(Exception):
    """The version has no words for the command, or for what it says."""

    def __init__(self, reason: str, result: Result = Result.NOT_SUPPORTED) -> None:
        super().__init__(reason)
        self.outcome = Outcome(result, reason)


@dataclass(frozen=True, slots=True)
class Request:
    """``told``: what we drew for it, and whoever asked may want to know."""

    action: str
    payload: Payload = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)


Requests = dict[type[BaseModel], Callable[[Any], Request]]
"""How each command is said. ``Any``: the type of the key is that of the argument, which a mapping can't say."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a version says commands and how it answers. ``actions``: all that it has for stations."""

    version: Version
    actions: frozenset[str]
    requests: Requests
    """What is in it raises UnsayableError where the command has something that can't be said."""
    readers: Mapping[str, ReadAnswer]
    """By action; all others answer with a status."""

    async def ask(self, make_call: MakeCall, command: StationCall) -> Outcome:
        """Raises NotSentError only."""
        try:
            request = self.request_of(command)
        except UnsayableError as cause:
            return cause.outcome
        read = answers.as_it_came if isinstance(command, SendMessage) else self.readers.get(request.action)
        return await called(make_call, request, read or answers.outcome_of)

    def request_of(self, command: StationCall) -> Request:
        """As it goes out. Raises UnsayableError."""
        if isinstance(command, SendMessage):
            request = Request(command.action, command.payload)
        elif (newer := newer_field(command, self.version)) is not None:
            raise UnsayableError(f"{newer}: OCPP {self.version} does not have it")
        elif (say := self.requests.get(type(command))) is None:
            raise UnsayableError(f"OCPP {self.version} does not have it")
        else:
            request = say(command)
        if request.action not in self.actions:
            raise UnsayableError(f"OCPP {self.version} has no {request.action} for stations")
        self._check(request, in_standards_words=isinstance(command, SendMessage))
        return request

    def _check(self, request: Request, *, in_standards_words: bool) -> None:
        """Raises UnsayableError with the first thing that is wrong; names the field and no value of it."""
        for found in schemas.irregularities(self.version, request.action, request.payload):
            if found.fact != _NOT_BINARY:
                missing = found.fact in _NO_SUCH_WORD and not in_standards_words
                result = Result.NOT_SUPPORTED if missing else Result.NOT_SENT
                place = f"{request.action}{found.field}"
                raise UnsayableError(f"not sent: {place} is not as OCPP {self.version} has it: {found.fact}", result)


async def called(make_call: MakeCall, request: Request, read: ReadAnswer) -> Outcome:
    try:
        answer = await make_call(request.action, request.payload)
    except CallFailedError as failure:
        return Outcome(answers.RESULTS.get(failure.code, Result.FAILED), str(failure))
    except NoAnswerError as silence:
        return Outcome(Result.NO_ANSWER, str(silence), data=request.told)
    return answers.with_data(read(answer), **request.told)


def newer_field(message: BaseModel, version: Version) -> str | None:
    """What the command says and older versions have no field for; left out it would be another command."""
    for name, known in type(message).model_fields.items():
        value, extra = getattr(message, name), known.json_schema_extra
        since = extra.get(SINCE) if isinstance(extra, dict) else None
        if since in VERSIONS and VERSIONS.index(since) > VERSIONS.index(version) and value != known.get_default():
            return name
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, BaseModel) and (found := newer_field(each, version)):
                return f"{name}/{found}"
    return None


def word(words: Mapping[Any, str], meant: Any) -> str:
    """The version's word. Raises UnsayableError where it has none."""
    found = words.get(meant)
    if found is None:
        raise UnsayableError(f"{meant}: this version of OCPP has no word for it")
    return found


def drawn(given: int | None) -> int:
    """The number that was asked for, or one that nobody else has in use."""
    return randbelow(INT32_MAX) + 1 if given is None else given
