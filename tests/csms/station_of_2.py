"""A station of OCPP 2 whose every answer is checked against the standard's own schema."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ocpp.messages import MessageType, get_validator

from csms.listener import CsmsServer
from tests.csms.memory import FACTORY_KEY, SERIAL
from tests.csms.station import RawStation, station_at

VERSIONS = {"ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}
SUBPROTOCOLS = tuple(VERSIONS)
BOOT = {
    "reason": "PowerUp",
    "chargingStation": {"vendorName": "Volta", "model": "Two", "serialNumber": SERIAL, "firmwareVersion": "2.4"},
}


class StationOf2:
    def __init__(self, raw: RawStation) -> None:
        self.raw = raw
        self.version = VERSIONS[str(raw.socket.subprotocol)]

    async def call(self, action: str, payload: Any) -> Any:
        """The answer's payload, which is one by the standard; a CALLERROR as ``[code, description]``."""
        answer = await self.raw.call(action, payload)
        if isinstance(answer, dict):
            get_validator(MessageType.CallResult, action, self.version).validate(answer)
        return answer

    async def boot(self, serial: str = SERIAL) -> Any:
        station = {**BOOT["chargingStation"], "serialNumber": serial}  # type: ignore[dict-item]
        return await self.call("BootNotification", {**BOOT, "chargingStation": station})


@asynccontextmanager
async def station_of_2(
    server: CsmsServer, subprotocol: str, identity: str = "CP-1", key: str = FACTORY_KEY
) -> AsyncIterator[StationOf2]:
    async with station_at(server, identity, key, subprotocol) as raw:
        yield StationOf2(raw)


@asynccontextmanager
async def booted(
    server: CsmsServer, subprotocol: str, identity: str = "CP-1", serial: str = SERIAL, key: str = FACTORY_KEY
) -> AsyncIterator[StationOf2]:
    """One whose boot is accepted."""
    async with station_of_2(server, subprotocol, identity, key) as station:
        assert (await station.boot(serial))["status"] == "Accepted"
        yield station
