"""What a station tells of besides charging: where our orders stand, its security, and its reports part by part."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from csms import events, masking
from csms.connection import Answer
from csms.events import ReportKind, Topic
from csms.frames import Call, Payload
from csms.protocol import Context, Handler
from csms.reading import INT32_MAX, Reader, clean, storable
from csms.v201.dialect import Dialect

EVENTS_NAMED = 5


@dataclass(frozen=True, slots=True)
class Notice:
    """Where a message of a word stands: ``word`` and ``request`` are names of its fields."""

    topic: Topic
    word: str = "status"
    request: str = "requestId"


@dataclass(frozen=True, slots=True)
class Report:
    """``at`` is the field with the instant; ``answer`` what the station is answered."""

    kind: ReportKind
    at: str = "generatedAt"
    answer: Mapping[str, str] | None = None


NOTICES = {
    "FirmwareStatusNotification": Notice(Topic.FIRMWARE),
    "PublishFirmwareStatusNotification": Notice(Topic.FIRMWARE_SHARED),
    "LogStatusNotification": Notice(Topic.LOG),
    "SecurityEventNotification": Notice(Topic.SECURITY, word="type"),
    "ReservationStatusUpdate": Notice(Topic.RESERVATION, word="reservationUpdateStatus", request="reservationId"),
    "ClearedChargingLimit": Notice(Topic.CHARGING_LIMIT_CLEARED, word="chargingLimitSource"),
}
REPORTS = {
    "NotifyReport": Report(ReportKind.DEVICE_MODEL),
    "NotifyMonitoringReport": Report(ReportKind.MONITORS),
    "NotifyEvent": Report(ReportKind.EVENTS),
    "NotifyDisplayMessages": Report(ReportKind.DISPLAY_MESSAGES),
    "NotifyCustomerInformation": Report(ReportKind.CUSTOMER_INFORMATION),
    "ReportChargingProfiles": Report(ReportKind.CHARGING_PROFILES),
    "NotifyChargingLimit": Report(ReportKind.CHARGING_LIMIT),
    "NotifyEVChargingSchedule": Report(ReportKind.CHARGING_SCHEDULE, at="timeBase", answer={"status": "Accepted"}),
}


class Notices:
    def __init__(self, dialect: Dialect) -> None:
        status = dialect.enums.NotifyEVChargingNeedsStatusEnumType
        # We make no schedule by a car's needs (part 2 §K15); 2.1 has a word of its own for that.
        needs = getattr(status, "no_charging_profile", status.rejected).value
        reports = {
            **REPORTS,
            "NotifyEVChargingNeeds": Report(ReportKind.CHARGING_NEEDS, at="timestamp", answer={"status": needs}),
        }
        self.strict: Mapping[str, Handler] = {
            **{action: partial(told, notice) for action, notice in NOTICES.items()},
            **{action: partial(reported, report) for action, report in reports.items()},
        }


async def told(notice: Notice, context: Context, call: Call) -> Answer:
    """Keeps the word as an event of the station."""
    reader, payload = Reader(context.now), call.payload
    event = events.Told(
        topic=notice.topic,
        word=clean(str(payload[notice.word]), 50),
        timestamp=_instant(reader, payload, "timestamp", context),
        request=reader.number(payload, notice.request, low=-INT32_MAX, high=INT32_MAX),
        info=masking.text_shown(reader.text(payload, "techInfo")) or _evse(payload),
        irregularities=reader.irregularities,
    )
    await context.records.told(context.station, event, context.now)
    return Answer({})


async def reported(report: Report, context: Context, call: Call) -> Answer:
    """Keeps the part, masked as in the message log, with what asked for it and where it stands among the others."""
    reader, payload = Reader(context.now), masking.masked(call.payload)
    event = events.Reported(
        kind=report.kind,
        payload=storable(payload),
        timestamp=_instant(reader, payload, report.at, context),
        request=reader.number(payload, "requestId", low=-INT32_MAX, high=INT32_MAX),
        part=reader.number(payload, "seqNo", low=0, high=INT32_MAX),
        is_last=payload.get("tbc") is not True,
        info=_events_named(payload) or _evse(payload),
        irregularities=reader.irregularities,
    )
    await context.records.reported(context.station, event, context.now)
    return Answer(dict(report.answer or {}))


def _instant(reader: Reader, payload: Payload, name: str, context: Context) -> datetime:
    return reader.instant(payload, name) if name in payload else context.now


def _evse(payload: Payload) -> str | None:
    evse = payload.get("evseId")
    return None if evse is None else f"EVSE {evse}"


def _events_named(payload: Payload) -> str | None:
    """The first events of NotifyEvent in a line: what of which component has which value now."""
    named = [
        f"{each['component']['name']}.{each['variable']['name']} is {each['actualValue']}"
        + (" again" if each.get("cleared") is True else "")
        for each in payload.get("eventData", [])[:EVENTS_NAMED]
    ]
    return clean("; ".join(named)) or None
