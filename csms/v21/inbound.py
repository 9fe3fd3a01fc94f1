"""The messages of stations that OCPP 2.1 has beyond 2.0.1.

What we offer none of (streams of events, dynamic schedules, checks of certificates and of tax numbers) is answered so.
"""

from collections.abc import Mapping
from functools import partial

from csms import events
from csms.connection import Answer
from csms.events import ReportKind, Topic
from csms.frames import Call, Payload
from csms.protocol import Context, Handler
from csms.reading import Reader
from csms.v201.dialect import Dialect
from csms.v201.notices import Report, reported
from csms.writing import payload_of, written

REPORTS = {
    "BatterySwap": Report(ReportKind.BATTERY_SWAP),
    "NotifyDERAlarm": Report(ReportKind.GRID_ALARM, at="timestamp"),
    "NotifyDERStartStop": Report(ReportKind.GRID_CONTROL_SWITCHED, at="timestamp"),
    "NotifySettlement": Report(ReportKind.SETTLEMENT, at="settlementTime"),
    "ReportDERControl": Report(ReportKind.GRID_CONTROLS),
}


def handlers(dialect: Dialect) -> Mapping[str, Handler]:
    """By action."""
    return {
        **{action: partial(reported, report) for action, report in REPORTS.items()},
        "NotifyPriorityCharging": priority_charging,
        "OpenPeriodicEventStream": partial(_rejected, dialect.call_result.OpenPeriodicEventStream, dialect),
        "ClosePeriodicEventStream": _closed,
        "PullDynamicScheduleUpdate": partial(_rejected, dialect.call_result.PullDynamicScheduleUpdate, dialect),
        "VatNumberValidation": partial(_vat_number, dialect),
        "GetCertificateChainStatus": partial(_certificate_chain, dialect),
    }


async def priority_charging(context: Context, call: Call) -> Answer:
    reader, payload = Reader(context.now), call.payload
    event = events.Told(
        topic=Topic.PRIORITY_CHARGING,
        word="activated" if payload["activated"] else "deactivated",
        timestamp=context.now,
        info=reader.text(payload, "transactionId"),
    )
    await context.records.told(context.station, event, context.now)
    return Answer({})


async def _rejected(confirmation: type, dialect: Dialect, _: Context, __: Call) -> Answer:
    return Answer(payload_of(confirmation(status=dialect.enums.GenericStatusEnumType.rejected)))


async def _closed(_: Context, __: Call) -> Answer:
    """There is no stream that could stay open."""
    return Answer({})


async def _vat_number(dialect: Dialect, _: Context, call: Call) -> Answer:
    """The number comes back with the answer."""
    conf = dialect.call_result.VatNumberValidation(
        vat_number=call.payload["vatNumber"],
        status=dialect.enums.GenericStatusEnumType.rejected,
        evse_id=call.payload.get("evseId"),
    )
    return Answer(payload_of(conf))


async def _certificate_chain(dialect: Dialect, context: Context, call: Call) -> Answer:
    """For each that was asked for: it was not found out."""
    found = [
        {
            "certificateHashData": _hash(asked["certificateHashData"]),
            "source": asked["source"],
            "status": dialect.enums.CertificateStatusEnumType.failed.value,
            "nextUpdate": written(context.now),
        }
        for asked in call.payload["certificateStatusRequests"]
    ]
    return Answer({"certificateStatus": found})


def _hash(asked: Payload) -> Payload:
    """Without what the station may have put beside it."""
    return {name: value for name, value in asked.items() if name != "customData"}
