"""Runs one process of the house: settings, logs, probes, signals, and an end in good order."""

# Each process loads its own part only:
# ruff: noqa: PLC0415

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import structlog
import uvicorn
import uvloop
from pydantic import ValidationError

from cli.logs import configure_logging
from cli.probes import Readiness, SignallessServer, serve_probes, serve_until
from cli.tracing import end_tracing, start_tracing
from models.settings import Settings

END_WITHIN_S = 25.0
"""From the signal to the end: then a process leaves, whatever still runs. Kubernetes kills after 30 s."""
REQUESTS_WITHIN_S = 10
BAD_SETTINGS = 2

_REMEDIES = {
    "DATABASE_URL": "set it to postgresql://user:password@host:5432/database",
    "STATIONMASTER_KEYS": 'set it to a key ring, such as "k1:$(openssl rand -base64 32)"',
}

Part = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
log = structlog.stdlib.get_logger(__name__)


def run_worker() -> NoReturn:
    settings = _prepared("worker")
    from worker import serve

    ready = Readiness()
    _run("worker", [lambda stop: serve(settings, stop, ready), _probes(settings, ready)])


def run_csms() -> NoReturn:
    settings = _prepared("csms")
    from csms.server import serve

    ready = Readiness()
    _run("csms", [lambda stop: serve(settings, stop, ready), _probes(settings, ready)])


def run_api() -> NoReturn:
    settings = _prepared("api")
    from api.app import create_app, end_streams

    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        loop="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_WITHIN_S,
    )
    _run("api", [lambda stop: serve_until(SignallessServer(config), stop), lambda stop: end_streams(app, stop)])


def run_migrate() -> NoReturn:
    settings = _prepared("migrate")
    from models.migrate import upgrade

    try:
        upgrade(settings)
    except Exception:
        log.exception("migration_failed")
        leave(1)
    log.info("migrated")
    leave(0)


def load_settings() -> Settings:
    """Reads the environment; where it won't do, says each wrong variable and its remedy, and ends the process."""
    try:
        return Settings()
    except ValidationError as error:
        for line in explain(error):
            print(line, file=sys.stderr)
        sys.exit(BAD_SETTINGS)


def explain(error: ValidationError) -> list[str]:
    """A line for each bad variable. Values are left out: they may be secrets."""
    lines = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        field = str(fault["loc"][0]) if fault["loc"] else ""
        variable = "DATABASE_URL" if field.lower() == "database_url" else f"STATIONMASTER_{field.upper()}"
        what = "is missing" if fault["type"] == "missing" else f"is wrong ({fault['msg']})"
        lines.append(f"{variable} {what}: {_REMEDIES.get(variable, 'see models/settings.py for what it takes')}.")
    return lines


def leave(code: int) -> NoReturn:
    """Ends the process without the interpreter's own shut-down, which may abort once temporalio was used."""
    end_tracing()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def leave_what_is_loaded_alone() -> None:
    """What was loaded by now stays to the end: a collection that looks through it stops everything for 250 ms."""
    gc.collect()
    gc.freeze()


def _prepared(process: str) -> Settings:
    settings = load_settings()
    configure_logging(process, settings.log_format)
    start_tracing(process)
    return settings


def _probes(settings: Settings, ready: Readiness) -> Part:
    return lambda stop: serve_probes(ready.missing, settings.probe_host, settings.probe_port, stop)


def _run(name: str, parts: list[Part]) -> NoReturn:
    """Runs the parts until SIGTERM or SIGINT; exit code 1 where one failed, or had not ended in time."""
    leave_what_is_loaded_alone()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_until_stopped(name, parts))
        leave(code)


async def _until_stopped(name: str, parts: list[Part]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log.info("process_started", pid=os.getpid())
    tasks = [asyncio.create_task(_guarded(part, stop)) for part in parts]
    await stop.wait()
    log.info("process_stopping")
    _, late = await asyncio.wait(tasks, timeout=END_WITHIN_S)
    if late:
        log.error("process_did_not_end_in_time", limit_s=END_WITHIN_S, parts=len(late))
    ended_well = not late and all(task.result() for task in tasks)
    log.info("process_stopped", process_name=name, ended_well=ended_well)
    return 0 if ended_well else 1


async def _guarded(part: Part, stop: asyncio.Event) -> bool:
    """Runs a part; False where it failed or ended unasked. Its end is the end of the process."""
    try:
        await part(stop)
    except Exception:
        log.exception("process_failed")
        return False
    else:
        return stop.is_set()
    finally:
        stop.set()
