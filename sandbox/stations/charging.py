"""What happens at the connectors of one station: cables, cards, transactions and their meters."""

import asyncio
from collections.abc import Coroutine
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sandbox.stations.connector import Connector, Transaction
from sandbox.stations.description import Fault
from sandbox.stations.link import CallError, NoAnswerError, Payload
from sandbox.stations.times import now

if TYPE_CHECKING:
    from sandbox.stations.station import Station

HISTORY_KEPT = 100


class Charging:
    def __init__(self, station: "Station", kept: list[dict[str, Any]]) -> None:
        self._station = station
        self.history: list[dict[str, Any]] = []
        self._errands: set[asyncio.Task[Any]] = set()
        described = station.description
        numbers = range(1, described.connectors + 1)
        self.connectors = {number: Connector(number, described.power_w, described.speed) for number in numbers}
        for entry in kept:
            connector = self.connectors[entry["connector"]]
            connector.meter_wh, connector.plugged = entry["meter_wh"], entry["plugged"]
            if entry["transaction"] is not None:
                connector.transaction = Transaction(**entry["transaction"])
        # What ran when the program was killed ended there, as by a power cut.
        self.stop_all("PowerLoss")

    # -- what a person does at the station ---------------------------------------------------------------------------

    async def plug_in(self, number: int) -> None:
        connector = self.connectors[number]
        connector.plugged = True
        await self._tell_state(connector)
        if connector.awaited_token is not None:
            token, connector.awaited_token = connector.awaited_token, None
            await self._start(connector, token)

    async def unplug(self, number: int) -> None:
        connector = self.connectors[number]
        if connector.transaction is not None:
            self._stop(connector, "EVDisconnected")
        connector.plugged = False
        await self._tell_state(connector)

    async def swipe(self, token: str, number: int | None) -> str:
        """A card is shown: it stops what it started, or starts; returns what came of it."""
        running = [one for one in self._chosen(number) if one.transaction and one.transaction.id_token == token]
        if running:
            self._stop(running[0], "Local", token)
            await self._tell_state(running[0])
            return "stopped"
        return await self.start(token, self._free(number), authorize=True)

    # -- what starts and stops ---------------------------------------------------------------------------------------

    def may_start(self, number: int | None) -> bool:
        return self._free(number) is not None

    async def start_remotely(self, token: str, number: int | None) -> None:
        authorize = self._station.configuration.is_on("AuthorizeRemoteTxRequests")
        await self.start(token, self._free(number), authorize=authorize)

    async def start(self, token: str, connector: Connector | None, *, authorize: bool) -> str:
        """Starts, at once or when a cable is plugged in within the connection time-out."""
        if connector is None:
            return "no free connector"
        if authorize and (refused := await self._refused(token)):
            return refused
        if connector.plugged:
            await self._start(connector, token)
            return "started"
        connector.awaited_token = token
        await self._tell_state(connector)
        self.spawn(self._give_up(connector, token))
        return "waiting for the cable"

    def stop_number(self, transaction: int) -> bool:
        """Stops the transaction of that id, as told from afar."""
        for connector in self.connectors.values():
            if connector.transaction is not None and connector.transaction.number == transaction:
                self._stop(connector, "Remote")
                self.spawn(self._tell_state(connector))
                return True
        return False

    def stop_all(self, reason: str) -> None:
        for connector in self.connectors.values():
            if connector.transaction is not None:
                self._stop(connector, reason)

    async def unlock(self, number: int) -> None:
        connector = self.connectors[number]
        if connector.transaction is not None:
            self._stop(connector, "UnlockCommand")
        await self._tell_state(connector)

    async def _refused(self, token: str) -> str | None:
        try:
            answer = await self._station.call("Authorize", {"idTag": token})
        except (NoAnswerError, CallError) as error:
            return f"not authorised: {error}"
        status = answer["idTagInfo"]["status"]
        return None if status == "Accepted" else f"not authorised: {status}"

    async def _start(self, connector: Connector, token: str) -> None:
        connector.advance(flows=False)
        running = Transaction(token, int(connector.meter_wh), now())
        connector.transaction = running
        payload: Payload = {
            "connectorId": connector.number,
            "idTag": token,
            "meterStart": running.meter_start_wh,
            "timestamp": running.started_at,
        }
        self._station.outbox.post("StartTransaction", payload, running.local_id)
        await self._tell_state(connector)
        self.spawn(self._meter(connector, running))

    def _stop(self, connector: Connector, reason: str, token: str | None = None) -> None:
        running = connector.transaction
        if running is None:
            return
        connector.advance(flows=self._flows())
        connector.transaction = None
        payload: Payload = {"meterStop": int(connector.meter_wh), "timestamp": now(), "reason": reason}
        if token:
            payload["idTag"] = token
        self._station.outbox.post("StopTransaction", payload, running.local_id, running.number)
        energy_wh = int(connector.meter_wh) - running.meter_start_wh
        stopped = {"number": running.number, "id_token": running.id_token, "energy_wh": energy_wh, "reason": reason}
        self.history = [*self.history, stopped][-HISTORY_KEPT:]

    async def _give_up(self, connector: Connector, token: str) -> None:
        await asyncio.sleep(self._station.waited_s(self._station.configuration.seconds("ConnectionTimeOut")))
        if connector.awaited_token == token:
            connector.awaited_token = None
            await self._tell_state(connector)

    # -- meter -------------------------------------------------------------------------------------------------------

    async def _meter(self, connector: Connector, running: Transaction) -> None:
        interval_s = max(1, self._station.configuration.seconds("MeterValueSampleInterval"))
        while connector.transaction is running:
            await asyncio.sleep(self._station.waited_s(interval_s))
            if connector.transaction is running:
                self.post_meter_values(connector)

    def post_meter_values(self, connector: Connector, context: str = "Sample.Periodic") -> None:
        flows = self._flows()
        connector.advance(flows=flows)
        values = [connector.meter_value(now(), flows=flows, context=context)]
        running = connector.transaction
        payload: Payload = {"connectorId": connector.number, "meterValue": values}
        named = (running.local_id, running.number) if running else (None, None)
        self._station.outbox.post("MeterValues", payload, *named)

    def _flows(self) -> bool:
        return not self._station.has(Fault.NO_ENERGY)

    def take_number(self, local_id: str, number: int, status: str) -> None:
        """The central system has answered the start; a token that it refuses is charged with no longer."""
        for connector in self.connectors.values():
            running = connector.transaction
            if running is not None and running.local_id == local_id:
                running.number = number
                if status != "Accepted":
                    self._stop(connector, "DeAuthorized")
                    self.spawn(self._tell_state(connector))

    # -- states ------------------------------------------------------------------------------------------------------

    async def tell_all_states(self) -> None:
        await self._station.tell("StatusNotification", self.state_payload(0))
        for connector in self.connectors.values():
            connector.status = connector.should_be
            await self._station.tell("StatusNotification", self.state_payload(connector.number))

    def state_payload(self, number: int) -> Payload:
        status = self.connectors[number].status if number else "Available"
        return {"connectorId": number, "errorCode": "NoError", "status": status, "timestamp": now()}

    async def _tell_state(self, connector: Connector) -> None:
        if connector.status != connector.should_be:
            connector.status = connector.should_be
            if self._station.registration == "Accepted":
                await self._station.tell("StatusNotification", self.state_payload(connector.number))

    def shown(self) -> list[dict[str, Any]]:
        for connector in self.connectors.values():
            connector.advance(flows=self._flows())
        return [connector.shown() for connector in self.connectors.values()]

    def kept(self) -> list[dict[str, Any]]:
        return [
            {
                "connector": one.number,
                "meter_wh": int(one.meter_wh),
                "plugged": one.plugged,
                "transaction": None if one.transaction is None else asdict(one.transaction),
            }
            for one in self.connectors.values()
        ]

    # -- errands -----------------------------------------------------------------------------------------------------

    def spawn(self, errand: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def sleep(self) -> None:
        errands = tuple(self._errands)
        for errand in errands:
            errand.cancel()
        await asyncio.gather(*errands, return_exceptions=True)

    def _chosen(self, number: int | None) -> list[Connector]:
        return [one for one in self.connectors.values() if number in {None, one.number}]

    def _free(self, number: int | None) -> Connector | None:
        """A connector where something can start; one with a cable in it first."""
        free = [one for one in self._chosen(number) if one.transaction is None and one.awaited_token is None]
        return min(free, key=lambda one: not one.plugged, default=None)
