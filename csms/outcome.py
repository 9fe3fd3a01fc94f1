"""What came of a command to a station."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Result(StrEnum):
    """``failed``: answered with an error, or with what is no answer. ``no_answer``: sent; it may have been done.

    ``not_ready``: not sent, since the station's boot was not accepted. ``not_sent``: it can't be said in the station's
    version of OCPP, as ``detail`` tells. ``scheduled``: done as soon as nobody charges.
    """

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    REJECTED = "rejected"
    OCCUPIED = "occupied"
    FAULTED = "faulted"
    UNAVAILABLE = "unavailable"
    VERSION_MISMATCH = "version_mismatch"
    NOT_FOUND = "not_found"
    NOT_SUPPORTED = "not_supported"
    REBOOT_REQUIRED = "reboot_required"
    FAILED = "failed"
    NO_ANSWER = "no_answer"
    NOT_READY = "not_ready"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``detail`` is the station's own word, where it adds one; ``data`` what it tells beyond, by our names."""

    result: Result
    detail: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
