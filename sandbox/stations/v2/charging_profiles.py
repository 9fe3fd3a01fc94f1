"""Smart charging in OCPP 2.x (2.0.1 part 2 §K). Of several schedules in a profile the first counts."""

from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING

from sandbox.stations.link import Payload
from sandbox.stations.profiles import DAY_S, Period, Profile, Purpose, amperes, watts
from sandbox.stations.times import read, written

if TYPE_CHECKING:
    from sandbox.stations.v2.dialect import V2

SOURCE = "CSO"
PURPOSES: dict[str, Purpose] = {
    "ChargingStationExternalConstraints": "external",
    "ChargingStationMaxProfile": "station",
    "TxDefaultProfile": "default",
    "TxProfile": "transaction",
}
EVERY_S = {"Daily": DAY_S, "Weekly": 7 * DAY_S}
KINDS = {"Absolute", "Recurring", "Relative"}


def profile(raw: Payload, connector: int, transaction: str | None = None) -> Profile:
    """Raises LookupError or ValueError for one that can't be read, also a kind of 2.1 that is not played."""
    schedule, kind = raw["chargingSchedule"][0], raw["chargingProfileKind"]
    if kind not in KINDS:
        raise ValueError(f"chargingProfileKind: {kind} is not known here")
    unit, start = schedule["chargingRateUnit"], schedule.get("startSchedule")
    return Profile(
        id=raw["id"],
        connector=connector,
        purpose=PURPOSES[raw["chargingProfilePurpose"]],
        stack=raw["stackLevel"],
        periods=tuple(
            Period(one["startPeriod"], watts(one["limit"], unit, one.get("numberPhases")))
            for one in schedule["chargingSchedulePeriod"]
        ),
        raw=raw,
        start=read(start) if start and kind != "Relative" else None,
        duration_s=schedule.get("duration"),
        every_s=EVERY_S[raw["recurrencyKind"]] if kind == "Recurring" else None,
        valid_from=read(raw["validFrom"]) if "validFrom" in raw else None,
        valid_to=read(raw["validTo"]) if "validTo" in raw else None,
        transaction=transaction,
    )


def set_profile(v2: "V2", payload: Payload) -> Payload:
    """A transaction's profile needs the transaction that it names (OCPP 2.0.1 part 2 §K01.FR.03, FR.33)."""
    evse, raw = payload["evseId"], payload["chargingProfile"]
    if evse not in {0, *v2.station.charging.connectors}:
        return _rejected("UnknownEvse")
    if raw["chargingProfilePurpose"] not in PURPOSES or raw["chargingProfileKind"] not in KINDS:
        return _rejected("UnsupportedParam")
    purpose, transaction = PURPOSES[raw["chargingProfilePurpose"]], None
    if purpose == "transaction":
        running = v2.station.charging.connectors[evse].transaction if evse else None
        if running is None or raw.get("transactionId") != running.local_id:
            return _rejected("TxNotFound")
        transaction = running.local_id
    elif purpose == "external" or (purpose == "station" and evse != 0):
        return _rejected("InvalidProfile")
    v2.station.limits.profiles.add(profile(raw, evse, transaction))
    v2.station.limits.fit()
    v2.station.keep()
    return {"status": "Accepted"}


def clear_profile(v2: "V2", payload: Payload) -> Payload:
    wanted = payload.get("chargingProfileCriteria", {})
    purpose = wanted.get("chargingProfilePurpose")
    known = purpose is None or purpose in PURPOSES
    cleared = known and v2.station.limits.profiles.clear(
        payload.get("chargingProfileId"),
        wanted.get("evseId"),
        None if purpose is None else PURPOSES[purpose],
        wanted.get("stackLevel"),
    )
    v2.station.limits.fit()
    v2.station.keep()
    return {"status": "Accepted" if cleared else "Unknown"}


def get_profiles(v2: "V2", payload: Payload) -> Payload:
    wanted = payload["chargingProfile"]
    purpose, numbers = wanted.get("chargingProfilePurpose"), wanted.get("chargingProfileId")
    if purpose is not None and purpose not in PURPOSES:
        return {"status": "NoProfiles"}
    asked = None if purpose is None else PURPOSES[purpose]
    found = v2.station.limits.profiles.chosen(None, payload.get("evseId"), asked, wanted.get("stackLevel"))
    found = [one for one in found if numbers is None or one.id in numbers]
    if not found or SOURCE not in wanted.get("chargingLimitSource", [SOURCE]):
        return {"status": "NoProfiles"}
    v2.station.spawn(_report(v2, payload["requestId"], found))
    return {"status": "Accepted"}


async def _report(v2: "V2", request_id: int, found: list[Profile]) -> None:
    """One message per EVSE."""
    ordered = sorted(found, key=lambda one: one.connector)
    places = [(evse, [one.raw for one in group]) for evse, group in groupby(ordered, key=lambda one: one.connector)]
    for number, (evse, raws) in enumerate(places):
        told = {
            "requestId": request_id,
            "chargingLimitSource": SOURCE,
            "evseId": evse,
            "chargingProfile": raws,
            "tbc": number < len(places) - 1,
        }
        await v2.station.tell("ReportChargingProfiles", told)


def composite_schedule(v2: "V2", payload: Payload) -> Payload:
    evse, duration_s, unit = payload["evseId"], payload["duration"], payload.get("chargingRateUnit", "W")
    if evse not in {0, *v2.station.charging.connectors}:
        return _rejected("UnknownEvse")
    start = written(v2.station.clock.instant())
    limits = [
        {"startPeriod": one.start_s, "limit": amperes(one.limit_w) if unit == "A" else round(one.limit_w, 1)}
        for one in v2.station.limits.schedule(evse, duration_s)
    ]
    schedule = {
        "evseId": evse,
        "duration": duration_s,
        "scheduleStart": start,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": limits,
    }
    return {"status": "Accepted", "schedule": schedule}


def _rejected(why: str) -> Payload:
    return {"status": "Rejected", "statusInfo": {"reasonCode": why}}


ANSWERS: dict[str, Callable[["V2", Payload], Payload]] = {
    "ClearChargingProfile": clear_profile,
    "GetChargingProfiles": get_profiles,
    "GetCompositeSchedule": composite_schedule,
    "SetChargingProfile": set_profile,
}
