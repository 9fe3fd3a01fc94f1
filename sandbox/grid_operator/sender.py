"""Sends the events as Standard Webhooks, each until it is taken with a 2xx."""

import asyncio
import base64
import secrets
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from sandbox.grid_operator.store import Outgoing, Store

AT_ONCE_LIMIT = 16
LOOK_AGAIN_S = 0.05
TIMEOUT_S = 10.0


class Sender:
    def __init__(self, store: Store, secret: str) -> None:
        self._store = store
        self._signers = {"good": Webhook(secret), "bad": Webhook(base64.b64encode(secrets.token_bytes(32)).decode())}
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled. What was under way then is sent again after the next start."""
        limits = httpx.Limits(max_connections=AT_ONCE_LIMIT)
        async with httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits, trust_env=False) as client:
            try:
                while True:
                    self._start_due(client)
                    await asyncio.sleep(LOOK_AGAIN_S)
            finally:
                for task in self._under_way.values():
                    task.cancel()
                await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _start_due(self, client: httpx.AsyncClient) -> None:
        for event in self._store.due(4 * AT_ONCE_LIMIT):
            if len(self._under_way) >= AT_ONCE_LIMIT:
                return
            if event.queue not in self._under_way:
                task = asyncio.create_task(self._send(client, event))
                self._under_way[event.queue] = task

    async def _send(self, client: httpx.AsyncClient, event: Outgoing) -> None:
        try:
            await self._send_once(client, event)
        finally:
            del self._under_way[event.queue]

    async def _send_once(self, client: httpx.AsyncClient, event: Outgoing) -> None:
        self._store.begin(event)
        try:
            async with client.stream(
                "POST", event.callback_url, content=event.body, headers=self._headers(event)
            ) as response:
                delivered, outcome = response.is_success, f"answered {response.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            delivered, outcome = False, f"not reached: {type(error).__name__}"
        self._store.finish(event, delivered=delivered, outcome=outcome)

    def _headers(self, event: Outgoing) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "content-type": "application/json",
            "webhook-id": event.webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signers[event.signature].sign(event.webhook_id, now, event.body),
        }
