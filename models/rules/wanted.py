"""What a station is to be configured with, and what to do about it now: read, change, reset, or wait (L5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from models.rules.patience import TRIES_BEFORE_TASK, wait_after


class SettingState(StrEnum):
    PENDING = "pending"
    APPLIED = "applied"
    REFUSED = "refused"
    UNKNOWN_TO_STATION = "unknown_to_station"
    REBOOT_REQUIRED = "reboot_required"


S = SettingState
CHECKED_EVERY = timedelta(days=1)
READ_AT_ONCE = 20
"""Stations answer for fewer keys at a time than the standard lets them be asked for."""
BUSY_LOOKED_AT_AFTER = timedelta(minutes=10)
"""A station that charges is not disturbed; so soon it is looked at again."""
RESET_AT_MOST_EVERY = timedelta(days=1)
NOT_SHOWN = "The station has taken it, and does not show it"


@dataclass(frozen=True)
class Setting:
    """One wanted key at one station: what the station told of it last, and what came of our tries.

    ``changed_at`` is when it took a change that was not read back since.
    """

    name: str
    wanted: str
    state: SettingState = S.PENDING
    actual: str | None = None
    detail: str = ""
    refusals: int = 0
    read_at: datetime | None = None
    changed_at: datetime | None = None
    again_at: datetime | None = None


@dataclass(frozen=True)
class Seen:
    """What is known of the station besides. ``unread`` counts the reads in a row that it gave no answer to."""

    booted_at: datetime | None = None
    charging: bool = False
    reset_at: datetime | None = None
    unread: int = 0
    read_again_at: datetime | None = None


@dataclass(frozen=True)
class Read:
    names: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    name: str
    value: str


@dataclass(frozen=True)
class Reset:
    """What it has taken holds from its next boot on; it does not charge."""


@dataclass(frozen=True)
class Rest:
    """Nothing is to be done before ``until``; None: until something is wanted."""

    until: datetime | None


@dataclass(frozen=True)
class Told:
    """``value`` is None where the station has no such key, or keeps its value to itself."""

    value: str | None
    readonly: bool = False


Next = Read | Change | Reset | Rest


def next_of(settings: Sequence[Setting], seen: Seen, now: datetime) -> Next:
    """What to do about the settings of one station at this moment. What it said last comes before what it is told."""
    if not settings:
        return Rest(None)
    may_read = seen.read_again_at is None or seen.read_again_at <= now
    unread = [each.name for each in settings if _is_to_be_read(each, seen, now)]
    if unread and may_read:
        return Read(tuple(unread[: 1 if seen.unread else READ_AT_ONCE]))
    due = [each for each in settings if each.name not in unread and _is_to_be_changed(each, now)]
    if due:
        return Change(due[0].name, due[0].wanted)
    ends = [_ends(each) for each in settings if each.name not in unread]
    if unread and seen.read_again_at is not None:
        ends.append(seen.read_again_at)
    if any(_awaits_boot(each, seen) for each in settings):
        reset_from = now if seen.reset_at is None else seen.reset_at + RESET_AT_MOST_EVERY
        if reset_from <= now and not seen.charging:
            return Reset()
        ends.append(max(reset_from, now + BUSY_LOOKED_AT_AFTER))
    known = [end for end in ends if end is not None]
    return Rest(min(known) if known else None)


def told(setting: Setting, said: Told, now: datetime) -> Setting:
    """The setting after the station told what it has."""
    read = replace(setting, actual=said.value, read_at=now, changed_at=None)
    if said.value is not None and is_same(setting.wanted, said.value):
        return replace(read, state=S.APPLIED, detail="", refusals=0, again_at=None)
    if said.value is None and (setting.changed_at is not None or _is_hidden(setting)):
        return replace(read, state=S.APPLIED, detail=NOT_SHOWN, refusals=0, again_at=None)
    if setting.changed_at is not None:
        return _refused(read, S.REFUSED, "The station took it, and has kept its own value", now)
    if said.readonly:
        return _refused(read, S.REFUSED, "The station says that it can't be changed", now)
    if setting.state in {S.APPLIED, S.REBOOT_REQUIRED}:
        return replace(read, state=S.PENDING, detail="", again_at=None)
    return read


def answered(setting: Setting, outcome: str, detail: str, now: datetime) -> Setting:
    """The setting after the station was told to change it; without an answer nobody knows, and it is read back."""
    if outcome in {"accepted", "scheduled", "timed_out"}:
        return replace(setting, state=S.PENDING, detail=detail, changed_at=now)
    if outcome == "reboot_required":
        return replace(setting, state=S.REBOOT_REQUIRED, detail=detail, changed_at=now)
    state = S.UNKNOWN_TO_STATION if outcome in {"not_supported", "not_found"} else S.REFUSED
    return _refused(setting, state, detail or f"The station's answer: {outcome.replace('_', ' ')}", now)


def not_told(setting: Setting, why: str, now: datetime) -> Setting:
    """The setting that the station, asked for it alone, would not tell."""
    unread = replace(setting, read_at=now, changed_at=None, actual=None)
    return _refused(unread, S.REFUSED, f"It can't be read: {why}", now)


def doubted(setting: Setting) -> Setting:
    """The setting of a station that is to be asked at once. What waits for its boot goes on waiting."""
    return setting if setting.state is S.REBOOT_REQUIRED else replace(setting, read_at=None, again_at=None)


def is_same(wanted: str, actual: str) -> bool:
    """Stations write ``true`` and ``True``, and lists with spaces or without."""
    return [part.strip().casefold() for part in wanted.split(",")] == [
        part.strip().casefold() for part in actual.split(",")
    ]


def merged(of_product: Mapping[str, str], of_station: Mapping[str, str]) -> dict[str, str]:
    """By key, whatever its case: the station's own over the product's."""
    chosen = {name.casefold(): (name, value) for name, value in (*of_product.items(), *of_station.items())}
    return dict(sorted(chosen.values()))


def needs_engineer(setting: Setting) -> bool:
    return setting.state in {S.REFUSED, S.UNKNOWN_TO_STATION} and setting.refusals >= TRIES_BEFORE_TASK


def read_off(data: Mapping[str, Any], names: Sequence[str]) -> dict[str, Told]:
    """What the answer to a read says of these keys; stations answer with more, and with names of their own case."""
    entries = {str(name).casefold(): entry for name, entry in (data.get("configuration") or {}).items()}
    return {name: _told_by(entries.get(name.casefold())) for name in names}


def kept_of(data: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Of what a station told, only what it was asked for: these keys, or the version of its list."""
    wanted = {name.casefold() for name in names}
    entries = (data.get("configuration") or {}).items()
    shown = {str(name): entry for name, entry in entries if str(name).casefold() in wanted}
    version = {"version": data["version"]} if "version" in data else {}
    return {**({"configuration": shown} if shown else {}), **version}


def _told_by(entry: Mapping[str, Any] | None) -> Told:
    if entry is None or entry.get("value") is None:
        return Told(None)
    return Told(str(entry["value"]), readonly=entry.get("readonly") is True)


def _is_to_be_read(setting: Setting, seen: Seen, now: datetime) -> bool:
    if setting.read_at is None or _booted_since(setting.read_at, seen):
        return True
    if setting.state is S.REBOOT_REQUIRED:
        return False
    return setting.changed_at is not None or setting.read_at + CHECKED_EVERY <= now


def _is_to_be_changed(setting: Setting, now: datetime) -> bool:
    open_states = {S.PENDING, S.REFUSED, S.UNKNOWN_TO_STATION}
    return setting.state in open_states and (setting.again_at is None or setting.again_at <= now)


def _awaits_boot(setting: Setting, seen: Seen) -> bool:
    taken_at = setting.changed_at or setting.read_at
    return setting.state is S.REBOOT_REQUIRED and not (taken_at is None or _booted_since(taken_at, seen))


def _booted_since(at: datetime, seen: Seen) -> bool:
    return seen.booted_at is not None and seen.booted_at > at


def _ends(setting: Setting) -> datetime | None:
    if setting.state is S.REBOOT_REQUIRED:
        return None
    checked = None if setting.read_at is None else setting.read_at + CHECKED_EVERY
    return min((end for end in (checked, setting.again_at) if end is not None), default=None)


def _is_hidden(setting: Setting) -> bool:
    return setting.state is S.APPLIED and setting.actual is None


def _refused(setting: Setting, state: SettingState, detail: str, now: datetime) -> Setting:
    refusals = setting.refusals + 1
    return replace(setting, state=state, detail=detail, refusals=refusals, again_at=now + wait_after(refusals))
