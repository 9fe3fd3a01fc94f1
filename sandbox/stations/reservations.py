"""Connectors kept free for a token (OCPP 1.6 ed.2 §5.13, 2.0.1 part 2 §H)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.stations.connector import Connector, Token
from sandbox.stations.times import read, written

if TYPE_CHECKING:
    from sandbox.stations.station import Station


@dataclass(frozen=True)
class Reservation:
    """``connector`` 0: any one of the station's."""

    id: int
    connector: int
    token: str
    group: str | None
    expires: datetime


class Reservations:
    def __init__(self, station: "Station", kept: list[dict[str, Any]]) -> None:
        self._station = station
        self.all: dict[int, Reservation] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        for entry in kept:
            self._hold(Reservation(**{**entry, "expires": read(entry["expires"])}))

    def reserve(self, wanted: Reservation) -> str:
        """A ReservationStatus. A reservation of the same id is replaced."""
        connectors = self._station.charging.connectors
        if wanted.connector not in {0, *connectors} or wanted.expires <= self._station.clock.instant():
            return "Rejected"
        old = self.all.get(wanted.id)
        chosen = [one for one in connectors.values() if wanted.connector in {0, one.number}]
        usable = [one for one in chosen if one.operative]
        if not usable:
            return "Unavailable"
        taken = {other.connector for other in self.all.values() if other is not old}
        if not any(self._is_free(one) and one.number not in taken for one in usable):
            return "Occupied"
        if old is not None:
            self._drop(old)
        self._hold(wanted)
        self._show()
        return "Accepted"

    def cancel(self, reservation_id: int) -> bool:
        if reservation_id not in self.all:
            return False
        self._drop(self.all[reservation_id])
        self._show()
        return True

    def open_to(self, number: int, token: Token) -> bool:
        """Whether the token may use the connector: it is reserved for no other."""
        held = [one for one in self.all.values() if one.connector == number]
        if any(not self._is_for(one, token) for one in held):
            return False
        anywhere = [one for one in self.all.values() if one.connector == 0 and not self._is_for(one, token)]
        free = [one for one in self._station.charging.connectors.values() if self._is_free(one)]
        return len(free) > len(anywhere) or not anywhere

    def used(self, number: int, token: Token) -> int | None:
        """The reservation that a start uses up."""
        for one in self.all.values():
            if one.connector in {0, number} and self._is_for(one, token):
                self._drop(one)
                self._mark()
                return one.id
        return None

    def kept(self) -> list[dict[str, Any]]:
        return [{**vars(one), "expires": written(one.expires)} for one in self.all.values()]

    def stop_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def start_timers(self) -> None:
        for one in self.all.values():
            self._arm(one)
        self._mark()

    def _hold(self, one: Reservation) -> None:
        self.all[one.id] = one
        if self._station.powered:
            self._arm(one)

    def _arm(self, one: Reservation) -> None:
        left_s = (one.expires - self._station.clock.instant()).total_seconds()
        self._timers[one.id] = asyncio.get_running_loop().call_later(max(0, left_s), self._expire, one)

    def _drop(self, one: Reservation) -> None:
        del self.all[one.id]
        if timer := self._timers.pop(one.id, None):
            timer.cancel()

    def _expire(self, one: Reservation) -> None:
        if self.all.get(one.id) is one:
            self._drop(one)
            self._show()
            if call := self._station.dialect.reservation_ended(one.id, "Expired"):
                self._station.spawn(self._station.tell(*call))

    def _show(self) -> None:
        for connector in self._mark():
            self._station.spawn(self._station.tell_status(connector))
        self._station.keep()

    def _mark(self) -> list[Connector]:
        """The connectors whose reservation has come or gone."""
        held = {one.connector for one in self.all.values()}
        changed = [one for one in self._station.charging.connectors.values() if one.reserved != (one.number in held)]
        for connector in changed:
            connector.reserved = connector.number in held
        return changed

    @staticmethod
    def _is_free(connector: Connector) -> bool:
        return connector.transaction is None and connector.awaited is None and connector.operative

    @staticmethod
    def _is_for(one: Reservation, token: Token) -> bool:
        return token.value.casefold() in {one.token.casefold(), (one.group or one.token).casefold()}
