"""What keeps a station in order, as calls of OCPP 2: news on demand, firmware, logs, certificates, displays, resets."""

from csms.asking import Request, Requests, drawn, word
from csms.v201.words import CERTIFICATE_USES, camel, certificate_hash, evse_or_none, transaction_or_none
from csms.writing import present, written, written_or_none
from models.messages import commands
from models.messages.commands import Trigger

_TRIGGER = {
    Trigger.BOOT: "BootNotification",
    Trigger.HEARTBEAT: "Heartbeat",
    Trigger.STATUS: "StatusNotification",
    Trigger.METER_VALUES: "MeterValues",
    Trigger.FIRMWARE_STATUS: "FirmwareStatusNotification",
    Trigger.DIAGNOSTICS_STATUS: "LogStatusNotification",
    Trigger.LOG_STATUS: "LogStatusNotification",
    Trigger.CERTIFICATE_REQUEST: "SignChargingStationCertificate",
    Trigger.TRANSACTION: "TransactionEvent",
    Trigger.PUBLISHED_FIRMWARE_STATUS: "PublishFirmwareStatusNotification",
    Trigger.V2G_CERTIFICATE_REQUEST: "SignV2GCertificate",
    Trigger.V2G20_CERTIFICATE_REQUEST: "SignV2G20Certificate",
    Trigger.COMBINED_CERTIFICATE_REQUEST: "SignCombinedCertificate",
    Trigger.CUSTOM: "CustomTrigger",
}
_LOG = {
    "diagnostics": "DiagnosticsLog",
    "diagnostics_log": "DiagnosticsLog",
    "security_log": "SecurityLog",
    "data_collector_log": "DataCollectorLog",
}
_RESET = {"soft": "OnIdle", "hard": "Immediate", "resume": "ImmediateAndResume"}
_SIGNED = {"station": "ChargingStationCertificate", "v2g": "V2GCertificate", "v2g20": "V2G20Certificate"}


def _trigger(command: commands.TriggerMessage) -> Request:
    """§F06.FR.12: a status is asked of a connector, never of an EVSE as a whole."""
    plug = command.plug
    if command.message is Trigger.STATUS and command.connector is not None:
        plug = plug or 1
    payload = present(
        requestedMessage=word(_TRIGGER, command.message),
        customTrigger=command.custom,
        evse=evse_or_none(command.connector, plug),
    )
    return Request("TriggerMessage", payload)


def _firmware(command: commands.UpdateFirmware) -> Request:
    firmware = present(
        location=command.location,
        retrieveDateTime=written(command.retrieve_at),
        installDateTime=written_or_none(command.install_at),
        signingCertificate=command.signing_certificate,
        signature=command.signature,
    )
    payload = present(
        requestId=command.request, firmware=firmware, retries=command.retries, retryInterval=command.retry_every_s
    )
    return Request("UpdateFirmware", payload)


def _publish(command: commands.PublishFirmware) -> Request:
    number = drawn(command.request)
    payload = present(
        location=command.location,
        checksum=command.checksum,
        requestId=number,
        retries=command.retries,
        retryInterval=command.retry_every_s,
    )
    return Request("PublishFirmware", payload, {"request": number})


def _log(command: commands.FetchLog) -> Request:
    wanted = present(
        remoteLocation=command.location,
        oldestTimestamp=written_or_none(command.since),
        latestTimestamp=written_or_none(command.until),
    )
    payload = present(
        log=wanted,
        logType=_LOG[command.log],
        requestId=command.request,
        retries=command.retries,
        retryInterval=command.retry_every_s,
    )
    return Request("GetLog", payload)


def _certificates(command: commands.ReadCertificates) -> Request:
    uses = None if command.use is None else [word(CERTIFICATE_USES, command.use)]
    return Request("GetInstalledCertificateIds", present(certificateType=uses))


def _install(command: commands.InstallCertificate) -> Request:
    payload = {"certificateType": word(CERTIFICATE_USES, command.use), "certificate": command.certificate}
    return Request("InstallCertificate", payload)


def _signed(command: commands.GiveCertificate) -> Request:
    payload = present(certificateChain=command.chain, certificateType=_SIGNED[command.use], requestId=command.request)
    return Request("CertificateSigned", payload)


def _transfer(command: commands.TransferData) -> Request:
    return Request("DataTransfer", present(vendorId=command.vendor, messageId=command.message, data=command.data))


def _show(command: commands.ShowMessage) -> Request:
    content = present(format=command.format.upper(), language=command.language, content=command.text)
    message = present(
        id=command.message,
        priority=camel(command.priority),
        state=None if command.state is None else camel(command.state),
        startDateTime=written_or_none(command.starts_at),
        endDateTime=written_or_none(command.ends_at),
        transactionId=transaction_or_none(command.transaction),
        message=content,
    )
    return Request("SetDisplayMessage", {"message": message})


def _messages(command: commands.ReadMessages) -> Request:
    number = drawn(command.request)
    payload = present(
        requestId=number,
        id=list(command.messages) or None,
        priority=None if command.priority is None else camel(command.priority),
        state=None if command.state is None else camel(command.state),
    )
    return Request("GetDisplayMessages", payload, {"request": number})


REQUESTS: Requests = {
    commands.TriggerMessage: _trigger,
    commands.UpdateFirmware: _firmware,
    commands.PublishFirmware: _publish,
    commands.UnpublishFirmware: lambda command: Request("UnpublishFirmware", {"checksum": command.checksum}),
    commands.FetchLog: _log,
    commands.ReadCertificates: _certificates,
    commands.InstallCertificate: _install,
    commands.DeleteCertificate: lambda command: Request(
        "DeleteCertificate", {"certificateHashData": certificate_hash(command.certificate)}
    ),
    commands.GiveCertificate: _signed,
    commands.TransferData: _transfer,
    commands.Reset: lambda command: Request("Reset", present(type=_RESET[command.kind], evseId=command.connector)),
    commands.ShowMessage: _show,
    commands.ReadMessages: _messages,
    commands.ClearMessage: lambda command: Request("ClearDisplayMessage", {"id": command.message}),
}
