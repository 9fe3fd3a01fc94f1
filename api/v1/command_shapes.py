"""Commands to stations as the API takes and shows them. What can be asked for is made from the commands themselves."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self, Union, cast
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    RootModel,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails

from api.v1.shapes import Shape, example
from models.messages.base import Message
from models.messages.command import NewCommand
from models.messages.commands import COMMANDS
from models.messages.station import CommandKind
from models.rules.command import (
    COMMAND,
    LONGEST_VALID_S,
    NOT_ASKED_FOR,
    SHORTEST_VALID_S,
    VALID_S,
    CommandState,
)
from models.tables.command import AskedCommand

ValidS = Annotated[
    int,
    Field(
        ge=SHORTEST_VALID_S,
        le=LONGEST_VALID_S,
        description="So many seconds a station that is not connected is waited for",
    ),
]
_COMMAND = {
    "id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c31",
    "kind": "reset",
    "arguments": {"kind": "soft"},
    "state": "answered",
    "label": "Answered",
    "outcome": "accepted",
    "detail": "",
    "data": {},
    "asked_by": "Olga Operations",
    "correlation_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11",
    "tries": 1,
    "expires_at": "2026-12-08T10:25:00Z",
    "created_at": "2026-12-08T10:20:00Z",
    "sent_at": "2026-12-08T10:20:00Z",
    "answered_at": "2026-12-08T10:20:01Z",
}
_TOKENS = frozenset({"token", "group", "customer", "idTag", "parentIdTag", "idToken", "additionalIdToken"})
"""Also by the names that the standard gives them, as they stand in send_message."""


def _holds_a_secret(arguments: type[Message]) -> bool:
    return '"format": "password"' in json.dumps(arguments.model_json_schema())


class Asked(Message):
    """What every command is asked for with."""

    kind: CommandKind
    arguments: Message
    valid_s: ValidS = VALID_S


def _asked_for(kind: str, arguments: type[Message]) -> type[Asked]:
    """The body by which this command is asked for; its arguments may be left out where none of them is needed."""
    needed = any(each.is_required() for each in arguments.model_fields.values())
    given: Any = Field() if needed else Field(default_factory=arguments)
    name = "".join(word.capitalize() for word in kind.split("_"))
    fields: dict[str, Any] = {
        "kind": (Literal[kind], Field()),
        "arguments": (arguments, given),
    }
    return create_model(f"Ask{name}", __base__=Asked, **fields)


ASKED_FOR = tuple(
    _asked_for(kind, arguments)
    for kind, arguments in COMMANDS.items()
    if kind not in NOT_ASKED_FOR and not _holds_a_secret(arguments)
)
_Any = Union[ASKED_FOR]  # type: ignore[valid-type] # noqa: UP007 - of as many as there are


class CommandToAsk(RootModel[Annotated[_Any, Field(discriminator="kind")]]):
    """One of the commands, by its ``kind``."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _at_their_places(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """What is wrong is named by its place in the body, where a kind is no step on the way."""
        try:
            return handler(value)
        except ValidationError as error:
            found = [_at_its_place(each) for each in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(error.title, found) from None

    def new(self) -> NewCommand:
        asked = cast("Asked", self.root)
        # Only what was said: a node of an earlier release need not know what came since.
        said = asked.model_dump(mode="json", exclude_unset=True)
        return NewCommand(kind=asked.kind, arguments=said.get("arguments", {}), valid_s=asked.valid_s)


class CommandShape(Shape):
    model_config = example(**_COMMAND)

    id: UUID
    kind: str
    arguments: dict[str, Any] = Field(description="As they were said; tokens by their last four characters")
    state: CommandState
    label: str = Field(description="The state in plain words")
    outcome: str | None = Field(description="The station's answer in a word")
    detail: str
    data: dict[str, Any] = Field(description="What the station told; settings that hold keys are hidden")
    asked_by: str
    correlation_id: str
    tries: int
    expires_at: datetime
    created_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None = Field(description="When it came to its end, by an answer or without one")

    @field_validator("arguments")
    @classmethod
    def _hide(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        return {name: _hidden(name, value) for name, value in arguments.items()}


def command_shape(asked: AskedCommand) -> CommandShape:
    own = set(CommandShape.model_fields) - {"label", "asked_by"}
    label = COMMAND.state(asked.state).label
    return CommandShape(**asked.model_dump(include=own), label=label, asked_by=asked.asked_by_name)


def last_four(token: str) -> str:
    return f"…{token[-4:]}"


def _hidden(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _hidden(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_hidden("", inner) for inner in value]
    return last_four(value) if name in _TOKENS and isinstance(value, str) else value


def _at_its_place(found: Any) -> InitErrorDetails:
    place = ("kind",) if found["type"].startswith("union_tag") else found["loc"][1:]
    return InitErrorDetails(type=found["type"], loc=place, input=found["input"], ctx=found.get("ctx", {}))
