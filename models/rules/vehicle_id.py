"""By which electronic ids a car is known, and by which key an id token is found, however it is shown or typed (S9).

A card's key is its uid. A car's begins with what kind of id it is and a colon, which no uid has: so a card whose uid
reads like a MAC address or a contract id is never taken for a car, nor a car for a card.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from models.rules import contract_id


class VehicleIdKind(StrEnum):
    MAC_ADDRESS = "mac_address"
    """Of the car's charging controller: its EVCCID."""
    EMAID = "emaid"
    """Of the contract that is in the car (ISO 15118)."""


MARKS = {VehicleIdKind.MAC_ADDRESS: "VID:", VehicleIdKind.EMAID: "EMAID:"}
SHOWN_AS: Mapping[str, VehicleIdKind] = {
    "macaddress": VehicleIdKind.MAC_ADDRESS,
    "evccid": VehicleIdKind.MAC_ADDRESS,
    "emaid": VehicleIdKind.EMAID,
}
"""OCPP 2.0.1 part 2 §3.43, and EVCCID of OCPP 2.1: in small letters, by which the types are compared."""
_MAC = re.compile(r"(?:(?:VID|EVCCID|MAC)[:=#_-]?)?([0-9A-F]{2}(?:[:.-]?[0-9A-F]{2}){5})")
"""Before it stations of OCPP 1.6 put what it is."""
_MARKED = re.compile(r"(?:EMAID[:=#_-]?)?(.+)", re.DOTALL)
_MAC_REMEDY = "A MAC address has six pairs of hexadecimal digits, such as A1:B2:C3:D4:E5:F6"


UNKNOWN = ""
"""No token has this key."""


class VehicleId(NamedTuple):
    """``uid`` is without separators and in capitals; a contract id without its check digit."""

    kind: VehicleIdKind
    uid: str

    @property
    def token(self) -> str:
        """The key of its token. OCPP 1.6 ed.2 §7.28: at most 20 characters."""
        return MARKS[self.kind] + self.uid


class Keys(NamedTuple):
    """By which a token that is shown may be known: by ``first``, or else by ``other``."""

    first: str
    other: str | None = None


def read(kind: VehicleIdKind, said: str) -> VehicleId:
    """However it is spelled. Raises ValueError with what to do."""
    text = "".join(said.split()).upper()
    if kind is VehicleIdKind.EMAID:
        marked = _MARKED.fullmatch(text)
        return VehicleId(kind, contract_id.compact(marked[1] if marked else text))
    found = _MAC.fullmatch(text)
    if found is None:
        raise ValueError(_MAC_REMEDY)
    return VehicleId(kind, re.sub("[^0-9A-F]", "", found[1]))


def keys_of(shown: str, kind: str = "") -> Keys:
    """``kind`` is how the station read it, in the word of OCPP 2, which goes by it alone.

    OCPP 1.6 has no such word: what reads like a car's id is one where there is no card with this uid.
    """
    text = shown.upper()
    if kind:
        of_car = SHOWN_AS.get(kind.lower())
        key = _key(of_car, text) if of_car else text if of_token(text) is None else None
        return Keys(key or UNKNOWN)
    other = _key(VehicleIdKind.MAC_ADDRESS, text) or _key(VehicleIdKind.EMAID, text)
    return Keys(text, None if other == text else other)


def of_token(token: str) -> VehicleId | None:
    """The id of a car by its token's key; None for a card's."""
    for kind, mark in MARKS.items():
        if token.startswith(mark):
            return VehicleId(kind, token.removeprefix(mark))
    return None


def spellings_of(token: str) -> Sequence[str]:
    """How stations most often write, in capitals, the token with this key."""
    known = of_token(token)
    if known is None:
        return (token,)
    if known.kind is VehicleIdKind.EMAID:
        return (token, *contract_id.forms(known.uid))
    pairs = _pairs(known.uid)
    return (token, known.uid, ":".join(pairs), "-".join(pairs))


def pattern_of(token: str) -> str:
    """A regular expression for all that stations may have written of the token with this key."""
    known = of_token(token)
    if known is None:
        return re.escape(token)
    if known.kind is VehicleIdKind.MAC_ADDRESS:
        return "(?:(?:VID|EVCCID|MAC)[:=#_-]?)?" + "[:.-]?".join(_pairs(known.uid))
    forms = ("[*-]?".join(form) for form in contract_id.forms(known.uid))
    return f"(?:EMAID[:=#_-]?)?(?:{'|'.join(forms)})"


def _pairs(uid: str) -> Sequence[str]:
    return [uid[place : place + 2] for place in range(0, len(uid), 2)]


def _key(kind: VehicleIdKind, text: str) -> str | None:
    try:
        return read(kind, text).token
    except ValueError:
        return None
