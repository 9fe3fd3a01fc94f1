"""Starts the stand-ins for outside parties as the separate programs they are."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 30.0
STOP_LIMIT_S = 15.0

API_KEY = "a-key-of-the-grid-operator"
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwQmFzZTY0IQ=="
SMS_ACCOUNT, SMS_TOKEN, SMS_NUMBER = f"AC{'0' * 32}", "a-token-of-the-sms-provider", "+3197005080001"

T = TypeVar("T")


@dataclass
class Program:
    """A program that answers its readiness probe at ``url``."""

    name: str
    url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    output: IO[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> int:
        """Ends it in good order; its exit status, 0 where it took SIGTERM well."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self._ended()

    def started_again(self) -> "Program":
        """The same program at the same ports, after ``stop`` or ``kill``."""
        return _started(self.name, self.environment)

    def read_output(self) -> str:
        return Path(self.output.name).read_text("utf-8", "replace")

    def _ended(self) -> int:
        try:
            return self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.output.close()


def start_program(name: str, environment: Mapping[str, str] | None = None) -> Program:
    """Starts ``python -m sandbox.<name>`` on a free port and waits until it is ready.

    Ports that are not given in ``environment`` (``SANDBOX_PORT``, ``SANDBOX_SMTP_PORT``) are found.
    """
    ports = {"SANDBOX_PORT": str(free_port()), "SANDBOX_SMTP_PORT": str(free_port())}
    return _started(name, {**ports, **(environment or {})})


@contextmanager
def running(name: str, environment: Mapping[str, str] | None = None) -> Iterator[Program]:
    program = start_program(name, environment)
    try:
        yield program
    finally:
        program.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _started(name: str, environment: dict[str, str]) -> Program:
    output = tempfile.NamedTemporaryFile(prefix=f"{name}-", suffix=".log")  # noqa: SIM115 -- closed by Program
    process = subprocess.Popen(  # noqa: S603 -- a program of ours
        [sys.executable, "-m", f"sandbox.{name}"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    program = Program(name, f"http://127.0.0.1:{environment['SANDBOX_PORT']}", environment, process, output)
    deadline = time.monotonic() + START_LIMIT_S
    while not _is_ready(program.url):
        if process.poll() is not None or time.monotonic() > deadline:
            said = program.read_output()
            program.kill()
            raise RuntimeError(f"sandbox.{name} did not become ready: {said}")
        time.sleep(0.05)
    return program


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def grid_operator() -> Iterator[Program]:
    with running("grid_operator", {"SANDBOX_API_KEY": API_KEY, "SANDBOX_WEBHOOK_SECRET": WEBHOOK_SECRET}) as program:
        yield program


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Program]:
    with running("mailbox") as program:
        yield program


@pytest.fixture(scope="session")
def partner() -> Iterator[Program]:
    with running("partner") as program:
        yield program


def sms_environment(webhook_url: str = "") -> dict[str, str]:
    """``webhook_url`` is told of texts to our number."""
    return {
        "SANDBOX_ACCOUNT_SID": SMS_ACCOUNT,
        "SANDBOX_AUTH_TOKEN": SMS_TOKEN,
        "SANDBOX_NUMBER": SMS_NUMBER,
        "SANDBOX_WEBHOOK_URL": webhook_url,
    }


@pytest.fixture(scope="session")
def sms_provider() -> Iterator[Program]:
    with running("sms_provider", sms_environment()) as program:
        yield program


def put(program: Program, path: str, value: object) -> None:
    """Tells a program something over its control side."""
    httpx.put(program.url + path, json=value, trust_env=False).raise_for_status()


def get(program: Program, path: str, **query: str) -> Any:
    answer = httpx.get(program.url + path, params=query, trust_env=False)
    answer.raise_for_status()
    return answer.json()


async def until(condition: Callable[[], T | None], limit_s: float = 10.0) -> T:
    """What a condition gives as soon as it gives something; fails after the limit."""
    deadline = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not so within {limit_s} s"
        await asyncio.sleep(0.02)
    return found
