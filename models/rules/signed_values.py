"""Signed meter values: which of a session are kept with it, and whether their signatures hold (B1).

OCMF 1.x, as OCPP 1.6 carries it (ed.2 §7.43 SampledValue of format SignedData) and OCPP 2 (2.0.1 part 2
SignedMeterValueType, whose data and key are in Base64; the key may be named ``oca:base16:asn1:`` and its DER in
hexadecimal).
"""

import base64
import binascii
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pyocmf import OCMF, PublicKey, PyOCMFError, SpecWarning

KEPT = 20
"""Of one session, beside the first and the last."""
_PERIODIC = frozenset({"Sample.Periodic", "Sample.Clock"})
_DER_IN_HEX = "oca:base16:asn1:"


class Outcome(StrEnum):
    VALID = "valid"
    INVALID = "invalid"
    KEY_UNKNOWN = "key_unknown"
    """Neither it nor any before it of its place came with a key."""
    NOT_OCMF = "not_ocmf"


@dataclass(frozen=True)
class Signed:
    """As its station told it; ``key`` is what it called its public key."""

    at: datetime
    context: str
    value: str
    key: str | None


@dataclass(frozen=True)
class Judged:
    """``meter`` is the serial number that is signed with it, ``key`` in DER, in hexadecimal."""

    outcome: Outcome
    meter: str | None = None
    key: str | None = None


def signed_of(samples: Iterable[tuple[datetime, Iterable[Mapping[str, Any]]]]) -> Iterator[Signed]:
    """Every signed value among what was sampled, in the order of its instant."""
    for at, sampled in sorted(samples, key=lambda each: each[0]):
        for each in sampled:
            if (value := each.get("signed")) is not None:
                yield Signed(at, str(each.get("context")), value, (each.get("signing") or {}).get("public_key"))


def kept(values: Iterable[Signed]) -> list[Signed]:
    """Those that tell of the session's course, each once: what is signed by the clock alone stands in the readings."""
    told = list(dict.fromkeys(values))
    inner = [each for each in told[1:-1] if each.context not in _PERIODIC][:KEPT]
    return list(dict.fromkeys([*told[:1], *inner, *told[-1:]]))


def judged(value: str, key: str | None, known_key: str | None) -> Judged:
    """By the key that came with it, else by the one that is known of its place."""
    record = _record(value)
    if record is None:
        return Judged(Outcome.NOT_OCMF)
    der = _der(key or record.embedded_public_key) or known_key
    if der is None:
        return Judged(Outcome.KEY_UNKNOWN, record.payload.MS)
    try:
        holds = record.verify_signature(der)
    except PyOCMFError:
        holds = False
    return Judged(Outcome.VALID if holds else Outcome.INVALID, record.payload.MS, der)


def _record(value: str) -> OCMF | None:
    for text in (value, _decoded(value)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SpecWarning)
                return OCMF.from_string(text or "")
        except (PyOCMFError, ValueError):
            continue
    return None


def _der(key: str | None) -> str | None:
    """None where it is no key that we can read."""
    for text in (key, _decoded(key)):
        try:
            return PublicKey.from_string((text or "").strip().removeprefix(_DER_IN_HEX)).key
        except (PyOCMFError, ValueError):
            continue
    return None


def _decoded(text: str | None) -> str | None:
    """What is in Base64 there; None where that is no text."""
    try:
        return base64.b64decode(text or "", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
