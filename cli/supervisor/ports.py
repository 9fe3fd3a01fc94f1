"""Which port each server listens on: the wanted one where it is free, and the same one again on the next start."""

import json
import os
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.supervisor.files import write_whole

WANTED: Mapping[str, int] = {
    "postgres": 5433,
    "temporal": 7233,
    "temporal_ui": 8233,
    "temporal_metrics": 7234,
    "api": 8000,
    "csms": 9000,
    "csms_tls": 9443,
    "csms_tls_client": 9444,
    "worker_probe": 8081,
    "csms_probe": 8082,
    "grid_operator": 9101,
    "mailbox": 9102,
    "mailbox_smtp": 9125,
    "partner": 9103,
    "stations": 9104,
    "sms_provider": 9105,
}
"""Overridden one by one by ``STATIONMASTER_PORT_<NAME>``, where 0 means: any free one."""

PREFIX = "STATIONMASTER_PORT_"
_SPARE = range(20_000, 30_000)
"""Below the kernel's own range for outgoing connections, so that a kept port stays free between two starts."""
_LAST = 65_535


class BadPort(ValueError):  # noqa: N818 - named as the fact
    """A port in the environment is no port."""


@dataclass(frozen=True, slots=True)
class Ports:
    """``moved`` names those that are not where they were wanted: name to wanted port."""

    numbers: Mapping[str, int]
    moved: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        return self.numbers[name]


def choose_ports(kept_in: Path, environment: Mapping[str, str] = os.environ) -> Ports:
    """Chooses a port for every name and keeps the choice in a file for the next start."""
    kept = _kept(kept_in)
    numbers: dict[str, int] = {}
    moved: dict[str, int] = {}
    for name, default in WANTED.items():
        asked = _asked(name, environment)
        wanted = default if asked is None else asked
        first_choice = wanted if asked else kept.get(name, wanted)
        numbers[name] = _free_from(first_choice, set(numbers.values()))
        if wanted not in {0, numbers[name]}:
            moved[name] = wanted
    write_whole(kept_in, json.dumps(numbers, indent=2))
    return Ports(numbers, moved)


def free_port() -> int:
    """A port that nobody listens on just now."""
    return _free_from(0, set())


def _asked(name: str, environment: Mapping[str, str]) -> int | None:
    variable = PREFIX + name.upper()
    text = environment.get(variable, "")
    if not text:
        return None
    if not text.isdecimal() or int(text) > _LAST:
        raise BadPort(f"{variable} is {text!r}: give a port from 1 to {_LAST}, or 0 for any free one.")
    return int(text)


def _kept(path: Path) -> dict[str, int]:
    try:
        kept = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {name: port for name, port in kept.items() if name in WANTED and isinstance(port, int)}


def _free_from(first: int, taken: set[int]) -> int:
    """The first free port from ``first`` upward; 0: any spare one, so that two who choose at once rarely collide."""
    candidates = range(first, _LAST + 1) if first else random.sample(_SPARE, k=len(_SPARE))
    for port in candidates:
        if port not in taken and _is_free(port):
            return port
    raise BadPort(f"There is no free port from {first} upward.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: what is left of a connection that ended does not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
