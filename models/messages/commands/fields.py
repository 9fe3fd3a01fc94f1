"""What the fields of commands have in common, and which of them only newer versions of OCPP know."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from models.messages.base import Message

MESSAGE_KEYS_LIMIT = 100
INT32_MAX = 2**31 - 1
TOKEN_LIMIT = 36
SINCE = "since"

Version = Literal["1.6", "2.0.1", "2.1"]


class StationCall(Message):
    """A command that is sent to a station, as one call or some."""


def since(version: Version) -> Any:
    """Marks a field that older versions have no word for: to their stations the command is not sent with it."""
    return Field(json_schema_extra={SINCE: version})


SINCE_2, SINCE_2_1 = since("2.0.1"), since("2.1")

Connector = Annotated[int, Field(ge=1, le=1000)]
"""The number of a connector in OCPP 1.6; of an EVSE in OCPP 2."""
Plug = Annotated[int, Field(ge=1, le=100)]
"""The number of a connector at its EVSE, in OCPP 2."""
Number = Annotated[int, Field(ge=1, le=INT32_MAX)]
StationTransaction = Annotated[str, Field(min_length=1, max_length=36)]
"""The id by which a station of OCPP 2 names its transaction itself."""
Transaction = Number | StationTransaction
"""Ours in OCPP 1.6, the station's own in OCPP 2."""
Token = Annotated[str, Field(min_length=1, max_length=TOKEN_LIMIT)]
"""OCPP 1.6 takes 20 characters."""
Address = Annotated[str, Field(pattern=r"^(https?|ftps?|sftp)://", max_length=2000)]
"""OCPP 2.0.1 takes 512 characters."""
Certificate = Annotated[str, Field(pattern=r"^-----BEGIN CERTIFICATE-----", max_length=10_000)]
"""In PEM. Before OCPP 2.1: 5500 characters."""
Signal = Annotated[int, Field(ge=-INT32_MAX, le=INT32_MAX)]


class TokenKind(StrEnum):
    """OCPP 2.0.1 part 2 §3.43 IdTokenEnumType; the last three since 2.1. OCPP 1.6 does not tell them apart."""

    CENTRAL = "central"
    E_MAID = "emaid"
    ISO14443 = "iso14443"
    ISO15693 = "iso15693"
    KEY_CODE = "key_code"
    LOCAL = "local"
    MAC_ADDRESS = "mac_address"
    NO_AUTHORIZATION = "no_authorization"
    DIRECT_PAYMENT = "direct_payment"
    EVCC_ID = "evcc_id"
    VIN = "vin"
