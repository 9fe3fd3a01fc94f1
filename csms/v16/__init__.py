"""OCPP 1.6-J: its messages to our events, our commands to its calls. No business rule stands here."""

from websockets.typing import Subprotocol

from csms.protocol import Protocol
from csms.v16 import inbound, outbound

PROTOCOL = Protocol(Subprotocol("ocpp1.6"), inbound.ACTIONS, inbound.handle, outbound.execute)
