"""Sends notices to partners as Standard Webhooks (https://www.standardwebhooks.com, 1.0)."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, Self

import httpx
from standardwebhooks import Webhook

from activities.gateways.addresses import OutsideOnly, check_url
from activities.gateways.answers import excerpt, read_bounded, retry_after_s
from activities.gateways.errors import Refused, TryAgain
from models import tracing
from models.settings import Settings

CONNECT_LIMIT_S = 5.0
CALL_LIMIT_S = 15.0
ANSWER_LIMIT_BYTES = 4096

_GONE = 410


@dataclass(frozen=True)
class Delivered:
    """A webhook that was taken with a 2xx."""

    status: int
    duration_s: float


class Webhooks(Protocol):
    async def send(self, url: str, secrets: Sequence[str], notice_id: str, at: datetime, body: bytes) -> Delivered:
        """Sends one notice once, signed with each of the secrets. ``notice_id`` stays the same over retries.

        ``at`` is the time of this attempt.

        Raises Refused where the endpoint is gone (410) or never may be called; TryAgain for whatever else is not a 2xx.
        """


class HttpWebhooks:
    """One for a process, closed with it. ``allow_inside`` lets calls go to our own network, for development."""

    def __init__(self, *, allow_inside: bool, call_limit_s: float = CALL_LIMIT_S) -> None:
        self._allow_inside = allow_inside
        self._call_limit_s = call_limit_s
        transport = httpx.AsyncHTTPTransport(trust_env=False) if allow_inside else OutsideOnly()
        timeout = httpx.Timeout(call_limit_s, connect=CONNECT_LIMIT_S)
        self._client = httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(allow_inside=settings.allow_inside_addresses)

    async def aclose(self) -> None:
        await self._client.aclose()

    @tracing.outgoing("webhook.send")
    async def send(self, url: str, secrets: Sequence[str], notice_id: str, at: datetime, body: bytes) -> Delivered:
        checked = check_url(url, allow_inside=self._allow_inside)
        headers = signed_headers(secrets, notice_id, at, body)
        began = time.monotonic()
        try:
            async with (
                asyncio.timeout(self._call_limit_s),
                self._client.stream("POST", checked, content=body, headers=headers) as response,
            ):
                answer = await read_bounded(response, ANSWER_LIMIT_BYTES)
        except (httpx.TransportError, TimeoutError) as error:
            raise TryAgain(f"{checked.host} can't be reached ({type(error).__name__}).") from error
        _check_taken(response, answer)
        return Delivered(response.status_code, time.monotonic() - began)


def signed_headers(secrets: Sequence[str], notice_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of one attempt; raises Refused where a secret is none, ValueError where ``at`` has no zone.

    A receiver takes the call where one of the signatures holds for the secret that it knows (Standard Webhooks, secret
    rotation).
    """
    if at.tzinfo is None:
        raise ValueError("The time of an attempt needs a time zone.")
    # The library takes whatever time it gets for UTC.
    instant = at.astimezone(UTC)
    try:
        signatures = [Webhook(secret).sign(notice_id, instant, body.decode()) for secret in secrets]
    except Exception as error:  # noqa: BLE001 -- the library raises several kinds; none may show the secret
        raise Refused(f"The endpoint's signing secret can't be used ({type(error).__name__}).", "/secret") from None
    return {
        "Content-Type": "application/json",
        "User-Agent": "Stationmaster-Webhooks/1",
        "Accept-Encoding": "identity",
        "webhook-id": notice_id,
        "webhook-timestamp": str(int(instant.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _check_taken(response: httpx.Response, answer: bytes) -> None:
    if response.is_success:
        return
    if response.status_code == _GONE:
        raise Refused("The endpoint is gone (410): it wants no more webhooks.", status=_GONE)
    status = response.status_code
    says = f"The endpoint answered {status}"
    if response.is_redirect:
        raise TryAgain(f"{says}: redirects are not followed, its address must be corrected.", status=status)
    raise TryAgain(f"{says}: {excerpt(answer)}".removesuffix(": "), retry_after_s(response), status=status)
