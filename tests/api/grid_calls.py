"""Webhooks as the grid operator sends them."""

import base64
import json
import secrets
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def grid_call(
    event: str,
    grid_id: str,
    *,
    webhook_id: str = "",
    secret: str = SECRET,
    at: datetime | None = None,
    body: bytes | None = None,
    **data: Any,
) -> dict[str, Any]:
    """The body and headers of a webhook, as httpx sends them."""
    now = at or datetime.now(UTC)
    webhook_id = webhook_id or f"msg_{secrets.token_hex(8)}"
    said = {
        "type": f"connection_request.{event}",
        "timestamp": now.isoformat(),
        "data": {"connection_request_id": grid_id, "reference": "PR-2026-000001/1", **data},
    }
    content = json.dumps(said).encode() if body is None else body
    headers = {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, now, content.decode()),
    }
    return {"content": content, "headers": headers}
