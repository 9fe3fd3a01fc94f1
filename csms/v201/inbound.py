"""Calls by stations of OCPP 2 (2.0.1 part 2): which room answers which, and whether one may come now."""

from collections.abc import Callable, Mapping

from csms import schemas
from csms.connection import Answer, CallRefusedError
from csms.frames import Call, ErrorCode
from csms.ports import Registration
from csms.protocol import Context, Handler
from csms.v201.dialect import Dialect
from csms.v201.notices import Notices
from csms.v201.provisioning import Provisioning
from csms.v201.transactions import Transactions

MoreHandlers = Callable[[Dialect], Mapping[str, Handler]]
"""What a dialect has beyond 2.0.1; read strictly."""

BOOT = "BootNotification"
WHILE_PENDING = frozenset({"NotifyReport"})
"""Part 2 §B02: what we may have asked for before a boot is accepted."""


class Inbound:
    def __init__(self, dialect: Dialect, more: MoreHandlers | None = None) -> None:
        self._version = dialect.version
        transactions = Transactions(dialect)
        self._tolerant = transactions.tolerant
        self._strict: dict[str, Handler] = {
            **Provisioning(dialect).strict,
            **transactions.strict,
            **Notices(dialect).strict,
            **(more(dialect) if more else {}),
        }
        self.actions = frozenset({*self._strict, *self._tolerant})
        self._ours_to_send = frozenset(action.value for action in dialect.enums.Action) - self.actions

    async def handle(self, context: Context, call: Call) -> Answer:
        """Answers one call. Raises CallRefusedError where a CALLERROR is due."""
        if not _may_come(context.registration, call.action):
            raise CallRefusedError(ErrorCode.SECURITY_ERROR, "the station's boot is not accepted")
        if handler := self._tolerant.get(call.action):
            return await handler(context, call)
        if handler := self._strict.get(call.action):
            if violation := schemas.violation(self._version, call.action, call.payload):
                raise CallRefusedError(*violation)
            return await handler(context, call)
        if call.action in self._ours_to_send:
            raise CallRefusedError(ErrorCode.NOT_SUPPORTED, "a station does not send this")
        raise CallRefusedError(ErrorCode.NOT_IMPLEMENTED, "unknown action")


def _may_come(registration: Registration | None, action: str) -> bool:
    """Part 2 §B01, §B02, §B03: until a boot is accepted a station sends nothing else.

    One that comes back without a boot is what it was before.
    """
    pending = registration is Registration.PENDING and action in WHILE_PENDING
    return registration is Registration.ACCEPTED or action == BOOT or pending
