"""What one station may use of a node."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one station. ``call_s``: how long it may take to answer us; ``handling_s``: how long we may take;
    ``sending_s``: how long it may take to read what we answer.
    """

    queued_calls: int = 32
    messages_per_s: float = 50
    burst: int = 300
    unreadable_in_a_row: int = 50
    call_s: float = 30
    handling_s: float = 30
    draining_s: float = 5
    sending_s: float = 20
