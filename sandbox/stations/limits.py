"""Keeps the connectors' power at what the charging profiles allow."""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.stations.connector import Connector
from sandbox.stations.profiles import DAY_S, Period, Profiles
from sandbox.stations.times import read

if TYPE_CHECKING:
    from sandbox.stations.station import Station


class Limits:
    """Schedules go by the station's clock; ``speed`` does not hasten them."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self.profiles = Profiles()
        self._timer: asyncio.TimerHandle | None = None

    def fit(self, quiet: Connector | None = None) -> None:
        """Sets each connector to its limit of now, and comes back when the next one begins.

        The quiet one's state is told by whoever asks.
        """
        now = self._station.clock.instant()
        for connector in self._station.charging.connectors.values():
            self._station.charging.advance(connector)
            connector.limit_w = self._limit_w(connector, now)
            if connector is not quiet:
                self._station.charging.tell_suspension(connector)
        self.rest()
        if self.profiles.all:
            self._come_back(now)

    def rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def schedule(self, number: int, duration_s: int) -> list[Period]:
        """The composite schedule from now on; 0 is the whole station."""
        now = self._station.clock.instant()
        connectors = self._station.charging.connectors
        if number == 0:
            most_w = float(sum(one.power_w for one in connectors.values()))
            return self.profiles.schedule(0, now, duration_s, now, None, most_w)
        connector = connectors[number]
        begun, running = self._begun(connector, now)
        return self.profiles.schedule(number, now, duration_s, begun, running, connector.power_w)

    def _limit_w(self, connector: Connector, now: datetime) -> float | None:
        if not self.profiles.all:
            return None
        begun, running = self._begun(connector, now)
        return self.profiles.limit_w(connector.number, now, begun, running)

    @staticmethod
    def _begun(connector: Connector, now: datetime) -> tuple[datetime, str | None]:
        running = connector.transaction
        return (read(running.started_at), running.local_id) if running else (now, None)

    def _come_back(self, now: datetime) -> None:
        until = now + timedelta(seconds=DAY_S)
        changes = [
            at
            for connector, running in self._station.charging.running()
            for one in self.profiles.all
            if one.connector in {0, connector.number}
            for at in one.changes(now, until, read(running.started_at))
        ]
        if changes:
            wait_s = (min(changes) - now).total_seconds() + 0.001
            self._timer = asyncio.get_running_loop().call_later(wait_s, self.fit)
