"""Smart charging in OCPP 1.6 (ed.2 §3.13, §5.16, §5.5, §5.7)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.stations.link import Payload
from sandbox.stations.profiles import DAY_S, Period, Profile, Purpose, amperes, watts
from sandbox.stations.times import read, written

if TYPE_CHECKING:
    from sandbox.stations.v16.dialect import V16

PURPOSES: dict[str, Purpose] = {
    "ChargePointMaxProfile": "station",
    "TxDefaultProfile": "default",
    "TxProfile": "transaction",
}
EVERY_S = {"Daily": DAY_S, "Weekly": 7 * DAY_S}


def profile(raw: Payload, connector: int, transaction: str | None = None) -> Profile:
    """Raises LookupError or ValueError for one that can't be read."""
    schedule = raw["chargingSchedule"]
    unit = schedule["chargingRateUnit"]
    start = schedule.get("startSchedule")
    return Profile(
        id=raw["chargingProfileId"],
        connector=connector,
        purpose=PURPOSES[raw["chargingProfilePurpose"]],
        stack=raw["stackLevel"],
        periods=tuple(
            Period(one["startPeriod"], watts(one["limit"], unit, one.get("numberPhases")))
            for one in schedule["chargingSchedulePeriod"]
        ),
        raw=raw,
        start=read(start) if start and raw["chargingProfileKind"] != "Relative" else None,
        duration_s=schedule.get("duration"),
        every_s=EVERY_S[raw["recurrencyKind"]] if raw["chargingProfileKind"] == "Recurring" else None,
        valid_from=read(raw["validFrom"]) if "validFrom" in raw else None,
        valid_to=read(raw["validTo"]) if "validTo" in raw else None,
        transaction=transaction,
    )


def set_profile(v16: "V16", payload: Payload) -> Payload:
    """A transaction's profile needs the transaction, by the number that our start was answered with."""
    number, raw = payload["connectorId"], payload["csChargingProfiles"]
    connectors = v16.station.charging.connectors
    if number not in {0, *connectors}:
        return {"status": "Rejected"}
    transaction = None
    if raw["chargingProfilePurpose"] == "TxProfile":
        running = connectors[number].transaction if number else None
        if running is None or raw.get("transactionId") not in {None, running.number}:
            return {"status": "Rejected"}
        transaction = running.local_id
    elif raw["chargingProfilePurpose"] == "ChargePointMaxProfile" and number != 0:
        return {"status": "Rejected"}
    v16.station.limits.profiles.add(profile(raw, number, transaction))
    v16.station.limits.fit()
    v16.station.keep()
    return {"status": "Accepted"}


def clear_profile(v16: "V16", payload: Payload) -> Payload:
    purpose = PURPOSES[payload["chargingProfilePurpose"]] if "chargingProfilePurpose" in payload else None
    cleared = v16.station.limits.profiles.clear(
        payload.get("id"), payload.get("connectorId"), purpose, payload.get("stackLevel")
    )
    v16.station.limits.fit()
    v16.station.keep()
    return {"status": "Accepted" if cleared else "Unknown"}


def composite_schedule(v16: "V16", payload: Payload) -> Payload:
    number, duration_s, unit = payload["connectorId"], payload["duration"], payload.get("chargingRateUnit", "W")
    if number not in {0, *v16.station.charging.connectors}:
        return {"status": "Rejected"}
    start = written(v16.station.clock.instant())
    periods = v16.station.limits.schedule(number, duration_s)
    limits = [
        {"startPeriod": one.start_s, "limit": amperes(one.limit_w) if unit == "A" else round(one.limit_w, 1)}
        for one in periods
    ]
    schedule = {
        "duration": duration_s,
        "startSchedule": start,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": limits,
    }
    return {"status": "Accepted", "connectorId": number, "scheduleStart": start, "chargingSchedule": schedule}


ANSWERS: dict[str, Callable[["V16", Payload], Payload]] = {
    "ClearChargingProfile": clear_profile,
    "GetCompositeSchedule": composite_schedule,
    "SetChargingProfile": set_profile,
}
