"""What the message log and reports may show: secrets and personal data are masked by the names that OCPP gives them."""

import re
from typing import Any

import orjson
from jsonschema_rs import Draft4Validator

from csms.frames import Payload
from models.rules.privacy import PERSONAL, SECRET
from models.rules.secret_settings import is_secret, is_secret_field

SHOWN_LIMIT = 16_000
"""Characters of a message; of a longer one only the beginning is shown."""
DEPTH_LIMIT = 20

_TOKENS = frozenset({"idtag", "parentidtag", "idtoken", "groupidtoken", "additionalidtoken", "authkey"})
_PERSONAL = frozenset({"emaid", "evccid", "vin", "phone", "email", "customeridentifier", "customerinformation"})
_CERTIFICATES = frozenset({"certificate", "certificatechain", "csr", "exirequest", "exiresponse", "ocspresult"})
_USER_IN_ADDRESS = re.compile(r"//[^/@\s]+@")
_WORDS = (
    *("idtag", "token", "pass", "pwd", "secret", "credential", "psk", "key", "authoriz", "pin", "emaid"),
    *("evccid", "vin"),
    *("phone", "mail", "customer", "certificate", "csr", "exi", "ocsp", "@", "data"),
)
"""A text in which none of these stands has nothing to be masked; most have not."""
_SENSITIVE = Draft4Validator({"pattern": "|".join(_WORDS)})
"""As a schema: its patterns find all words in one go, in an eighth of the time that Python takes for one by one."""


def shown(payload: Payload | None) -> str | None:
    """The payload as JSON, masked; where it is too long, its beginning under a name of ours."""
    if not payload:
        return None if payload is None else "{}"
    try:
        text = orjson.dumps(payload).decode()
        plain = not _SENSITIVE.is_valid(text.lower())
    except TypeError:  # more deeply nested than can be written; masking cuts it
        text, plain = "", False
    if not plain:
        text = orjson.dumps(_masked(payload, DEPTH_LIMIT)).decode()
    return text if len(text) <= SHOWN_LIMIT else orjson.dumps({"…": text[:SHOWN_LIMIT]}).decode()


def masked(payload: Payload) -> Payload:
    """The payload as it may be kept."""
    kept: Payload = _masked(payload, DEPTH_LIMIT)
    return kept


def text_shown(text: str | None) -> str | None:
    """A station's own words, without the name and the password in an address."""
    return None if text is None else _USER_IN_ADDRESS.sub("//…@", text)


def _masked(value: Any, depth: int) -> Any:
    if not depth:
        return "…"
    if isinstance(value, dict):
        hidden = _hides_its_value(value)
        return {name: SECRET if name in hidden else _field(name, inner, depth - 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, depth - 1) for inner in value]
    return _USER_IN_ADDRESS.sub("//…@", value) if isinstance(value, str) else value


def _field(name: str, value: Any, depth: int) -> Any:
    lowered = name.lower()
    if value is None or isinstance(value, bool | dict | list):
        return _masked(value, depth)
    if lowered == "data" and isinstance(value, str):
        return _vendors_own(value, depth)
    if lowered in _TOKENS:
        return _last_four(str(value))
    return _instead_of(lowered, str(value)) or _masked(value, depth)


def _instead_of(name: str, value: str) -> str | None:
    """What stands in place of the value of a field of this name, if anything."""
    if is_secret_field(name):
        return SECRET
    if name in _PERSONAL:
        return PERSONAL
    return f"({len(value)} characters)" if name in _CERTIFICATES else None


def _last_four(token: str) -> str:
    return f"…{token[-4:]}" if len(token) > 7 else "…"


def _hides_its_value(fields: dict[str, Any]) -> frozenset[str]:
    """The names of the fields that hold the value of a setting which is secret."""
    variable = fields.get("variable")
    setting = variable.get("name") if isinstance(variable, dict) else fields.get("key")
    if isinstance(setting, str) and is_secret(setting):
        return frozenset({"value", "attributeValue", "variableAttribute", "actualValue"})
    # Of a VPN (VPNType) it is the secret; elsewhere a field of that name says which setting is meant.
    return frozenset({"key"}) if "server" in fields else frozenset()


def _vendors_own(text: str, depth: int) -> Any:
    """A vendor's data is masked by name where it has names, and else not shown: nobody knows what is in it."""
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        read = None
    return _masked(read, depth) if isinstance(read, dict) else f"({len(text)} characters)"
