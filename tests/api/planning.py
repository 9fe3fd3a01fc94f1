"""Signed plans as an installer's own system sends them."""

import json
import secrets
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from tests.api.road import Road


async def make_secret(road: Road) -> str:
    """The installer's system has a way in; the secret with which it signs."""
    path = f"/v1/organisations/{road.world.installer.id}/plan-webhook"
    return str((await road.call(road.world.administrator, "POST", path))["secret"])


def signed_plan(
    secret: str,
    reference: str,
    *,
    webhook_id: str = "",
    event: str = "work_order.planned",
    **data: Any,
) -> dict[str, Any]:
    """The body and headers of a webhook, as httpx sends them."""
    now, webhook_id = datetime.now(UTC), webhook_id or f"msg_{secrets.token_hex(8)}"
    said = {"type": event, "timestamp": now.isoformat(), "data": {"reference": reference, **data}}
    content = json.dumps(said).encode()
    headers = {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, now, content.decode()),
    }
    return {"content": content, "headers": headers}
