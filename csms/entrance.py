"""The way from an accepted connection to a WebSocket's handshake, with bounds on whoever has not said who it is.

A flood of half-open connections from one address leaves the others their room; TLS costs us a hundred times what
accepting does, so its bound comes before it.
"""

from collections import Counter
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from csms.ports import KnownStation, StoredKey
from csms.tls import Tls
from models.rules.rates import neighbourhood
from models.rules.station_certificates import Presented, SecurityProfile


@dataclass(frozen=True, slots=True)
class Bounds:
    """``handshakes``: connections at once that have not shown of which station they are; ``per_address`` of these.

    ``sockets`` is what the node holds at most.
    """

    sockets: int = 20_000
    handshakes: int = 2_000
    per_address: int = 500


class Proxies:
    """The networks whose word on who is behind them is believed. Raises ValueError for what is no network."""

    def __init__(self, networks: str = "") -> None:
        self._networks = [ip_network(each.strip(), strict=False) for each in networks.split(",") if each.strip()]

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: str) -> bool:
        if not self._networks:
            return False
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)

    def client_of(self, address: str, forwarded: str | None) -> str:
        """Who is behind ``address``: the last one in X-Forwarded-For that is no proxy of ours."""
        if address not in self or not forwarded:
            return address
        hops = [hop.strip() for hop in forwarded.split(",")]
        return next((hop for hop in reversed(hops) if hop not in self and _is_address(hop)), address)


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was found at the other end in the handshake, and by what: its key, or its certificate."""

    station: KnownStation
    remote_ip: str
    profile: SecurityProfile
    key: StoredKey | None = None
    certificate: Presented | None = None
    is_first_use: bool = False


class Crowd:
    """Counts the connections of a node that have not shown yet of which station they are."""

    def __init__(self, bounds: Bounds, proxies: Proxies) -> None:
        self.bounds = bounds
        self.proxies = proxies
        self._waiting: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._waiting.total()

    def enter(self, address: str) -> "Visit":
        self._waiting[neighbourhood(address)] += 1
        return Visit(self, address, is_beyond=self.is_too_large(address))

    def leave(self, address: str) -> None:
        address = neighbourhood(address)
        self._waiting[address] -= 1
        if not self._waiting[address]:
            del self._waiting[address]

    def is_too_large(self, address: str, times: int = 1) -> bool:
        """Behind a proxy's address there are many: it knows no bound of its own."""
        bounds = self.bounds
        of_one = self._waiting[neighbourhood(address)] > times * bounds.per_address and address not in self.proxies
        return of_one or self._waiting.total() > times * bounds.handshakes


class Visit:
    """One connection's place in the crowd, until it has shown of which station it is, or has gone.

    ``is_beyond``: the crowd was too large when it came. Those that were there before are served all the same.
    """

    __slots__ = ("_crowd", "_is_there", "address", "is_beyond")

    def __init__(self, crowd: Crowd, address: str, *, is_beyond: bool) -> None:
        self.address = address
        self.is_beyond = is_beyond
        self._crowd = crowd
        self._is_there = True

    def end(self) -> None:
        if self._is_there:
            self._is_there = False
            self._crowd.leave(self.address)


@dataclass(frozen=True, slots=True)
class Entrance:
    """One listening port. ``tls`` None is security profile 1."""

    profile: SecurityProfile
    crowd: Crowd
    tls: Tls | None = None


def address_of(peer: Any) -> str:
    """The IP address in what the socket knows of its other end."""
    return str(peer[0]) if peer else "unknown"


def check_proxies(networks: str) -> Proxies:
    """Raises ValueError, naming the setting."""
    try:
        return Proxies(networks)
    except ValueError as error:
        raise ValueError(f"STATIONMASTER_CSMS_PROXIES: {error}; write networks such as 10.0.0.0/8,10.1.0.1") from None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
