"""The station itself: BootNotification, Heartbeat, StatusNotification, certificates (OCPP 2.0.1 part 2 §B, §G, §M)."""

from collections.abc import Mapping
from typing import Any

import structlog

from csms import events
from csms.connection import Answer
from csms.frames import Call
from csms.ports import Registration
from csms.protocol import Context, Handler
from csms.reading import INT32_MAX, Reader, clean, instant_of
from csms.v201.dialect import Dialect
from csms.writing import payload_of, written
from models.rules.plugs import error_of

log = structlog.get_logger()

FOR_US = "ChargingStationCertificate"
"""What a certificate is for that the station shows to us; where it does not say, for that too."""


class Provisioning:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.strict: Mapping[str, Handler] = {
            "BootNotification": self.boot_notification,
            "Heartbeat": self.heartbeat,
            "StatusNotification": self.status_notification,
            "DataTransfer": self.data_transfer,
            "SignCertificate": self.sign_certificate,
            "Get15118EVCertificate": self.contract_certificate,
            "GetCertificateStatus": self.certificate_status,
        }
        status = dialect.enums.RegistrationStatusEnumType
        self._registration: dict[Registration, Any] = {
            Registration.ACCEPTED: status.accepted,
            Registration.PENDING: status.pending,
            Registration.REJECTED: status.rejected,
        }

    async def boot_notification(self, context: Context, call: Call) -> Answer:
        station, text = call.payload["chargingStation"], Reader(context.now).text
        modem = station.get("modem", {})
        event = events.Booted(
            vendor=text(station, "vendorName") or "",
            model=text(station, "model") or "",
            serial=text(station, "serialNumber"),
            firmware=text(station, "firmwareVersion"),
            iccid=text(modem, "iccid"),
            imsi=text(modem, "imsi"),
        )
        decision = await context.records.boot(context.station, event, context.now)
        log.info("station_booted", registration=decision.registration, firmware=event.firmware)
        conf = self._dialect.call_result.BootNotification(
            current_time=written(context.now),
            interval=decision.interval_s,
            status=self._registration[decision.registration],
        )
        return Answer(payload_of(conf), afterwards=lambda: context.booted(decision.registration))

    async def heartbeat(self, context: Context, _: Call) -> Answer:
        await context.records.heartbeat(context.station, context.now)
        return Answer(payload_of(self._dialect.call_result.Heartbeat(current_time=written(context.now))))

    async def status_notification(self, context: Context, call: Call) -> Answer:
        reader, payload = Reader(context.now), call.payload
        readable = instant_of(payload.get("timestamp")) is not None
        state = payload["connectorStatus"]
        event = events.ConnectorStatus(
            connector=_number(payload["evseId"]),
            plug=_number(payload["connectorId"]),
            status=state,
            error_code=error_of(state),
            timestamp=reader.instant(payload, "timestamp") if readable else None,
            irregularities=reader.irregularities,
        )
        await context.records.status(context.station, event, context.now)
        return Answer(payload_of(self._dialect.call_result.StatusNotification()))

    async def data_transfer(self, _: Context, call: Call) -> Answer:
        log.info("data_transfer_of_unknown_vendor", vendor=clean(call.payload["vendorId"]))
        status = self._dialect.enums.DataTransferStatusEnumType.unknown_vendor_id
        return Answer(payload_of(self._dialect.call_result.DataTransfer(status=status)))

    async def sign_certificate(self, context: Context, call: Call) -> Answer:
        """Part 2 §A02, §A03: the certificate follows the answer, by CertificateSigned.

        One for talking to cars is not ours to sign: there is no plug and charge here (§M).
        """
        status = self._dialect.enums.GenericStatusEnumType
        number = Reader(context.now).number(call.payload, "requestId", low=-INT32_MAX, high=INT32_MAX)
        event = events.CertificateRequested(call.payload["csr"], number)
        for_us = call.payload.get("certificateType", FOR_US) == FOR_US
        accepted = for_us and await context.records.certificate_requested(context.station, event, context.now)
        conf = self._dialect.call_result.SignCertificate(status=status.accepted if accepted else status.rejected)
        return Answer(payload_of(conf), (lambda: context.certificate_awaited(event)) if accepted else None)

    async def contract_certificate(self, _: Context, __: Call) -> Answer:
        """Plug and charge is not offered: there is nobody whom we could ask (part 2 §M01)."""
        status = self._dialect.enums.Iso15118EVCertificateStatusEnumType.failed
        return Answer(payload_of(self._dialect.call_result.Get15118EVCertificate(status=status, exi_response="")))

    async def certificate_status(self, _: Context, __: Call) -> Answer:
        status = self._dialect.enums.GetCertificateStatusEnumType.failed
        return Answer(payload_of(self._dialect.call_result.GetCertificateStatus(status=status)))


def _number(value: float) -> int:
    """Bounded to what a database column holds; whether the station has such an EVSE, the records decide."""
    return min(max(int(value), 0), INT32_MAX)
