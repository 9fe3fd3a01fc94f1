"""OCPP 2.1: a dialect of 2.0.1. What only 2.1 has stands here."""

from ocpp.v21 import call, call_result, datatypes, enums
from websockets.typing import Subprotocol

from csms.protocol import Protocol
from csms.v21 import inbound, outbound
from csms.v201.dialect import Dialect
from csms.v201.version import protocol_of

DIALECT = Dialect("2.1", Subprotocol("ocpp2.1"), call, call_result, datatypes, enums)
PROTOCOL: Protocol = protocol_of(DIALECT, inbound.handlers, outbound.MORE)
