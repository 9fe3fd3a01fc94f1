"""Wanted settings: whatever a station does, it is read before it is changed, not hurried, and ends as it was wanted."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules import wanted
from models.rules.patience import FIRST_WAIT, LONGEST_WAIT, TRIES_BEFORE_TASK, wait_after
from models.rules.wanted import Change, Read, Reset, Rest, Seen, Setting, SettingState, Told

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
S = SettingState
NAMES = [f"Key{number}" for number in range(25)]


@dataclass
class Station:
    """Takes, keeps its own, refuses, does not know, or takes with the next boot only."""

    ways: dict[str, str]
    values: dict[str, str] = field(default_factory=dict)
    next_values: dict[str, str] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)

    def told(self, name: str) -> Told:
        hidden = self.ways[name] in {"unknown", "hidden"}
        return Told(None if hidden else self.values.get(name, "old"), readonly=self.ways[name] == "readonly")

    def change(self, name: str, value: str) -> str:
        self.changes.append(name)
        way = self.ways[name]
        if way == "reboot":
            self.next_values[name] = value
            return "reboot_required"
        if way in {"takes", "hidden"}:
            self.values[name] = value
        return {"unknown": "not_supported", "refuses": "rejected", "readonly": "rejected"}.get(way, "accepted")


def bring_about(station: Station, settings: dict[str, Setting], seen: Seen, now: datetime) -> tuple[Seen, Rest]:
    """Everything that is to be done at this moment."""
    for _ in range(1000):
        step = wanted.next_of(list(settings.values()), seen, now)
        match step:
            case Read(names):
                assert 0 < len(names) <= wanted.READ_AT_ONCE
                for name in names:
                    settings[name] = wanted.told(settings[name], station.told(name), now)
            case Change(name, value):
                assert settings[name].read_at is not None
                assert value == settings[name].wanted
                settings[name] = wanted.answered(settings[name], station.change(name, value), "", now)
            case Reset():
                assert not seen.charging
                station.values |= station.next_values
                seen = replace(seen, reset_at=now, booted_at=now + timedelta(microseconds=1))
            case Rest():
                return seen, step
        now += timedelta(milliseconds=10)
    raise AssertionError("it never comes to rest")


WAYS = st.sampled_from(["takes", "keeps", "refuses", "readonly", "unknown", "hidden", "reboot"])


@pytest.mark.step("L5")
@given(st.dictionaries(st.sampled_from(NAMES), WAYS, min_size=1))
def test_every_station_comes_to_rest_with_each_setting_applied_or_told_why_not(ways: dict[str, str]) -> None:
    station = Station(ways)
    settings = {name: Setting(name, "new") for name in ways}
    _, rest = bring_about(station, settings, Seen(), NOW)
    ends = {"keeps": S.REFUSED, "refuses": S.REFUSED, "readonly": S.REFUSED, "unknown": S.UNKNOWN_TO_STATION}
    assert {name: setting.state for name, setting in settings.items()} == {
        name: ends.get(way, S.APPLIED) for name, way in ways.items()
    }
    assert all(setting.detail for setting in settings.values() if setting.state is not S.APPLIED)
    assert rest.until is not None
    assert NOW < rest.until <= NOW + wanted.CHECKED_EVERY + timedelta(minutes=1)
    assert len(station.changes) == len(set(station.changes))


@pytest.mark.step("L5")
@given(st.dictionaries(st.sampled_from(NAMES), WAYS, min_size=1), st.integers(1, 40))
def test_who_refuses_is_asked_again_ever_more_seldom_and_an_engineer_is_asked_in_the_end(
    ways: dict[str, str], rounds: int
) -> None:
    station, seen, now = Station(ways), Seen(), NOW
    settings = {name: Setting(name, "new") for name in ways}
    for _ in range(rounds):
        seen, rest = bring_about(station, settings, seen, now)
        assert rest.until is not None
        now = rest.until
    for setting in settings.values():
        if setting.state in {S.REFUSED, S.UNKNOWN_TO_STATION}:
            assert wanted.needs_engineer(setting) == (setting.refusals >= TRIES_BEFORE_TASK)
            assert setting.again_at is not None
        else:
            assert (setting.state, setting.refusals) == (S.APPLIED, 0)
    assert all(station.changes.count(name) <= rounds for name in ways)


@pytest.mark.step("L5")
def test_drift_is_seen_at_the_daily_check_and_after_a_boot_and_is_mended() -> None:
    station, settings = Station({"Key0": "takes"}), {"Key0": Setting("Key0", "new")}
    seen, rest = bring_about(station, settings, Seen(), NOW)
    assert rest.until is not None
    for later, boots in ((rest.until, False), (NOW + timedelta(hours=30), True)):
        station.values["Key0"] = "somebody else's"
        seen = replace(seen, booted_at=later) if boots else seen
        bring_about(station, settings, seen, later + timedelta(seconds=1))
        assert station.values["Key0"] == "new"
        assert settings["Key0"].state is S.APPLIED
    assert len(station.changes) == 3


@pytest.mark.step("L5")
@given(st.dictionaries(st.sampled_from(NAMES), WAYS, min_size=1))
def test_one_that_is_asked_at_once_is_read_before_anything_else_and_ends_as_it_was(ways: dict[str, str]) -> None:
    station, settings = Station(ways), {name: Setting(name, "new") for name in ways}
    seen, _ = bring_about(station, settings, Seen(), NOW)
    states = {name: setting.state for name, setting in settings.items()}
    doubted = {name: wanted.doubted(setting) for name, setting in settings.items()}
    later = NOW + timedelta(seconds=1)
    assert wanted.next_of(list(doubted.values()), seen, later) == Read(tuple(doubted)[: wanted.READ_AT_ONCE])
    bring_about(station, doubted, seen, later)
    assert {name: setting.state for name, setting in doubted.items()} == states


def test_what_waits_for_its_boot_is_not_read_before_it() -> None:
    waits = Setting("Key0", "new", S.REBOOT_REQUIRED, read_at=NOW, changed_at=NOW)
    assert wanted.doubted(waits) == waits


def test_a_station_that_charges_is_not_reset_and_one_is_reset_once_a_day_only() -> None:
    waits = Setting("Key0", "new", S.REBOOT_REQUIRED, read_at=NOW, changed_at=NOW)
    assert wanted.next_of([waits], Seen(charging=True), NOW) == Rest(NOW + wanted.BUSY_LOOKED_AT_AFTER)
    assert wanted.next_of([waits], Seen(), NOW) == Reset()
    after = wanted.next_of([waits], Seen(reset_at=NOW), NOW + timedelta(hours=1))
    assert after == Rest(NOW + wanted.RESET_AT_MOST_EVERY)
    assert wanted.next_of([waits], Seen(booted_at=NOW + timedelta(minutes=1)), NOW + timedelta(minutes=2)) == Read(
        ("Key0",)
    )


def test_a_station_that_tells_nothing_is_asked_for_one_key_at_a_time_and_left_alone_meanwhile() -> None:
    settings = [Setting(name, "new") for name in NAMES]
    assert wanted.next_of(settings, Seen(), NOW) == Read(tuple(NAMES[: wanted.READ_AT_ONCE]))
    silent = Seen(unread=1, read_again_at=NOW + FIRST_WAIT)
    assert wanted.next_of(settings, silent, NOW) == Rest(NOW + FIRST_WAIT)
    assert wanted.next_of(settings, silent, NOW + FIRST_WAIT) == Read(("Key0",))
    asked = wanted.not_told(settings[0], "no such variable", NOW)
    assert (asked.state, asked.detail) == (S.REFUSED, "It can't be read: no such variable")


@given(st.integers(1, 10_000))
def test_waits_double_from_a_minute_to_a_day(tries: int) -> None:
    assert FIRST_WAIT <= wait_after(tries) <= LONGEST_WAIT
    assert wait_after(tries + 1) in {2 * wait_after(tries), LONGEST_WAIT}


def test_what_is_wanted_of_the_station_itself_comes_before_what_is_wanted_of_its_product() -> None:
    assert wanted.merged({"heartbeatinterval": "300", "A": "1"}, {"HeartbeatInterval": "60"}) == {
        "A": "1",
        "HeartbeatInterval": "60",
    }
    assert wanted.is_same("true", "True")
    assert wanted.is_same("A,B", "A, b")
    assert not wanted.is_same("A,B", "B,A")


def test_an_answer_is_read_whatever_the_case_of_its_keys_and_what_is_not_in_it_is_not_told() -> None:
    data = {"configuration": {"HEARTBEATINTERVAL": {"value": "60", "readonly": True}, "Secret": {"value": None}}}
    assert wanted.read_off(data, ["HeartbeatInterval", "Secret", "Other"]) == {
        "HeartbeatInterval": Told("60", readonly=True),
        "Secret": Told(None),
        "Other": Told(None),
    }
