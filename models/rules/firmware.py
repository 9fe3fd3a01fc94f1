"""Which firmware a station is to run, when it may be updated, and how far a roll-out has come: in waves (L5)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil
from zoneinfo import ZoneInfo

from models.rules.wanted import BUSY_LOOKED_AT_AFTER, CHECKED_EVERY, Rest

GIVEN_UP_AFTER = timedelta(hours=2)
"""A station that has told neither an end nor booted with the wanted version by then has failed."""

_FAILED = frozenset(
    {
        "DownloadFailed",
        "InstallationFailed",
        "InstallVerificationFailed",
        "InvalidSignature",
        "InvalidCertificate",
        "RevokedCertificate",
    }
)
"""OCPP 1.6 ed.2 §7.25, its security whitepaper ed.3 §5.6, and OCPP 2.0.1 §3.37 FirmwareStatus."""


class FirmwareState(StrEnum):
    WAITING = "waiting"
    UNDER_WAY = "under_way"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class RollOut:
    """First so many stations, then so many per cent of all, then all; it stops by itself when too many have failed."""

    first: int = 1
    share_percent: int = 10
    failure_limit_percent: int = 20


@dataclass(frozen=True)
class Counts:
    """Of the stations of a product in this roll-out; who waits has not begun."""

    stations: int
    under_way: int = 0
    done: int = 0
    failed: int = 0

    @property
    def finished(self) -> int:
        return self.done + self.failed


@dataclass(frozen=True)
class Wish:
    """``window``: from this hour to that one, local time of the place; it may go over midnight."""

    version: str
    not_before: datetime | None = None
    window: tuple[int, int] | None = None
    halted: bool = False


@dataclass(frozen=True)
class Known:
    """``running`` is what the station told at its last boot; ``asked_at`` when this update began."""

    state: FirmwareState = FirmwareState.WAITING
    running: str | None = None
    asked_at: datetime | None = None
    again_at: datetime | None = None


@dataclass(frozen=True)
class Update:
    """The station is to be told to update itself now."""


def next_of(wish: Wish, known: Known, now: datetime, zone: ZoneInfo, *, charging: bool, room: int) -> Update | Rest:
    """What to do about the firmware of one station. ``room``: so many more may begin now; a retry needs none."""
    if known.running == wish.version:
        return Rest(None)
    if known.state is FirmwareState.UNDER_WAY and known.asked_at is not None:
        return Rest(known.asked_at + GIVEN_UP_AFTER)
    if wish.halted:
        return Rest(None)
    opens = max(now, wish.not_before or now, known.again_at or now)
    opens = opens_at(opens, zone, wish.window)
    if opens > now:
        return Rest(opens)
    if room < 1 and known.state is not FirmwareState.FAILED:
        # Whoever ends a wave tells the stations of the next one.
        return Rest(now + CHECKED_EVERY)
    return Rest(now + BUSY_LOOKED_AT_AFTER) if charging else Update()


def opens_at(at: datetime, zone: ZoneInfo, window: tuple[int, int] | None) -> datetime:
    """The first instant from ``at`` on that lies in the window."""
    if window is None:
        return at
    first, last = window
    local = at.astimezone(zone)
    inside = first <= local.hour < last if first < last else local.hour >= first or local.hour < last
    if inside:
        return at
    opening = local.replace(hour=first, minute=0, second=0, microsecond=0, fold=0)
    if opening <= local:
        opening += timedelta(days=1)
    return max(opening.astimezone(UTC), at)


def room(plan: RollOut, counts: Counts) -> int:
    """How many more stations may begin: a wave begins when the one before it has come to its end."""
    begun = counts.under_way + counts.finished
    share = ceil(counts.stations * plan.share_percent / 100)
    for wave in (plan.first, max(share, plan.first)):
        if counts.finished < min(wave, counts.stations):
            return max(min(wave, counts.stations) - begun, 0)
    return max(counts.stations - begun, 0)


def is_to_halt(plan: RollOut, counts: Counts) -> bool:
    """Whether more than the limit of those that have come to an end have failed."""
    return counts.failed * 100 > plan.failure_limit_percent * counts.finished


def has_failed(word: str) -> bool:
    return word in _FAILED
