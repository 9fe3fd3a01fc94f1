"""Drivers who charge one after the other, at stations that say so as fast as they are answered, or at a pace."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.ocpp_load import Seen, Station, charge, connected, token_of

DONE_WITHIN_S = 120.0


@dataclass(frozen=True)
class Drivers:
    """Each of the stations lets so many drivers charge, each by a card of its own, from the ``first`` card on.

    They take ``step_wh`` from one reading to the next; ``pause_s`` lies before each thing that a station says.
    """

    stations: int
    each: int
    readings: int
    step_wh: int
    first: int = 0
    pause_s: float = 0.0

    @property
    def sessions(self) -> int:
        return self.stations * self.each

    def charges(self, station: Station) -> Iterator[tuple[str, str]]:
        """What one station says of its drivers, by the meter that goes on from one to the next."""
        meter_wh = 0
        for place in range(self.each):
            read = range(meter_wh + self.step_wh, meter_wh + self.step_wh * self.readings + 1, self.step_wh)
            yield from charge(station, token_of(self.first + station.number * self.each + place), meter_wh, read)
            meter_wh = read[-1]


@dataclass
class Saying:
    """Who says what next; ``done`` are the stations that have nothing more to say."""

    drivers: Drivers
    done: int = 0
    _told: dict[int, Iterator[tuple[str, str]]] = field(default_factory=dict)
    _paused: set[int] = field(default_factory=set)

    def __call__(self, station: Station) -> tuple[str, str] | None:
        if self.drivers.pause_s and station.number not in self._paused:
            self._paused.add(station.number)
            asyncio.get_running_loop().call_later(self.drivers.pause_s, station.say)
            return None
        self._paused.discard(station.number)
        if station.number not in self._told:
            self._told[station.number] = self.drivers.charges(station)
        call = next(self._told[station.number], None)
        self.done += call is None
        return call


async def charged(port: int, drivers: Drivers) -> None:
    """Until every station has been answered to the last. Raises RuntimeError where a card was refused, or an error
    answered."""
    seen, saying = Seen(), Saying(drivers)
    stations, _ = await connected(port, range(drivers.stations), seen, saying)
    async with asyncio.timeout(DONE_WITHIN_S):
        while saying.done < drivers.stations:  # noqa: ASYNC110 - counted where the answers come in
            await asyncio.sleep(0.02)
    for station in stations:
        station.end()
    if seen.errors or seen.cards_refused:
        raise RuntimeError(f"{seen.errors} messages and {seen.cards_refused} cards were refused")
