"""Calls by stations: one small handler per message of OCPP 1.6 ed.2 §4. It translates, asks the records, answers."""

import structlog
from ocpp.v16 import call_result, enums

from csms import events, schemas
from csms.connection import Answer, CallRefusedError
from csms.frames import Call, ErrorCode, Payload
from csms.ports import Registration, TokenDecision, TokenStatus
from csms.protocol import Context, Handler
from csms.reading import INT32_MAX, METER_MAX_WH, Reader, clean, instant_of
from csms.v16.samples import samples_of
from csms.writing import payload_of, written, written_or_none

log = structlog.get_logger()

VERSION = "1.6"
TOKEN_LIMIT = 64

_REGISTRATION = {
    Registration.ACCEPTED: enums.RegistrationStatus.accepted,
    Registration.PENDING: enums.RegistrationStatus.pending,
    Registration.REJECTED: enums.RegistrationStatus.rejected,
}
_TOKEN_STATUS = {
    TokenStatus.ACCEPTED: enums.AuthorizationStatus.accepted,
    TokenStatus.BLOCKED: enums.AuthorizationStatus.blocked,
    TokenStatus.EXPIRED: enums.AuthorizationStatus.expired,
    TokenStatus.INVALID: enums.AuthorizationStatus.invalid,
    TokenStatus.NO_CREDIT: enums.AuthorizationStatus.blocked,
    TokenStatus.NOT_AT_THIS_LOCATION: enums.AuthorizationStatus.invalid,
    TokenStatus.NOT_AT_THIS_TIME: enums.AuthorizationStatus.invalid,
    TokenStatus.CONCURRENT: enums.AuthorizationStatus.concurrent_tx,
}


async def boot_notification(context: Context, call: Call) -> Answer:
    text = Reader(context.now).text
    event = events.Booted(
        vendor=text(call.payload, "chargePointVendor") or "",
        model=text(call.payload, "chargePointModel") or "",
        serial=text(call.payload, "chargePointSerialNumber"),
        box_serial=text(call.payload, "chargeBoxSerialNumber"),
        firmware=text(call.payload, "firmwareVersion"),
        iccid=text(call.payload, "iccid"),
        imsi=text(call.payload, "imsi"),
        meter_type=text(call.payload, "meterType"),
        meter_serial=text(call.payload, "meterSerialNumber"),
    )
    decision = await context.records.boot(context.station, event, context.now)
    log.info("station_booted", registration=decision.registration, firmware=event.firmware)
    conf = call_result.BootNotification(written(context.now), decision.interval_s, _REGISTRATION[decision.registration])
    return Answer(payload_of(conf), afterwards=lambda: context.booted(decision.registration))


async def heartbeat(context: Context, _: Call) -> Answer:
    await context.records.heartbeat(context.station, context.now)
    return Answer({"currentTime": written(context.now)})


async def status_notification(context: Context, call: Call) -> Answer:
    reader = Reader(context.now)
    readable = instant_of(call.payload.get("timestamp")) is not None
    event = events.ConnectorStatus(
        connector=_connector(call.payload),
        status=call.payload["status"],
        error_code=call.payload["errorCode"],
        timestamp=reader.instant(call.payload, "timestamp") if readable else None,
        info=reader.text(call.payload, "info"),
        vendor_id=reader.text(call.payload, "vendorId"),
        vendor_error_code=reader.text(call.payload, "vendorErrorCode"),
        irregularities=reader.irregularities,
    )
    await context.records.status(context.station, event, context.now)
    return Answer({})


async def authorize(context: Context, call: Call) -> Answer:
    event = events.Authorise(clean(call.payload["idTag"]))
    decision = await context.records.authorise(context.station, event, context.now)
    return Answer({"idTagInfo": _token_info(decision)})


async def start_transaction(context: Context, call: Call) -> Answer:
    payload, reader = call.payload, _tolerant_reader(context, call)
    event = events.Started(
        connector=reader.number(payload, "connectorId", low=0, high=INT32_MAX),
        token=reader.text(payload, "idTag", TOKEN_LIMIT) or "",
        meter_start_wh=reader.number(payload, "meterStart", low=-METER_MAX_WH, high=METER_MAX_WH),
        timestamp=reader.instant(payload, "timestamp"),
        reservation_id=reader.number(payload, "reservationId", low=-INT32_MAX, high=INT32_MAX),
        evidence=call.raw,
        irregularities=reader.irregularities,
    )
    decision = await context.records.started(context.station, event, context.now)
    if not 0 < decision.transaction_id <= INT32_MAX:
        raise ValueError(f"{decision.transaction_id} can't be a transaction id: give a positive int32")
    return Answer({"transactionId": decision.transaction_id, "idTagInfo": _token_info(decision.token)})


async def stop_transaction(context: Context, call: Call) -> Answer:
    payload, reader = call.payload, _tolerant_reader(context, call)
    samples = samples_of(payload.get("transactionData"), "transactionData", reader)
    event = events.Stopped(
        transaction_id=reader.number(payload, "transactionId", low=-INT32_MAX, high=INT32_MAX),
        meter_stop_wh=reader.number(payload, "meterStop", low=-METER_MAX_WH, high=METER_MAX_WH),
        timestamp=reader.instant(payload, "timestamp"),
        reason=reader.text(payload, "reason", 50) or enums.Reason.local.value,
        token=reader.text(payload, "idTag", TOKEN_LIMIT),
        samples=samples,
        evidence=call.raw,
        irregularities=reader.irregularities,
    )
    decision = await context.records.stopped(context.station, event, context.now)
    return Answer({"idTagInfo": _token_info(decision)} if decision else {})


async def meter_values(context: Context, call: Call) -> Answer:
    payload, reader = call.payload, _tolerant_reader(context, call)
    samples = samples_of(payload.get("meterValue"), "meterValue", reader)
    event = events.Metered(
        connector=reader.number(payload, "connectorId", low=0, high=INT32_MAX),
        transaction_id=reader.number(payload, "transactionId", low=-INT32_MAX, high=INT32_MAX),
        samples=samples,
        evidence=call.raw,
        irregularities=reader.irregularities,
    )
    await context.records.metered(context.station, event, context.now)
    return Answer({})


async def data_transfer(_: Context, call: Call) -> Answer:
    log.info("data_transfer_of_unknown_vendor", vendor=clean(call.payload["vendorId"]))
    return Answer(payload_of(call_result.DataTransfer(enums.DataTransferStatus.unknown_vendor_id)))


async def sign_certificate(context: Context, call: Call) -> Answer:
    """Security whitepaper for OCPP 1.6 §2 (A02, A03): the certificate follows the answer, by CertificateSigned."""
    event = events.CertificateRequested(call.payload["csr"])
    if not await context.records.certificate_requested(context.station, event, context.now):
        return Answer(payload_of(call_result.SignCertificate(enums.GenericStatus.rejected)))
    conf = call_result.SignCertificate(enums.GenericStatus.accepted)
    return Answer(payload_of(conf), afterwards=lambda: context.certificate_awaited(event))


async def firmware_status(context: Context, call: Call) -> Answer:
    return await _told(context, call, events.Topic.FIRMWARE, call.payload["status"])


async def log_status(context: Context, call: Call) -> Answer:
    return await _told(context, call, events.Topic.LOG, call.payload["status"])


async def security_event(context: Context, call: Call) -> Answer:
    return await _told(context, call, events.Topic.SECURITY, call.payload["type"])


async def _told(context: Context, call: Call, topic: events.Topic, word: str) -> Answer:
    reader = Reader(context.now)
    has_time = "timestamp" in call.payload
    event = events.Told(
        topic=topic,
        word=clean(word, 50),
        timestamp=reader.instant(call.payload, "timestamp") if has_time else context.now,
        request=reader.number(call.payload, "requestId", low=-INT32_MAX, high=INT32_MAX),
        info=reader.text(call.payload, "techInfo"),
        irregularities=reader.irregularities,
    )
    await context.records.told(context.station, event, context.now)
    return Answer({})


STRICT: dict[str, Handler] = {
    "BootNotification": boot_notification,
    "Heartbeat": heartbeat,
    "StatusNotification": status_notification,
    "Authorize": authorize,
    "DataTransfer": data_transfer,
    "SignCertificate": sign_certificate,
    "DiagnosticsStatusNotification": log_status,
    "FirmwareStatusNotification": firmware_status,
    "LogStatusNotification": log_status,
    "SecurityEventNotification": security_event,
    "SignedFirmwareStatusNotification": firmware_status,
}
TOLERANT: dict[str, Handler] = {
    "StartTransaction": start_transaction,
    "StopTransaction": stop_transaction,
    "MeterValues": meter_values,
}
ACTIONS = frozenset({*STRICT, *TOLERANT})
_OURS_TO_SEND = frozenset(action.value for action in enums.Action) - ACTIONS


async def handle(context: Context, call: Call) -> Answer:
    """Answers one call. Raises CallRefusedError where a CALLERROR is due."""
    if handler := TOLERANT.get(call.action):
        return await handler(context, call)
    if handler := STRICT.get(call.action):
        if violation := schemas.violation(VERSION, call.action, call.payload):
            raise CallRefusedError(*violation)
        return await handler(context, call)
    if call.action in _OURS_TO_SEND:
        raise CallRefusedError(ErrorCode.NOT_SUPPORTED, "a station does not send this")
    raise CallRefusedError(ErrorCode.NOT_IMPLEMENTED, "unknown action")


def _tolerant_reader(context: Context, call: Call) -> Reader:
    return Reader(context.now, schemas.irregularities(VERSION, call.action, call.payload))


def _connector(payload: Payload) -> int:
    """Bounded to what a database column holds; whether the station has such a connector, the records decide."""
    return min(max(int(payload["connectorId"]), -1), INT32_MAX)


def _token_info(decision: TokenDecision) -> Payload:
    """Written by hand: the package takes longer for it than all else takes for the message."""
    told = {
        "status": _TOKEN_STATUS[decision.status].value,
        "parentIdTag": decision.group,
        "expiryDate": written_or_none(decision.expires_at),
    }
    return {name: value for name, value in told.items() if value is not None}
