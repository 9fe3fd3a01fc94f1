"""OCPP 1.6-J: its messages to our events, our commands to its calls. No business rule stands here."""

from websockets.typing import Subprotocol

from csms.frames import ErrorCode
from csms.protocol import Protocol
from csms.v16 import inbound, outbound

ERROR_WORDS = {ErrorCode.RPC_FRAMEWORK_ERROR: ErrorCode.FORMATION_VIOLATION.value}
PROTOCOL = Protocol(Subprotocol("ocpp1.6"), inbound.ACTIONS, inbound.handle, outbound.execute, ERROR_WORDS)
