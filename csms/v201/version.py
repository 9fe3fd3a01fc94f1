"""A version of OCPP 2 as the front asks for it."""

from csms.frames import ErrorCode
from csms.protocol import Protocol
from csms.v201.dialect import Dialect
from csms.v201.inbound import Inbound, MoreHandlers
from csms.v201.outbound import MoreToSay, Outbound

# OCPP-J 2.0.1 part 4 §4.3: two words of 1.6 were mended.
ERROR_WORDS = {
    ErrorCode.FORMATION_VIOLATION: "FormatViolation",
    ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurrenceConstraintViolation",
}


def protocol_of(dialect: Dialect, more: MoreHandlers | None = None, say: MoreToSay | None = None) -> Protocol:
    """``more``: the handlers of what the dialect has beyond 2.0.1; ``say``: what it has more for stations."""
    inbound, outbound = Inbound(dialect, more), Outbound(dialect, say)
    return Protocol(
        dialect.subprotocol,
        inbound.actions,
        inbound.handle,
        outbound.execute,
        ERROR_WORDS,
        names_transactions=True,
    )
