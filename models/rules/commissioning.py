"""The commissioning of one station, from registration to its first ordinary card, as one table (P13-P15, P19, P20)."""

from enum import StrEnum

from models.rules.machine import Event, Machine, State


class CommissioningStage(StrEnum):
    AWAITING_HARDWARE = "awaiting_hardware"
    REGISTERED = "registered"
    CONNECTED = "connected"
    BOOTED = "booted"
    CONFIGURED = "configured"
    CHECKED = "checked"
    FAILED = "failed"
    TEST_CHARGING = "test_charging"
    TEST_CHARGED = "test_charged"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    CANCELLED = "cancelled"


class CommissioningEvent(StrEnum):
    START_CONNECTION_TEST = "start_connection_test"
    STATION_CONNECTED = "station_connected"
    STATION_BOOTED = "station_booted"
    CONFIGURATION_APPLIED = "configuration_applied"
    SELF_CHECK_PASSED = "self_check_passed"
    TEST_FAILED = "test_failed"
    HARDWARE_UNLINKED = "hardware_unlinked"
    START_TEST_CHARGE = "start_test_charge"
    TEST_CHARGE_DONE = "test_charge_done"
    TEST_CHARGE_FAILED = "test_charge_failed"
    SAT_APPROVED = "sat_approved"
    ACTIVATE = "activate"
    CANCELLED = "cancelled"


S, E = CommissioningStage, CommissioningEvent

_TESTING = (S.REGISTERED, S.CONNECTED, S.BOOTED, S.CONFIGURED)
_BEFORE_ACCEPTANCE = (*_TESTING, S.CHECKED, S.FAILED, S.TEST_CHARGED)

COMMISSIONING = Machine(
    name="commissioning",
    initial=S.REGISTERED,
    states=(
        State(S.REGISTERED, "Registered", column=0, waits_for="station"),
        State(S.CONNECTED, "Connected", column=1, waits_for="station"),
        State(S.BOOTED, "Booted", column=2, waits_for="stationmaster"),
        State(S.CONFIGURED, "Configuration applied", column=3, waits_for="stationmaster"),
        State(S.CHECKED, "Self-check passed", column=4, waits_for="installer"),
        State(S.TEST_CHARGING, "Test charge running", column=5, waits_for="station"),
        State(S.TEST_CHARGED, "Test-charged", column=6, waits_for="operations"),
        State(S.ACCEPTED, "Accepted", column=7, waits_for="administration"),
        State(S.ACTIVE, "Active", column=8, terminal=True),
        State(S.FAILED, "Connection test failed", column=2, row=1, waits_for="installer"),
        State(S.AWAITING_HARDWARE, "Awaiting hardware", column=0, row=1, waits_for="installer"),
        State(S.CANCELLED, "Cancelled", column=5, row=1, terminal=True),
    ),
    events=(
        Event(E.START_CONNECTION_TEST, "start connection test"),
        Event(E.STATION_CONNECTED, "station connects"),
        Event(E.STATION_BOOTED, "station boots"),
        Event(E.CONFIGURATION_APPLIED, "configuration applied", kind="step"),
        Event(E.SELF_CHECK_PASSED, "self-check passed", kind="step"),
        Event(E.TEST_FAILED, "test fails", kind="step"),
        Event(E.HARDWARE_UNLINKED, "hardware link undone"),
        Event(E.START_TEST_CHARGE, "start test charge", kind="decision"),
        Event(E.TEST_CHARGE_DONE, "test charge done", kind="step"),
        Event(E.TEST_CHARGE_FAILED, "test charge fails", kind="step"),
        Event(E.SAT_APPROVED, "SAT approved"),
        Event(E.ACTIVATE, "activate", kind="decision"),
        Event(E.CANCELLED, "work order cancelled"),
    ),
    transitions={
        (S.AWAITING_HARDWARE, E.START_CONNECTION_TEST): S.REGISTERED,
        (S.FAILED, E.START_CONNECTION_TEST): S.REGISTERED,
        (S.CHECKED, E.START_CONNECTION_TEST): S.REGISTERED,
        (S.REGISTERED, E.STATION_CONNECTED): S.CONNECTED,
        (S.REGISTERED, E.STATION_BOOTED): S.BOOTED,
        (S.CONNECTED, E.STATION_CONNECTED): S.CONNECTED,
        (S.CONNECTED, E.STATION_BOOTED): S.BOOTED,
        (S.BOOTED, E.CONFIGURATION_APPLIED): S.CONFIGURED,
        (S.CONFIGURED, E.SELF_CHECK_PASSED): S.CHECKED,
        (S.CHECKED, E.START_TEST_CHARGE): S.TEST_CHARGING,
        (S.TEST_CHARGING, E.TEST_CHARGE_DONE): S.TEST_CHARGED,
        (S.TEST_CHARGING, E.TEST_CHARGE_FAILED): S.CHECKED,
        (S.TEST_CHARGED, E.SAT_APPROVED): S.ACCEPTED,
        (S.ACCEPTED, E.ACTIVATE): S.ACTIVE,
        **{(stage, E.TEST_FAILED): S.FAILED for stage in _TESTING},
        **{(stage, E.HARDWARE_UNLINKED): S.AWAITING_HARDWARE for stage in _BEFORE_ACCEPTANCE},
        **{(stage, E.CANCELLED): S.CANCELLED for stage in (*_BEFORE_ACCEPTANCE, S.TEST_CHARGING, S.AWAITING_HARDWARE)},
    },
)


STAGE_TOLD_BY = {
    "registered": S.REGISTERED,
    "station_connected": S.CONNECTED,
    "station_booted": S.BOOTED,
    "configuration_applied": S.CONFIGURED,
    "self_check_passed": S.CHECKED,
    "test_failed": S.FAILED,
    "hardware_unlinked": S.AWAITING_HARDWARE,
    "test_charge_started": S.TEST_CHARGING,
    "test_charge_done": S.TEST_CHARGED,
    "accepted": S.ACCEPTED,
    "activated": S.ACTIVE,
    "cancelled": S.CANCELLED,
}
"""The kinds of station events that tell of a stage reached."""
