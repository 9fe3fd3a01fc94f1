"""OCPP 2.0.1: its messages to our events, our commands to its calls; by its dialect 2.1 as well. No business rule."""

from ocpp.v201 import call, call_result, datatypes, enums
from websockets.typing import Subprotocol

from csms.protocol import Protocol
from csms.v201.dialect import Dialect
from csms.v201.version import protocol_of

DIALECT = Dialect("2.0.1", Subprotocol("ocpp2.0.1"), call, call_result, datatypes, enums)
PROTOCOL: Protocol = protocol_of(DIALECT)
