"""``/healthz``, ``/readyz`` and ``/metrics`` for processes that serve no HTTP of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Check = Callable[[], Awaitable[bool]]
CHECK_LIMIT_S = 3.0


class Readiness:
    """What a process needs before it can work, by name; parts add their checks as they come up.

    A process that has no check yet is not ready: its parts are not there.
    """

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """``check`` says whether the part can work now; one that raises or takes over 3 s counts as no."""
        self._checks[name] = check

    async def missing(self) -> list[str]:
        """Names of what is not ready; empty when the process can work."""
        if not self._checks:
            return ["start"]
        names = list(self._checks)
        answers = await asyncio.gather(*(_holds(self._checks[name]) for name in names))
        return [name for name, ready in zip(names, answers, strict=True) if not ready]


class SignallessServer(uvicorn.Server):
    """Leaves signals to the process it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_probes(missing: Callable[[], Awaitable[list[str]]], host: str, port: int, stop: asyncio.Event) -> None:
    """Serves the three until ``stop`` is set. ``missing`` names what is not ready."""
    config = uvicorn.Config(
        probes_app(missing), host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    await serve_until(SignallessServer(config), stop)


async def serve_until(server: uvicorn.Server, stop: asyncio.Event) -> None:
    """Runs a server until ``stop`` is set; its requests under way end within its own limit.

    Raises OSError where the server could not start (its log says why).
    """

    async def leave() -> None:
        await stop.wait()
        server.should_exit = True

    leaving = asyncio.create_task(leave())
    try:
        await server.serve()
    except SystemExit as error:  # uvicorn's way to say that it can't listen
        raise OSError(f"can't listen on {server.config.host}:{server.config.port}") from error
    finally:
        leaving.cancel()
    if not server.started and not stop.is_set():
        raise OSError(f"the server on {server.config.host}:{server.config.port} did not start")


def probes_app(missing: Callable[[], Awaitable[list[str]]]) -> Starlette:
    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        names = await missing()
        if names:
            return JSONResponse({"status": "not ready", "missing": names}, status_code=503)
        return JSONResponse({"status": "ready"})

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])


async def _holds(check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_LIMIT_S):
            return await check()
    except Exception:  # noqa: BLE001 - a check that fails in any way says "not ready"
        return False
