import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cli.supervisor.ports import free_port
from tests.cli.house import until

SETTINGS = {"DATABASE_URL": "postgresql://someone:hush-hush@127.0.0.1:1/none", "STATIONMASTER_KEYS": "k1:hush-hush"}

# A worker of our own making: what is shown here is what surrounds it.
WORKER = """
import asyncio, os, pathlib, structlog

async def serve(settings, stop, ready):
    async def connected():
        return pathlib.Path("connected").exists()
    ready.add("temporal", connected)
    with structlog.contextvars.bound_contextvars(correlation_id="c-42"):
        structlog.get_logger("worker").info("working", password="hush-hush", settings=repr(settings))
    BODY
"""
GOOD = "await stop.wait()\n    structlog.get_logger('worker').info('drained')"


class Process:
    def __init__(self, folder: Path, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.process = process

    def output(self) -> str:
        return (self.folder / "output").read_text()

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.output().splitlines()]

    def answers(self) -> bool:
        assert self.process.poll() is None, self.output()
        try:
            return self.get("/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, trust_env=False, timeout=5)


@contextmanager
def worker(folder: Path, body: str, **environment: str) -> Iterator[Process]:
    (folder / "worker.py").write_text(WORKER.replace("BODY", body))
    port = free_port()
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            (sys.executable, "-m", "cli", "worker"),
            cwd=folder,
            env=os.environ | SETTINGS | {"STATIONMASTER_PROBE_PORT": str(port), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Process(folder, port, process)
    finally:
        process.kill()
        process.wait()


def test_a_process_tells_what_it_is_waiting_for_until_it_is_ready(tmp_path: Path) -> None:
    with worker(tmp_path, GOOD) as process:
        until(process.answers)
        waiting = process.get("/readyz")
        assert waiting.status_code == 503
        assert waiting.json()["missing"] == ["temporal"]
        (tmp_path / "connected").touch()
        assert process.get("/readyz").status_code == 200
        assert "python_info" in process.get("/metrics").text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_ends_its_work_before_it_leaves(tmp_path: Path, number: signal.Signals) -> None:
    with worker(tmp_path, GOOD) as process:
        until(process.answers)
        process.process.send_signal(number)
        assert process.process.wait(20) == 0
        events = [line["event"] for line in process.lines()]
    assert events.index("drained") < events.index("process_stopped")


def test_every_line_is_json_with_the_correlation_id_and_without_secrets(tmp_path: Path) -> None:
    with worker(tmp_path, GOOD) as process:
        until(process.answers)
        line = next(line for line in process.lines() if line["event"] == "working")
        assert line["correlation_id"] == "c-42"
        assert line["process"] == "worker"
        assert line["level"] == "info"
        assert "hush-hush" not in process.output()


def test_a_person_can_have_lines_for_the_eye(tmp_path: Path) -> None:
    with worker(tmp_path, GOOD, STATIONMASTER_LOG_FORMAT="console") as process:
        until(process.answers)
        assert "working" in process.output()
        assert not process.output().startswith("{")


def test_what_was_loaded_at_the_start_is_never_looked_through_again(tmp_path: Path) -> None:
    body = "import gc\n    structlog.get_logger('worker').info('loaded', left_alone=gc.get_freeze_count())\n    " + GOOD
    with worker(tmp_path, body) as process:
        until(process.answers)
        (line,) = [line for line in process.lines() if line["event"] == "loaded"]
        assert int(str(line["left_alone"])) > 10_000


@pytest.mark.parametrize("body", ["raise RuntimeError('no such queue')", "return"])
def test_a_part_that_fails_or_ends_unasked_ends_the_process_with_an_error(tmp_path: Path, body: str) -> None:
    with worker(tmp_path, body) as process:
        assert process.process.wait(30) == 1
        if "raise" in body:
            failure = next(line for line in process.lines() if line["event"] == "process_failed")
            assert "no such queue" in json.dumps(failure)


def test_a_process_that_is_stuck_leaves_all_the_same(tmp_path: Path) -> None:
    code = "import cli.processes as p; p.END_WITHIN_S = 0.3; p.run_worker()"
    (tmp_path / "worker.py").write_text(WORKER.replace("BODY", "await asyncio.Event().wait()"))
    port = free_port()
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is our own
            (sys.executable, "-c", code),
            cwd=tmp_path,
            env=os.environ | SETTINGS | {"STATIONMASTER_PROBE_PORT": str(port)},
            stdout=output,
        )
    stuck = Process(tmp_path, port, process)
    until(stuck.answers)
    process.terminate()
    assert process.wait(20) == 1
    assert "process_did_not_end_in_time" in stuck.output()


@pytest.mark.parametrize(
    ("command", "environment", "said"),
    [
        ("worker", {"STATIONMASTER_KEYS": "k1:x"}, "DATABASE_URL is missing: set it to postgresql://"),
        (
            "api",
            {"DATABASE_URL": "postgresql://u:hush@h/d"},
            'STATIONMASTER_KEYS is missing: set it to a key ring, such as "k1:',
        ),
        (
            "csms",
            {**SETTINGS, "STATIONMASTER_API_PORT": "hush"},
            "STATIONMASTER_API_PORT is wrong (Input should be a valid int",
        ),
        ("migrate", {"STATIONMASTER_KEYS": "k1:x"}, "DATABASE_URL is missing: set it to postgresql://"),
    ],
)
def test_bad_settings_are_one_line_each_and_exit_code_2(command: str, environment: dict[str, str], said: str) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    done = subprocess.run(  # noqa: S603 - the command is our own
        (sys.executable, "-m", "cli", command), env=clean | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1
    assert "hush" not in done.stderr


def test_a_port_that_is_taken_ends_the_process_with_its_name(tmp_path: Path) -> None:
    with worker(tmp_path, GOOD) as first:
        until(first.answers)
        (tmp_path / "second").mkdir()
        port = first.url.rpartition(":")[2]
        with worker(tmp_path / "second", GOOD, STATIONMASTER_PROBE_PORT=port) as second:
            assert second.process.wait(30) == 1
            assert f"can't listen on 127.0.0.1:{port}" in second.output()
