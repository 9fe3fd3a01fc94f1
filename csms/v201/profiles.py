"""Charging profiles as OCPP 2.0.1 part 2 §2.10 has them; what 2.1 adds is written where it is said."""

from decimal import Decimal

from csms.asking import Request, drawn, word
from csms.frames import Payload
from csms.v201.words import PURPOSES, WHOLE_STATION, camel, transaction, transaction_or_none
from csms.writing import present, written_or_none
from models.messages import commands

_LIMITS = {
    "limit": "limit",
    "limit_L2": "limit_l2",
    "limit_L3": "limit_l3",
    "dischargeLimit": "discharge_limit",
    "dischargeLimit_L2": "discharge_limit_l2",
    "dischargeLimit_L3": "discharge_limit_l3",
    "setpoint": "setpoint",
    "setpoint_L2": "setpoint_l2",
    "setpoint_L3": "setpoint_l3",
    "setpointReactive": "setpoint_reactive",
    "setpointReactive_L2": "setpoint_reactive_l2",
    "setpointReactive_L3": "setpoint_reactive_l3",
}
_SOURCES = {"ems": "EMS", "other": "Other", "so": "SO", "cso": "CSO"}


def profile_of(profile: commands.ChargingProfile) -> Payload:
    schedules = (profile.schedule, *profile.alternatives)
    return present(
        id=profile.profile,
        stackLevel=profile.stack_level,
        chargingProfilePurpose=word(PURPOSES, profile.purpose),
        chargingProfileKind=camel(profile.kind),
        recurrencyKind=None if profile.recurs is None else camel(profile.recurs),
        validFrom=written_or_none(profile.valid_from),
        validTo=written_or_none(profile.valid_to),
        transactionId=transaction_or_none(profile.transaction),
        maxOfflineDuration=profile.offline_at_most_s,
        dynUpdateInterval=profile.asked_for_every_s,
        chargingSchedule=[_schedule(number, each) for number, each in enumerate(schedules, start=1)],
    )


def _schedule(number: int, schedule: commands.ChargingSchedule) -> Payload:
    return present(
        id=number,
        startSchedule=written_or_none(schedule.starts_at),
        duration=schedule.duration_s,
        chargingRateUnit=schedule.unit,
        minChargingRate=_decimal(schedule.minimum),
        chargingSchedulePeriod=[_period(each) for each in schedule.periods],
    )


def _period(period: commands.SchedulePeriod) -> Payload:
    return present(
        startPeriod=period.start_s,
        numberPhases=period.phases,
        phaseToUse=period.phase_to_use,
        operationMode=None if period.operation_mode is None else camel(period.operation_mode),
        **_limits(period),
    )


def _limits(limits: commands.PowerLimits) -> Payload:
    return present(**{theirs: _decimal(getattr(limits, ours)) for theirs, ours in _LIMITS.items()})


def _decimal(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def set_profile(command: commands.SetChargingProfile) -> Request:
    payload = {"evseId": command.connector or WHOLE_STATION, "chargingProfile": profile_of(command.profile)}
    return Request("SetChargingProfile", payload)


def clear_profile(command: commands.ClearChargingProfile) -> Request:
    """§K10.FR.02: by its id, or by at least one of the others."""
    if command.profile is not None:
        return Request("ClearChargingProfile", {"chargingProfileId": command.profile})
    criteria = present(
        evseId=command.connector,
        chargingProfilePurpose=None if command.purpose is None else word(PURPOSES, command.purpose),
        stackLevel=command.stack_level,
    )
    return Request("ClearChargingProfile", {"chargingProfileCriteria": criteria})


def read_schedule(command: commands.ReadSchedule) -> Request:
    return Request(
        "GetCompositeSchedule",
        present(duration=command.duration_s, evseId=command.connector or WHOLE_STATION, chargingRateUnit=command.unit),
    )


def read_profiles(command: commands.ReadChargingProfiles) -> Request:
    request = drawn(command.request)
    wanted = present(
        chargingProfilePurpose=None if command.purpose is None else word(PURPOSES, command.purpose),
        stackLevel=command.stack_level,
        chargingProfileId=list(command.profiles) or None,
        chargingLimitSource=[_SOURCES[each] for each in command.sources] or None,
    )
    evse = WHOLE_STATION if command.whole_station else command.connector
    payload = present(requestId=request, evseId=evse, chargingProfile=wanted)
    return Request("GetChargingProfiles", payload, {"request": request})


def update_schedule(command: commands.UpdateSchedule) -> Request:
    payload = {"chargingProfileId": command.profile, "scheduleUpdate": _limits(command.limits)}
    return Request("UpdateDynamicSchedule", payload)


def use_priority(command: commands.UsePriorityCharging) -> Request:
    payload = {"transactionId": transaction(command.transaction), "activate": command.active}
    return Request("UsePriorityCharging", payload)
