"""Twilio's Messages resource, version 2010-04-01: what is asked, what is answered, how webhooks are signed."""

import base64
import hashlib
import hmac
import re
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

VERSION = "2010-04-01"
BODY_LIMIT = 1600
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_DOCUMENTED = "https://www.twilio.com/docs/errors"


@dataclass(frozen=True)
class Account:
    """Our customer: who may send from ``number``, and where texts to it are told (none where empty)."""

    sid: str
    auth_token: str
    number: str
    webhook_url: str


@dataclass(frozen=True)
class Asked:
    """A message that somebody wants sent."""

    to: str
    sender: str
    body: str
    callback_url: str | None


class Fault(BaseModel):
    """How the provider misbehaves. ``refuse`` answers ``status`` with Twilio's ``code``; ``down`` answers 503;
    ``lose_answer`` takes the message and answers 504; ``undelivered`` takes it, and it reaches no phone."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["ok", "refuse", "down", "lose_answer", "undelivered"] = "ok"
    status: int = Field(default=400, ge=400, le=599)
    code: int = Field(default=21211, ge=1, le=99_999)
    to: str = Field(default="", max_length=20)
    times: int | None = Field(default=None, ge=1, le=10_000)
    callbacks: bool = True
    """Whether what becomes of messages is told."""


class Text(BaseModel):
    """What somebody types into their phone. A ``sid`` that was used before is the same text told again."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    sender: str = Field(alias="from", pattern=r"^\+[1-9][0-9]{6,14}$")
    body: str = Field(max_length=BODY_LIMIT)
    sid: str | None = Field(default=None, pattern=r"^SM[0-9a-f]{32}$")
    signature: Literal["good", "bad", "none"] = "good"


class Refusal(Exception):  # noqa: N818 - a fact, named as one
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = error(status, code, message)


def error(status: int, code: int, message: str) -> JSONResponse:
    said = {"code": code, "message": message, "more_info": f"{_DOCUMENTED}/{code}", "status": status}
    return JSONResponse(said, status)


def read(form: Mapping[str, str], account: Account) -> Asked:
    """Raises Refusal, with Twilio's own codes."""
    to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    if not to:
        raise Refusal(400, 21604, "A 'To' phone number is required.")
    if not _NUMBER.fullmatch(to):
        raise Refusal(400, 21211, f"The 'To' number {to} is not a valid phone number.")
    if sender != account.number:
        raise Refusal(400, 21606, "The 'From' number is not a message-capable Twilio phone number for this account.")
    if not body:
        raise Refusal(400, 21602, "Message body is required.")
    if len(body) > BODY_LIMIT:
        raise Refusal(400, 21617, f"The concatenated message body exceeds the {BODY_LIMIT} character limit.")
    return Asked(to, sender, body, form.get("StatusCallback") or None)


def new_sid() -> str:
    return f"SM{secrets.token_hex(16)}"


def resource(account: Account, row: sqlite3.Row) -> dict[str, Any]:
    """A message as the API shows it."""
    made, sent = _date(row["created_at"]), _date(row["sent_at"])
    uri = f"/{VERSION}/Accounts/{account.sid}/Messages/{row['sid']}"
    return {
        "account_sid": account.sid,
        "api_version": VERSION,
        "body": row["body"],
        "date_created": made,
        "date_sent": sent,
        "date_updated": sent or made,
        "direction": row["direction"],
        "error_code": row["error_code"],
        "error_message": None,
        "from": row["sender"],
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "sid": row["sid"],
        "status": row["status"],
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": row["recipient"],
        "uri": f"{uri}.json",
    }


def signature(auth_token: str, url: str, params: Mapping[str, str]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the address and, by their names, each field with its value."""
    signed = url + "".join(f"{name}{params[name]}" for name in sorted(params))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def _date(instant: str | None) -> str | None:
    return None if instant is None else format_datetime(datetime.fromisoformat(instant))
