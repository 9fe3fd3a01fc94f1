"""All programs of the house as data: what runs them, what they serve, what shows that they are ready, after whom."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from pathlib import Path

import httpx

from cli.supervisor.credentials import MAILBOX_USERNAME, SMS_NUMBER
from cli.supervisor.deployment import Deployment, bare_environment
from cli.supervisor.program import BEHIND_ANSWERS, BEHIND_WITHIN_S, Program

PROJECT = Path(__file__).parents[2]
SANDBOX = ("grid_operator", "mailbox", "partner", "stations", "sms_provider")
OURS_AFTER = ("temporal", "migrate")
_PROBE_LIMIT_S = 5


def programs_of(deployment: Deployment, only: Collection[str] | None = None) -> list[Program]:
    """Every program, or those named in ``only`` (then each waits for those of its predecessors that are named too).

    Raises ValueError for a name that no program has.
    """
    postgres = deployment.postgres
    programs = [
        replace(postgres.program(), ready=lambda: asyncio.to_thread(postgres.accepts)),
        *([deployment.temporal.program()] if only is None or "temporal" in only else []),
        replace(_own(deployment, "migrate", "worker_probe"), ready=None, after=("postgres",), start_within_s=300),
        replace(
            _own(deployment, "worker", "worker_probe", _worker_addresses(deployment)),
            nice=BEHIND_ANSWERS,
            start_within_s=BEHIND_WITHIN_S,
        ),
        _own(deployment, "api", "api", _api_addresses(deployment)),
        _own(deployment, "csms", "csms_probe", deployment.csms_addresses),
        *(_stand_in(deployment, name) for name in SANDBOX),
    ]
    if only is None:
        return programs
    if unknown := set(only) - {program.name for program in programs} - {"temporal"}:
        raise ValueError(f"There is no program named {', '.join(sorted(unknown))}.")
    named = [program for program in programs if program.name in only]
    return [replace(program, after=tuple(name for name in program.after if name in only)) for program in named]


def _own(deployment: Deployment, name: str, probe: str, addresses: dict[str, str] | None = None) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", "cli", name),
        ready=_answers(f"{deployment.http(probe)}/readyz"),
        environment=deployment.environment(probe) | {"STATIONMASTER_NODE": "embedded"},
        addresses=addresses or {},
        after=OURS_AFTER,
        folder=PROJECT,
        stop_within_s=30,
    )


def _worker_addresses(deployment: Deployment) -> dict[str, str]:
    return {"worker": deployment.http("worker_probe")}


def _api_addresses(deployment: Deployment) -> dict[str, str]:
    url = deployment.http("api")
    return {"api": url, "openapi": f"{url}/v1/openapi.json"}


def _stand_in(deployment: Deployment, name: str) -> Program:
    credentials = deployment.credentials
    own = {
        "grid_operator": {
            "SANDBOX_API_KEY": credentials.grid_operator_api_key,
            "SANDBOX_WEBHOOK_SECRET": credentials.grid_operator_webhook_secret,
        },
        "mailbox": {
            "SANDBOX_SMTP_PORT": str(deployment.ports["mailbox_smtp"]),
            "SANDBOX_SMTP_USERNAME": MAILBOX_USERNAME,
            "SANDBOX_SMTP_PASSWORD": credentials.mailbox_password,
        },
        "sms_provider": {
            "SANDBOX_ACCOUNT_SID": credentials.sms_account_sid,
            "SANDBOX_AUTH_TOKEN": credentials.sms_auth_token,
            "SANDBOX_NUMBER": SMS_NUMBER,
            "SANDBOX_WEBHOOK_URL": f"{deployment.http('api')}/v1/webhooks/sms",
        },
    }
    addresses = {name: deployment.http(name)}
    if name == "mailbox":
        addresses["mailbox_smtp"] = f"127.0.0.1:{deployment.ports['mailbox_smtp']}"
    return Program(
        name=name,
        command=(sys.executable, "-m", f"sandbox.{name}"),
        ready=_answers(f"{deployment.http(name)}/readyz"),
        environment=bare_environment()
        | own.get(name, {})
        | {"SANDBOX_PORT": str(deployment.ports[name]), "SANDBOX_STATE": str(deployment.folder / "sandbox" / name)},
        addresses=addresses,
        after=("csms",) if name == "stations" else (),  # so that stations hang up before it ends
        folder=PROJECT,
    )


def _answers(url: str) -> Callable[[], Awaitable[bool]]:
    async def asked() -> bool:
        # Not by a proxy that the machine may name: all of it is on loopback.
        async with httpx.AsyncClient(trust_env=False, timeout=_PROBE_LIMIT_S) as client:
            try:
                return (await client.get(url)).status_code == 200
            except httpx.HTTPError:
                return False

    return asked
