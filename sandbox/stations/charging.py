"""What happens at the connectors of one station: cables, cards, transactions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sandbox.stations.connector import Connector, Token, Transaction
from sandbox.stations.description import Fault
from sandbox.stations.settings import Knob

if TYPE_CHECKING:
    from sandbox.stations.station import Station

HISTORY_KEPT = 100
ENDS_AUTHORISATION = {"Local", "Remote", "DeAuthorized"}


class Charging:
    def __init__(self, station: "Station", kept: list[dict[str, Any]]) -> None:
        self._station = station
        self.history: list[dict[str, Any]] = []
        described = station.description
        numbers = range(1, described.connectors + 1)
        self.connectors = {number: Connector(number, described.power_w, described.speed) for number in numbers}
        for entry in kept:
            connector = self.connectors[entry["connector"]]
            connector.meter_wh, connector.plugged = entry["meter_wh"], entry["plugged"]
            connector.operative = entry.get("operative", True)
            if entry["transaction"] is not None:
                connector.transaction = Transaction(**entry["transaction"])

    # -- what a person does at the station ---------------------------------------------------------------------------

    async def plug_in(self, number: int) -> None:
        connector = self.connectors[number]
        self.advance(connector)
        connector.plugged = True
        if connector.awaited is not None:
            token, connector.awaited = connector.awaited, None
            self._authorized(connector, token, "CablePluggedIn", connector.awaited_start)
        elif connector.transaction is not None:
            self._changed(connector, "CablePluggedIn")
        elif self._station.dialect.starts(plugged=True, authorized=False):
            self._begin(connector, None, "CablePluggedIn", None)
        await self._station.tell_status(connector)

    async def unplug(self, number: int) -> None:
        connector = self.connectors[number]
        self.stop(connector, "EVDisconnected")
        connector.plugged = False
        await self._station.tell_status(connector)

    async def swipe(self, value: str, number: int | None, kind: str = "ISO14443") -> str:
        """A card is shown: it stops what it started, or starts; returns what came of it."""
        token = Token(value, kind)
        running = [one for one in self._chosen(number) if _runs_on(one, token)]
        if running:
            self.stop(running[0], "Local", token)
            await self._station.tell_status(running[0])
            return "stopped"
        return await self.start(token, number, authorize=True)

    # -- what starts and stops ---------------------------------------------------------------------------------------

    def may_start(self, number: int | None, token: Token) -> bool:
        return self._free(number, token) is not None

    async def start_remotely(self, token: Token, number: int | None, start_id: int | None = None) -> None:
        authorize = self._station.configuration.is_on(Knob.AUTHORIZE_REMOTE)
        await self.start(token, number, authorize=authorize, trigger="RemoteStart", start_id=start_id)

    async def start(
        self,
        token: Token,
        number: int | None,
        *,
        authorize: bool,
        trigger: str = "Authorized",
        start_id: int | None = None,
    ) -> str:
        """Starts, at once or when a cable is plugged in within the connection time-out."""
        if self._free(number, token) is None:
            return "no free connector"
        if authorize and (refused := await self._station.admission.refused(token)):
            return refused
        connector = self._free(number, token)
        if connector is None:
            return "no free connector"
        waits = not connector.plugged
        if waits and not self._station.dialect.starts(plugged=False, authorized=True):
            connector.awaited, connector.awaited_start = token, start_id
        else:
            self._authorized(connector, token, trigger, start_id)
        await self._station.tell_status(connector)
        if waits:
            self._station.spawn(self._give_up(connector, token))
        return "waiting for the cable" if waits else "started"

    def running(self) -> Iterator[tuple[Connector, Transaction]]:
        for connector in self.connectors.values():
            if connector.transaction is not None:
                yield connector, connector.transaction

    def stop_where(self, *, number: int | None = None, local_id: str | None = None, reason: str = "Remote") -> bool:
        """Stops the transaction of that id, ours or the central system's; whether there is one."""
        for connector, running in self.running():
            if (number is not None and running.number == number) or running.local_id == local_id:
                self.stop(connector, reason)
                self._station.spawn(self._station.tell_status(connector))
                return True
        return False

    def stop_all(self, reason: str) -> None:
        for connector in self.connectors.values():
            connector.awaited = None
            self.stop(connector, reason)

    async def unlock(self, number: int) -> None:
        connector = self.connectors[number]
        self.stop(connector, "UnlockCommand")
        await self._station.tell_status(connector)

    def stop(self, connector: Connector, reason: str, token: Token | None = None) -> None:
        """Ends the transaction, or only its flow where it lasts until the cable is out."""
        running = connector.transaction
        if running is None:
            return
        self.advance(connector)
        lasts = not self._station.dialect.ends_when_refused_or_stopped() and connector.plugged
        if lasts and reason in ENDS_AUTHORISATION and running.stopped is None:
            running.stopped = reason
            self._changed(connector, {"Local": "StopAuthorized", "Remote": "RemoteStop"}.get(reason, "Deauthorized"))
            return
        connector.transaction = None
        self._station.dialect.post_stop(connector, running, running.stopped or reason, token)
        energy_wh = int(connector.meter_wh) - running.meter_start_wh
        stopped = {
            "number": running.number,
            "id": running.local_id,
            "id_token": running.id_token,
            "energy_wh": energy_wh,
            "reason": running.stopped or reason,
        }
        self.history = [*self.history, stopped][-HISTORY_KEPT:]
        self._station.transaction_ended(connector)

    def forget_token(self, token: str) -> None:
        """What is remembered of ended transactions no longer says whose they were."""
        for ended in self.history:
            if (ended["id_token"] or "").casefold() == token.casefold():
                ended["id_token"] = None

    # -- underneath --------------------------------------------------------------------------------------------------

    def _authorized(self, connector: Connector, token: Token, trigger: str, start_id: int | None) -> None:
        running = connector.transaction
        if running is None:
            self._begin(connector, token, trigger, start_id)
            return
        self.advance(connector)
        running.id_token, running.kind, running.remote_start_id = token.value, token.kind, start_id
        self._changed(connector, trigger, token)

    def _begin(self, connector: Connector, token: Token | None, trigger: str, start_id: int | None) -> None:
        self.advance(connector)
        running = Transaction(
            None if token is None else token.value, int(connector.meter_wh), self._station.clock.now(), kind="ISO14443"
        )
        if token is not None:
            running.kind = token.kind
            running.reservation = self._station.reservations.used(connector.number, token)
        running.remote_start_id = start_id
        connector.transaction = running
        self._station.limits.fit(quiet=connector)
        running.state = connector.charging_state
        self._station.dialect.post_start(connector, running, trigger)
        self._station.spawn(self._meter(connector, running))

    def _changed(self, connector: Connector, trigger: str, token: Token | None = None) -> None:
        running = connector.transaction
        if running is not None:
            self._station.limits.fit(quiet=connector)
            running.state = connector.charging_state
            self._station.dialect.post_change(connector, running, trigger, token)

    def tell_suspension(self, connector: Connector) -> None:
        """A limit has stopped the flow, or let it go on."""
        running = connector.transaction
        if running is not None and running.state is not None and running.state != connector.charging_state:
            running.state = connector.charging_state
            self._station.dialect.post_change(connector, running, "ChargingStateChanged", None)
            self._station.spawn(self._station.tell_status(connector))

    async def _give_up(self, connector: Connector, token: Token) -> None:
        await self._station.wait(self._station.configuration.seconds(Knob.CONNECT_WITHIN_S))
        if connector.awaited == token:
            connector.awaited = None
        elif not connector.plugged and connector.transaction is not None and connector.transaction.token == token:
            self.stop(connector, "Timeout")
        await self._station.tell_status(connector)

    async def _meter(self, connector: Connector, running: Transaction) -> None:
        while connector.transaction is running:
            await self._station.wait(max(1, self._station.configuration.seconds(Knob.SAMPLE_S)))
            if connector.transaction is running:
                self.post_meter_values(connector)

    def post_meter_values(self, connector: Connector, context: str = "Sample.Periodic") -> None:
        self.advance(connector)
        self._station.dialect.post_meter(connector, context)

    def advance(self, connector: Connector) -> None:
        connector.advance(flows=not self._station.has(Fault.NO_ENERGY))

    def shown(self) -> list[dict[str, Any]]:
        for connector in self.connectors.values():
            self.advance(connector)
        return [connector.shown() for connector in self.connectors.values()]

    def kept(self) -> list[dict[str, Any]]:
        return [one.kept() for one in self.connectors.values()]

    def _chosen(self, number: int | None) -> list[Connector]:
        return [one for one in self.connectors.values() if number in {None, one.number}]

    def _free(self, number: int | None, token: Token) -> Connector | None:
        """A connector where something can start; one with a cable in it first."""
        open_to = self._station.reservations.open_to
        free = [one for one in self._chosen(number) if _is_free(one) and open_to(one.number, token)]
        return min(free, key=lambda one: not one.plugged, default=None)


def _is_free(connector: Connector) -> bool:
    running = connector.transaction
    waits_for_card = running is not None and running.id_token is None and running.stopped is None
    return (running is None or waits_for_card) and connector.awaited is None and connector.operative


def _runs_on(connector: Connector, token: Token) -> bool:
    running = connector.transaction
    if running is None or running.id_token is None or running.stopped is not None:
        return False
    return running.id_token.casefold() == token.value.casefold()
