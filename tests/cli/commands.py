"""The terminal's commands as a person types them: processes of their own, against the real API on loopback."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from cli.client import API_KEY, URL
from cli.probes import SignallessServer
from models.rules.access import Role
from models.tables.access import Organisation
from tests.people import Person, World, service_account

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def said(self) -> Any:
        """What was printed as JSON."""
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class Terminal:
    """``run`` types a command; whose key stands in the environment is said by ``person``."""

    url: str

    async def run(self, person: Person | None, *words: str, stdin: str = "", **environment: str) -> Outcome:
        secret = person.headers["Authorization"].removeprefix("Bearer ") if person else ""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cli",
            *words,
            cwd=ROOT,
            env={**os.environ, "NO_COLOR": "1", URL: self.url, API_KEY: secret, **environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
        assert not secret or secret not in out.decode() + err.decode()
        return Outcome(process.returncode or 0, out.decode(), err.decode())


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[Terminal]:
    """The API, whose lifespan is the test's, on a free port of loopback."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_config=None, access_log=False)
    server = SignallessServer(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done()
        await asyncio.sleep(0.01)
    try:
        yield Terminal(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    finally:
        server.should_exit = True
        await serving


async def program(world: World, organisation: Organisation, role: Role) -> Person:
    """Somebody's terminal: an API key with all that the role allows."""
    async with world.desk.work(world.administrator.actor, "test") as work:
        return await service_account(work, organisation, f"{role} terminal", role)
