"""The versions of OCPP that stations may offer, the one that we would rather speak first."""

from collections.abc import Sequence

from websockets.typing import Subprotocol

from csms import v16, v21, v201
from csms.protocol import Protocol

PROTOCOLS: tuple[Protocol, ...] = (v21.PROTOCOL, v201.PROTOCOL, v16.PROTOCOL)


def best_of(offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The subprotocol to speak; None where there is no common one."""
    return next((each.subprotocol for each in PROTOCOLS if each.subprotocol in offered), None)


def named(subprotocol: Subprotocol) -> Protocol:
    return next(each for each in PROTOCOLS if each.subprotocol == subprotocol)
