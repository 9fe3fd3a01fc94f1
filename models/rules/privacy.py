"""What may stand in the audit trail: secrets and personal data are masked by the names they go under, and addresses
by how they look, whatever they come in."""

import re
from collections.abc import Mapping
from typing import Any

SECRET = "(secret)"  # noqa: S105 - stands in place of one
PERSONAL = "(personal)"

PERSONAL_COLUMNS: dict[str, frozenset[str]] = {
    "customer": frozenset({"name", "street", "house_number", "postal_code", "city"}),
    "customer_contact": frozenset({"name", "function"}),
    "customer_note": frozenset({"text"}),
    "vehicle": frozenset({"name", "plate"}),
}
"""What tells of a person by the table in which it stands, beside what does so by its name."""

DEPTH_LIMIT = 6
TEXT_LIMIT = 500
ITEMS_LIMIT = 50

_SECRETS = re.compile(r"(^|_)(passwords?|secrets?|tokens?|hash(es)?|keys?)$")
_PERSONAL = re.compile(
    r"^(e_?mail|phone|contact(_\w+)?|postal_address|customer(Identifier)?|(parentI|i)dTag|(groupI|additionalI|i)dToken)$"
)
"""Some by the names of OCPP, in which a message to a station may be given."""
_MAIL_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by name, as they may be kept and shown."""
    return {name: _shown(name, value, DEPTH_LIMIT) for name, value in values.items()}


def row_shown(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A row's columns as they may be kept and shown."""
    hidden = PERSONAL_COLUMNS.get(table, frozenset())
    return {name: PERSONAL if name in hidden and value is not None else value for name, value in shown(values).items()}


def _shown(name: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if _SECRETS.search(name):
        return SECRET
    if _PERSONAL.search(name) or (isinstance(value, str) and _MAIL_ADDRESS.fullmatch(value)):
        return PERSONAL
    return _inside(name, value, depth)


def _inside(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value[:TEXT_LIMIT]
    if isinstance(value, Mapping):
        return {str(key): _shown(str(key), inner, depth - 1) for key, inner in _some(value.items())} if depth else "..."
    if isinstance(value, list | tuple):
        return [_shown(name, inner, depth - 1) for inner in _some(value)] if depth else "..."
    return value


def _some(items: Any) -> list[Any]:
    return list(items)[:ITEMS_LIMIT]
