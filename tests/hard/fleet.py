"""Many stations, raw frames each, that go to whichever node takes them and repeat what was not confirmed."""

import asyncio
import contextlib
import itertools
import json
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from sqlmodel import SQLModel
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from models.rules.authorisation import TokenKind
from models.rules.commissioning import CommissioningStage
from models.tables.asset import Asset, Evse
from models.tables.charging import IdToken
from models.tables.unit import Unit
from tests.csms.station import basic
from tests.people import World

CARD = "FLEETCARD1"
LONGEST_PAUSE_S = 0.5
STARTED_AT = "2026-11-21T10:00:0{connector}Z"


@dataclass
class Station:
    """``nodes`` are the ports that it tries; ``confirmed`` are the transaction ids by connector."""

    asset_id: UUID
    identity: str
    key: str
    nodes: Sequence[int]
    confirmed: dict[int, int] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    comes_back: bool = True

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._wanted: dict[int, asyncio.Event] = {}
        self._sent: dict[str, int] = {}
        self._socket: ClientConnection | None = None

    async def live(self) -> None:
        """Until cancelled: connected somewhere, most of the time."""
        while self.comes_back:
            with contextlib.suppress(OSError, TimeoutError, InvalidHandshake, WebSocketException):
                await self._serve(random.choice(self.nodes))
            self._socket = None
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_S))

    async def start(self, connector: int) -> int:
        """The id of the transaction, once a node has confirmed it."""
        self._wanted[connector] = asyncio.Event()
        if self._socket is not None:
            with contextlib.suppress(WebSocketException):
                await self._send_start(connector)
        await self._wanted[connector].wait()
        return self.confirmed[connector]

    async def _serve(self, port: int) -> None:
        address = f"ws://127.0.0.1:{port}/ocpp/{self.identity}"
        async with connect(
            address,
            additional_headers=basic(self.identity, self.key),
            subprotocols=["ocpp1.6"],  # type: ignore[list-item] # a name
            close_timeout=1,
            open_timeout=20,
            ping_interval=None,
            compression=None,
        ) as socket:
            self._socket = socket
            for connector in self._wanted.keys() - self.confirmed.keys():
                await self._send_start(connector)
            async for text in socket:
                await self._take(json.loads(text))

    async def _take(self, frame: list[Any]) -> None:
        if frame[0] == 2:
            self.commands.append(frame[2])
            await self._send([3, frame[1], _answer_to(frame[2])])
        elif frame[0] == 3 and frame[1] in self._sent:
            connector = self._sent[frame[1]]
            self.confirmed[connector] = frame[2]["transactionId"]
            self._wanted[connector].set()
        elif frame[0] == 4 and frame[1] in self._sent:
            # A node that could not keep it says so, and a station sends it again (OCPP 1.6 ed.2 §3.7.1).
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_S))
            await self._send_start(self._sent[frame[1]])

    async def _send_start(self, connector: int) -> None:
        """OCPP 1.6 ed.2 §3.7.1: with a new message id each time, and the same facts."""
        message_id = f"{self.identity}-{next(self._ids)}"
        self._sent[message_id] = connector
        facts = {
            "connectorId": connector,
            "idTag": CARD,
            "meterStart": 100 * connector,
            "timestamp": STARTED_AT.format(connector=connector),
        }
        await self._send([2, message_id, "StartTransaction", facts])

    async def _send(self, frame: list[Any]) -> None:
        if self._socket is not None:
            await self._socket.send(json.dumps(frame))


def _answer_to(action: str) -> dict[str, Any]:
    if action == "GetConfiguration":
        return {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]}
    return {"status": "Accepted"}


async def settled(world: World, count: int, nodes: Sequence[int]) -> list[Station]:
    """So many stations in service, as if each had come its whole road, and a card that all of them take."""
    key = secrets.token_hex(20).upper()
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(key)
    stations = []
    layers: list[list[SQLModel]] = [[IdToken(token=CARD, kind=TokenKind.CARD)], [], []]
    for number in range(count):
        unit = Unit(
            hardware_id=f"FLEET-{number}",
            serial=f"FLEET-{number}",
            product_id=world.product.id,
            firmware="1",
            ocpp_identity=f"FLEET-{number}",
            factory_key_hash=hashed,
            key_hash=hashed,
            factory_key_closed_at=world.desk.clock(),
        )
        asset = Asset(
            name=f"FLEET-{number:06d}",
            product_id=world.product.id,
            unit_id=unit.id,
            service_partner_id=world.service_partner.id,
            registered_at=world.desk.clock(),
            stage=CommissioningStage.ACTIVE,
            registration="accepted",
        )
        layers[0].append(unit)
        layers[1].append(asset)
        layers[2] += [Evse(asset_id=asset.id, connector=each, evse_id=f"{asset.name}*{each}") for each in (1, 2)]
        stations.append(Station(asset.id, unit.ocpp_identity, key, nodes))
    async with world.desk.database.transaction() as session:
        for layer in layers:
            session.add_all(layer)
            await session.flush()
    return stations
