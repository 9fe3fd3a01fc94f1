"""OCPP 2.0.1 and 2.1 have the same messages but for a few: what differs is named here."""

from dataclasses import dataclass
from types import ModuleType

from websockets.typing import Subprotocol

from models.messages.commands import Version


@dataclass(frozen=True, slots=True)
class Dialect:
    """The version as the ``ocpp`` package has it: the word for its schemas, and its modules."""

    version: Version
    subprotocol: Subprotocol
    call: ModuleType
    call_result: ModuleType
    datatypes: ModuleType
    enums: ModuleType
