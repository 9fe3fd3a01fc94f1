"""How often somebody may call: a minute that slides, estimated from the counts of this minute and the one before."""

import math
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address

WINDOW_S = 60


@dataclass(frozen=True)
class Usage:
    """``elapsed_s`` of the running minute are over; ``count`` has this call in it."""

    limit: int
    count: int
    count_before: int
    elapsed_s: float

    @property
    def used(self) -> float:
        """Calls in the last sixty seconds, those of the minute before taken as spread evenly over it."""
        return self.count + self.count_before * (1 - self.elapsed_s / WINDOW_S)

    @property
    def is_over(self) -> bool:
        return self.used > self.limit

    @property
    def remaining(self) -> int:
        return max(0, math.floor(self.limit - self.used))

    @property
    def reset_s(self) -> int:
        """Until the counts of this minute begin to fade."""
        return max(1, math.ceil(WINDOW_S - self.elapsed_s))

    @property
    def wait_s(self) -> int:
        """Until one more call fits, if nothing is called meanwhile."""
        if self.count < self.limit:
            free_at = WINDOW_S * (1 - (self.limit - self.count - 1) / max(1, self.count_before))
            return max(1, math.ceil(free_at - self.elapsed_s))
        fades_for = WINDOW_S * (1 - (self.limit - 1) / self.count)
        return max(1, math.ceil(WINDOW_S - self.elapsed_s + fades_for))


def neighbourhood(address: str) -> str:
    """What one party has at hand: an address, or of IPv6 all that begin like it in their first 64 bits."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    if not isinstance(read, IPv6Address) or read.ipv4_mapped is not None:
        return address
    return str(IPv6Network((int(read), 64), strict=False))
