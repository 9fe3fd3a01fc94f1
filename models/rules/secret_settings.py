"""Which settings of a station, and which fields of a message, hold a secret, by the names they go under.

The standards name AuthorizationKey (security whitepaper for OCPP 1.6) and SecurityCtrlr.BasicAuthPassword (OCPP 2.0.1
part 2 §A01), the passwords, the VPN key and the SIM's PIN of a network profile; vendors have names of their own.
"""

import re

_SETTING = re.compile(
    r"(passwords?|passwd|passphrase|passcode|pwd|secret|credentials?|psk|(?<!public)(?<!^)key|token|pin(code)?)$"
)
"""Of the public key of a meter everybody may know; ``key`` alone is the name of a field in which a setting is named."""
_FIELD = re.compile(r"(password|passphrase|secret|privatekey|authorizationkey|authorization|simpin|^pin|apikey)$")
_OUR_OWN = re.compile(r"(authorizationkey|basicauthpassword)$")
_AROUND = re.compile(r"\[[^\]]*\]|#.*$|[^a-z0-9]")


def is_secret(setting: str) -> bool:
    """Whether a setting (of OCPP 1.6, or ``Component[instance].Variable[instance]``) is one that nobody may read."""
    return _SETTING.search(_plain(setting)) is not None


def is_secret_field(name: str) -> bool:
    """Whether a field of a message has a secret in it; more narrowly, as fields may be called ``key`` and ``token``."""
    return _FIELD.search(_plain(name)) is not None


def is_stations_key(setting: str) -> bool:
    """Whether it is the key with which the station logs in: we make that one ourselves."""
    return _OUR_OWN.search(_plain(setting)) is not None


def _plain(name: str) -> str:
    """The variable's own name: without its component, instance, number and punctuation."""
    return _AROUND.sub("", name.lower().rpartition(".")[2]).rstrip("0123456789")
