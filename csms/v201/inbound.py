"""Calls by stations: one small handler per message of OCPP 2.0.1 part 2. It translates, asks the records, answers."""

from typing import Any

import structlog

from csms import events, schemas
from csms.connection import Answer, CallRefusedError
from csms.frames import Call, ErrorCode
from csms.ports import Registration
from csms.protocol import Context, Handler
from csms.reading import Reader
from csms.v201.dialect import Dialect
from csms.writing import payload_of, written

log = structlog.get_logger()


class Inbound:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        status = dialect.enums.RegistrationStatusEnumType
        self._registration: dict[Registration, Any] = {
            Registration.ACCEPTED: status.accepted,
            Registration.PENDING: status.pending,
            Registration.REJECTED: status.rejected,
        }
        self._strict: dict[str, Handler] = {
            "BootNotification": self.boot_notification,
            "Heartbeat": self.heartbeat,
        }
        self.actions = frozenset(self._strict)

    async def handle(self, context: Context, call: Call) -> Answer:
        """Answers one call. Raises CallRefusedError where a CALLERROR is due."""
        handler = self._strict.get(call.action)
        if handler is None:
            raise CallRefusedError(ErrorCode.NOT_IMPLEMENTED, "unknown action")
        if violation := schemas.violation(self._dialect.version, call.action, call.payload):
            raise CallRefusedError(*violation)
        return await handler(context, call)

    async def boot_notification(self, context: Context, call: Call) -> Answer:
        station, text = call.payload["chargingStation"], Reader(context.now).text
        event = events.Booted(
            vendor=text(station, "vendorName") or "",
            model=text(station, "model") or "",
            serial=text(station, "serialNumber"),
            firmware=text(station, "firmwareVersion"),
        )
        decision = await context.records.boot(context.station, event, context.now)
        log.info("station_booted", registration=decision.registration, firmware=event.firmware)
        conf = self._dialect.call_result.BootNotification(
            written(context.now), decision.interval_s, self._registration[decision.registration]
        )
        return Answer(payload_of(conf), afterwards=lambda: context.booted(decision.registration))

    async def heartbeat(self, context: Context, _: Call) -> Answer:
        await context.records.heartbeat(context.station, context.now)
        return Answer(payload_of(self._dialect.call_result.Heartbeat(written(context.now))))
