"""How a stand-in program is served: on loopback, bounded, with probes, ended in good order by SIGTERM."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.problems import problem

HOST = "127.0.0.1"
BODY_LIMIT_BYTES = 256 * 1024
CONCURRENT_CALLS_LIMIT = 256


class BoundedBody:
    """Takes in a call's body up to a limit before anything looks at it; more is answered 413."""

    def __init__(self, app: ASGIApp, limit_bytes: int = BODY_LIMIT_BYTES) -> None:
        self.app = app
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            body = await self._body(receive)
        except ClientDisconnect:
            return
        if body is None:
            await problem(413, f"The body is larger than {self.limit_bytes} bytes.")(scope, receive, send)
            return
        taken = False

        async def replay() -> Message:
            nonlocal taken
            if taken:
                return await receive()
            taken = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)

    async def _body(self, receive: Receive) -> bytes | None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            if len(body) > self.limit_bytes:
                return None
            if not message.get("more_body", False):
                return bytes(body)


def add_probes(app: FastAPI, is_ready: Callable[[], bool]) -> None:
    """``/healthz`` says that the program runs, ``/readyz`` that it can be used."""

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, str]:
        if is_ready():
            return {"status": "ready"}
        response.status_code = 503
        return {"status": "not ready"}


def serve(app: FastAPI, port: int) -> None:
    """Runs until SIGTERM or SIGINT; calls under way get five seconds to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    uvicorn.run(
        app,
        host=HOST,
        port=port,
        access_log=False,
        log_level="warning",
        limit_concurrency=CONCURRENT_CALLS_LIMIT,
        timeout_graceful_shutdown=5,
    )


def port_from_environment(name: str) -> int:
    """A port from the environment; ends the program with what is wrong where there is none."""
    text = os.environ.get(name, "")
    if not text.isdigit() or not 0 < int(text) < 65536:
        sys.exit(f"{name} must be a port number from 1 to 65535, not {text!r}.")
    return int(text)


def text_from_environment(name: str) -> str:
    """A value from the environment that must be there; ends the program where it is not."""
    text = os.environ.get(name, "")
    if not text:
        sys.exit(f"{name} must be set.")
    return text


def state_folder_from_environment() -> Path | None:
    """``SANDBOX_STATE``, made where it does not exist; None: nothing is kept over a restart."""
    text = os.environ.get("SANDBOX_STATE", "")
    if not text:
        return None
    folder = Path(text)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Uvicorn raises the signal again after a good end, which would count as death by a signal."""
    sys.exit(0)
