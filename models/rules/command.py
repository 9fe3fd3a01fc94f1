"""A command that somebody sends to a station: its states, who may send which, what may be sent again, what is kept."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from models.rules.machine import Event, Machine, State
from models.rules.privacy import SECRET
from models.rules.secret_settings import is_secret, is_secret_field, is_stations_key


class CommandState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    ANSWERED = "answered"
    REJECTED = "rejected"
    NOT_SUPPORTED = "not_supported"
    TIMED_OUT = "timed_out"
    EXPIRED = "expired"
    GIVEN_UP = "given_up"
    CANCELLED = "cancelled"


class CommandEvent(StrEnum):
    SENT = "sent"
    PUT_BACK = "put_back"
    ANSWERED = "answered"
    REJECTED = "rejected"
    NOT_SUPPORTED = "not_supported"
    NO_ANSWER = "no_answer"
    EXPIRED = "expired"
    GIVEN_UP = "given_up"
    CANCEL = "cancel"


S, E = CommandState, CommandEvent

COMMAND = Machine(
    name="command",
    initial=S.QUEUED,
    states=(
        State(S.QUEUED, "Queued", column=0, waits_for="station"),
        State(S.SENT, "Sent", column=1, waits_for="station"),
        State(S.ANSWERED, "Answered", column=2, terminal=True),
        State(S.REJECTED, "Rejected by the station", column=2, row=1, terminal=True),
        State(S.NOT_SUPPORTED, "Not supported by the station", column=2, row=2, terminal=True),
        State(S.TIMED_OUT, "No answer; it may have been done", column=2, row=3, terminal=True),
        State(S.EXPIRED, "Expired before it could be sent", column=1, row=1, terminal=True),
        State(S.GIVEN_UP, "Given up", column=1, row=2, terminal=True),
        State(S.CANCELLED, "Cancelled", column=0, row=1, terminal=True),
    ),
    events=(
        Event(E.SENT, "sent to the station's node", kind="step"),
        Event(E.PUT_BACK, "to be sent again", kind="step"),
        Event(E.ANSWERED, "station answers"),
        Event(E.REJECTED, "station rejects"),
        Event(E.NOT_SUPPORTED, "station does not know it"),
        Event(E.NO_ANSWER, "no answer comes", kind="step"),
        Event(E.EXPIRED, "time is over", kind="step"),
        Event(E.GIVEN_UP, "can't be sent", kind="step"),
        Event(E.CANCEL, "cancel", kind="decision"),
    ),
    transitions={
        (S.QUEUED, E.SENT): S.SENT,
        (S.QUEUED, E.CANCEL): S.CANCELLED,
        (S.QUEUED, E.EXPIRED): S.EXPIRED,
        (S.QUEUED, E.NO_ANSWER): S.TIMED_OUT,
        (S.QUEUED, E.GIVEN_UP): S.GIVEN_UP,
        (S.SENT, E.PUT_BACK): S.QUEUED,
        (S.SENT, E.ANSWERED): S.ANSWERED,
        (S.SENT, E.REJECTED): S.REJECTED,
        (S.SENT, E.NOT_SUPPORTED): S.NOT_SUPPORTED,
        (S.SENT, E.NO_ANSWER): S.TIMED_OUT,
        (S.SENT, E.GIVEN_UP): S.GIVEN_UP,
    },
)

OPEN = frozenset({S.QUEUED, S.SENT})

OUTCOMES: dict[str, CommandEvent] = {
    "accepted": E.ANSWERED,
    "scheduled": E.ANSWERED,
    "reboot_required": E.ANSWERED,
    "rejected": E.REJECTED,
    "occupied": E.REJECTED,
    "faulted": E.REJECTED,
    "unavailable": E.REJECTED,
    "version_mismatch": E.REJECTED,
    "not_found": E.REJECTED,
    "not_supported": E.NOT_SUPPORTED,
    "timed_out": E.NO_ANSWER,
}
"""What the outcome that a node reports means for the command."""

REPEATABLE = frozenset(
    {
        "change_configuration",
        "change_availability",
        "set_charging_profile",
        "clear_cache",
        "trigger_message",
        "disconnect",
    }
)
"""Done twice they leave the station as done once, and are answered as before. Whatever only reads is so too."""

AT_HAND = frozenset({"reset", "unlock", "trigger_message", "fetch_log"})
"""What whoever maintains the station may send; the rest is for the operator."""

NOT_ASKED_FOR = frozenset({"reserve_now", "cancel_reservation"})
"""These go with a reservation, which draws its number."""

OPEN_LIMIT = 50
"""So many commands may wait for one station."""
VALID_S, SHORTEST_VALID_S, LONGEST_VALID_S = 300, 5, 86_400
NODE_GONE_AFTER = timedelta(seconds=15)
"""A node that has given no sign of life for so long holds no socket any more, whatever the rows say."""
DATA_LIMIT_BYTES = 64 * 1024
DETAIL_LIMIT = 1000

_NAMES_A_SETTING = frozenset({"key", "keys", "variable", "name"})
"""Fields in which a setting is named; its value stands beside."""
_RENEW = "Keys are made here and never travel in commands: ask for renew_key"
_LEAVE_OUT = (
    "Secrets do not travel in commands, which are kept in the clear: set it at the station, by its maker's own tool"
)


def is_repeatable(kind: str) -> bool:
    """Whether a command whose answer was lost is sent again; otherwise nobody knows whether it was done."""
    return kind.startswith("read_") or kind in REPEATABLE


def secret_in(arguments: Mapping[str, Any]) -> tuple[str, str] | None:
    """Where (a JSON pointer within the arguments) a secret would be kept in the clear, and the remedy."""
    for place, field, text in _texts(arguments, "", ""):
        if is_secret_field(text) if field is None else field in _NAMES_A_SETTING and is_secret(text):
            return place, _RENEW if is_stations_key(text) else _LEAVE_OUT
        if "://" in text and "@" in urlsplit(text).netloc:
            return place, "Leave the name and the password out of the address; commands are kept in the clear"
    return None


def kept(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the station told, as it may be kept: without secrets, and within 64 KiB."""
    shown = {name: _without_secrets(name, value) for name, value in data.items()}
    size = len(json.dumps(shown, default=str))
    return shown if size <= DATA_LIMIT_BYTES else {"left_out_bytes": size}


def _without_secrets(name: str, value: Any) -> Any:
    if is_secret(name) or is_secret_field(name):
        return SECRET
    if isinstance(value, Mapping):
        named = str(value.get("key") or value.get("variable") or "")
        hidden = {"value"} if is_secret(named) else set()
        return {
            str(key): SECRET if key in hidden else _without_secrets(str(key), inner) for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_secrets("", inner) for inner in value]
    return value


def _texts(value: Any, place: str, field: str) -> Iterator[tuple[str, str | None, str]]:
    """Each text with its place and its field; without one: the name of a field itself."""
    if isinstance(value, str):
        yield place, field, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield f"{place}/{key}", None, str(key)
            yield from _texts(inner, f"{place}/{key}", str(key))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{place}/{number}", field)
