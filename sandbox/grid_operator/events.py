"""Makes things happen to connection requests: the events that will be sent to the customer."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sandbox.grid_operator.protocol import ROAD, ConnectionRequest, Event, Policy, StrayEvent, ToldEvent, as_text
from sandbox.grid_operator.store import Store

_DAYS_AHEAD = {Event.PREPARATION_SCHEDULED: 7, Event.CONNECTION_SCHEDULED: 14, Event.INSTALLATION_SCHEDULED: 21}


def planned(request_id: str, request: ConnectionRequest, policy: Policy) -> list[dict[str, Any]]:
    """What the policy makes of a new request, one event after the other, as rows of the store."""
    if policy.mode == "manual":
        return []
    if _is_rejected(request, policy):
        road = [ToldEvent(event=Event.REJECTED, reason=policy.rejection_reason, delay_s=policy.delay_s)]
    else:
        road = [
            ToldEvent(event=event, scheduled_for=_date(event), delay_s=policy.delay_s * (1 + place))
            for place, event in enumerate(_road_to(policy.last_event))
        ]
    return [_row(told, request_id, request.reference, str(request.callback_url)) for told in road]


def happen(store: Store, request: dict[str, Any], told: ToldEvent) -> str:
    """One event of a known request; returns its webhook id."""
    row = _row(told, request["connection_request_id"], request["reference"], request["request"]["callback_url"])
    store.add_event(row)
    return str(row["webhook_id"])


def stray(store: Store, told: StrayEvent) -> str:
    """An event of a request that does not exist; returns its webhook id."""
    row = _row(told, told.connection_request_id, told.reference, str(told.callback_url))
    store.add_event({**row, "request_id": None, "queue": row["webhook_id"], "retried": 0})
    return str(row["webhook_id"])


def _road_to(last: Event) -> tuple[Event, ...]:
    return ROAD[: ROAD.index(last) + 1] if last in ROAD else ROAD


def _is_rejected(request: ConnectionRequest, policy: Policy) -> bool:
    part = policy.reject_when_street_contains.casefold()
    refused = {name.casefold() for name in policy.reject_municipalities}
    return request.municipality.casefold() in refused or (bool(part) and part in request.address.street.casefold())


def _date(event: Event) -> date | None:
    days = _DAYS_AHEAD.get(event)
    return (datetime.now(UTC) + timedelta(days=days)).date() if days else None


def _row(told: ToldEvent, request_id: str, reference: str, callback_url: str) -> dict[str, Any]:
    planned_at = datetime.now(UTC) + timedelta(seconds=told.delay_s)
    webhook_id = f"msg_{uuid.uuid4().hex}"
    body = {
        "type": f"connection_request.{told.event}",
        "timestamp": as_text((told.timestamp or planned_at).astimezone(UTC)),
        "data": {
            "connection_request_id": request_id,
            "reference": reference,
            "reason": told.reason,
            "scheduled_for": told.scheduled_for.isoformat() if told.scheduled_for else None,
        },
    }
    is_good = told.signature == "good"
    return {
        "webhook_id": webhook_id,
        # A badly signed call is never taken, so nothing may wait for it and it is not repeated.
        "queue": request_id if is_good else webhook_id,
        "request_id": request_id,
        "event": told.event.value,
        "body": json.dumps(body),
        "callback_url": callback_url,
        "signature": told.signature,
        "sends_left": told.times,
        "retried": int(is_good),
        "planned_at": planned_at.timestamp(),
    }
