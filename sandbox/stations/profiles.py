"""Charging profiles: which limit holds when (OCPP 1.6 ed.2 §3.13, 2.0.1 part 2 §K). No clock and no station in here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

VOLTAGE_V = 230
PHASES = 3
DAY_S = 86_400

Purpose = Literal["station", "default", "transaction", "external"]


@dataclass(frozen=True)
class Period:
    start_s: int
    limit_w: float


@dataclass(frozen=True)
class Profile:
    """``raw`` is the profile as it came. ``start`` None: it counts from the transaction's start (Relative)."""

    id: int
    connector: int
    purpose: Purpose
    stack: int
    periods: tuple[Period, ...]
    raw: dict[str, Any]
    start: datetime | None = None
    duration_s: int | None = None
    every_s: int | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction: str | None = None

    def limit_w(self, at: datetime, begun: datetime) -> float | None:
        """None where the profile says nothing about that instant."""
        if (self.valid_from and at < self.valid_from) or (self.valid_to and at >= self.valid_to):
            return None
        since_s = (at - (self.start or begun)).total_seconds()
        if self.every_s:
            since_s %= self.every_s
        if since_s < 0 or (self.duration_s is not None and since_s >= self.duration_s):
            return None
        past = [period for period in self.periods if period.start_s <= since_s]
        return past[-1].limit_w if past else None

    def changes(self, since: datetime, until: datetime, begun: datetime) -> set[datetime]:
        """The instants between which the limit stays the same."""
        start = self.start or begun
        marks_s = [period.start_s for period in self.periods] + ([self.duration_s] if self.duration_s else [])
        rounds = [start]
        if self.every_s:
            first = (since - start).total_seconds() // self.every_s
            last = (until - start).total_seconds() // self.every_s
            rounds = [start + timedelta(seconds=turn * self.every_s) for turn in range(int(first), int(last) + 1)]
        found = {turn + timedelta(seconds=mark) for turn in rounds for mark in marks_s}
        found |= {edge for edge in (self.valid_from, self.valid_to) if edge}
        return {at for at in found if since < at < until}


def watts(limit: float, unit: str, phases: int | None) -> float:
    return limit if unit == "W" else limit * VOLTAGE_V * (phases or PHASES)


def amperes(limit_w: float) -> float:
    return round(limit_w / VOLTAGE_V / PHASES, 1)


class Profiles:
    """The profiles of one station. Connector 0 is the whole station."""

    def __init__(self) -> None:
        self.all: list[Profile] = []

    def add(self, profile: Profile) -> None:
        """One of the same id, or of the same place, purpose and stack level, is replaced."""
        place = (profile.connector, profile.purpose, profile.stack, profile.transaction)
        self.all = [
            one
            for one in self.all
            if one.id != profile.id and (one.connector, one.purpose, one.stack, one.transaction) != place
        ]
        self.all.append(profile)

    def clear(
        self,
        number: int | None = None,
        connector: int | None = None,
        purpose: Purpose | None = None,
        stack: int | None = None,
    ) -> bool:
        """Whether any matched."""
        gone = self.chosen(number, connector, purpose, stack)
        self.all = [one for one in self.all if one not in gone]
        return bool(gone)

    def chosen(
        self,
        number: int | None,
        connector: int | None,
        purpose: Purpose | None,
        stack: int | None,
    ) -> list[Profile]:
        return [
            one
            for one in self.all
            if number in {None, one.id}
            and connector in {None, one.connector}
            and purpose in {None, one.purpose}
            and stack in {None, one.stack}
        ]

    def forget_transaction(self, connector: int) -> None:
        """A transaction's profile goes with it (OCPP 1.6 ed.2 §3.13.1)."""
        self.all = [one for one in self.all if one.purpose != "transaction" or one.connector != connector]

    def limit_w(self, connector: int, at: datetime, begun: datetime, transaction: str | None) -> float | None:
        """The least of what holds: the station's bound, and the transaction's or else the default profile."""
        station = self._leading("station", {0}, at, begun, None)
        external = self._leading("external", {0, connector}, at, begun, None)
        own = self._leading("transaction", {connector}, at, begun, transaction) if transaction else None
        if own is None:
            own = self._leading("default", {connector}, at, begun, None)
        if own is None:
            own = self._leading("default", {0}, at, begun, None)
        limits = [limit for limit in (station, external, own) if limit is not None]
        return min(limits, default=None)

    def schedule(
        self, connector: int, since: datetime, duration_s: int, begun: datetime, transaction: str | None, most_w: float
    ) -> list[Period]:
        """The composite schedule: from when on which limit holds."""
        until = since + timedelta(seconds=duration_s)
        marks = {since}.union(*(one.changes(since, until, begun) for one in self.all))
        periods: list[Period] = []
        for at in sorted(marks):
            limit_w = self.limit_w(connector, at, begun, transaction)
            limit_w = most_w if limit_w is None else min(most_w, limit_w)
            if not periods or periods[-1].limit_w != limit_w:
                periods.append(Period(int((at - since).total_seconds()), limit_w))
        return periods

    def _leading(
        self, purpose: Purpose, connectors: set[int], at: datetime, begun: datetime, transaction: str | None
    ) -> float | None:
        """The highest stack level that says something about the instant."""
        found = [
            (one.stack, limit_w)
            for one in self.all
            if one.purpose == purpose
            and one.connector in connectors
            and (purpose != "transaction" or one.transaction in {None, transaction})
            and (limit_w := one.limit_w(at, begun)) is not None
        ]
        return max(found, default=(0, None), key=lambda leading: leading[0])[1]
