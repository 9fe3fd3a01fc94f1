"""The seam between a station and the version of OCPP that it speaks."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.stations.connector import Connector, Token, Transaction
from sandbox.stations.link import Payload
from sandbox.stations.profiles import Profile
from sandbox.stations.settings import Settings

if TYPE_CHECKING:
    from sandbox.stations.station import Station

Call = tuple[str, Payload]


@dataclass(frozen=True)
class Verdict:
    """What the central system, the local list or the cache says of a token."""

    status: str
    expires: str | None = None
    group: str | None = None


class Dialect(ABC):
    """Reasons of a stop are those of OCPP 1.6 ed.2 §7.36 and Timeout; all else is named as in 2.0.1."""

    unreadable: ClassVar[str]
    """The error code for a payload that can't be read."""

    def __init__(self, station: "Station", settings: Settings) -> None:
        self.station = station
        self.settings = settings

    @abstractmethod
    def answer(self, action: str, payload: Payload) -> Payload:
        """Raises UnknownActionError, and LookupError, TypeError or ValueError for a payload that can't be read."""

    # -- what it says ------------------------------------------------------------------------------------------------

    @abstractmethod
    def boot(self, reason: str) -> Payload: ...

    @abstractmethod
    def authorization(self, token: Token) -> Payload: ...

    @abstractmethod
    def verdict(self, answer: Payload) -> Verdict: ...

    @abstractmethod
    def status_of(self, connector: Connector) -> str: ...

    @abstractmethod
    def statuses(self) -> list[Call]:
        """What is told after a boot, of the station itself."""

    @abstractmethod
    def status(self, connector: Connector) -> Call: ...

    # -- transactions ------------------------------------------------------------------------------------------------

    @abstractmethod
    def starts(self, *, plugged: bool, authorized: bool) -> bool:
        """Whether a transaction runs from here on."""

    @abstractmethod
    def ends_when_refused_or_stopped(self) -> bool:
        """Whether a transaction ends with its authorisation, before the cable is out."""

    @abstractmethod
    def post_start(self, connector: Connector, running: Transaction, trigger: str) -> None: ...

    @abstractmethod
    def post_change(self, connector: Connector, running: Transaction, trigger: str, token: Token | None) -> None:
        """What 2.x tells of a running transaction, and 1.6 does not."""

    @abstractmethod
    def post_meter(self, connector: Connector, context: str) -> None: ...

    @abstractmethod
    def post_stop(self, connector: Connector, running: Transaction, reason: str, token: Token | None) -> None: ...

    @abstractmethod
    def ready_to_send(self, message: dict[str, Any]) -> Payload: ...

    @abstractmethod
    def take_receipt(self, message: dict[str, Any], answer: Payload) -> None: ...

    # -- upkeep ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def firmware_status(self, status: str, request_id: int | None, *, signed: bool) -> Call | None:
        """None where this version does not tell such a state."""

    @abstractmethod
    def log_status(self, status: str, request_id: int | None) -> Call: ...

    @abstractmethod
    def reservation_ended(self, reservation_id: int, status: str) -> Call | None: ...

    @abstractmethod
    def profile(self, raw: Payload, connector: int) -> Profile:
        """Raises LookupError or ValueError for one that can't be read."""

    def take_profiles(self, kept: list[dict[str, Any]]) -> None:
        """Charging profiles come back as they were kept, but those of transactions."""
        for entry in kept:
            self.station.limits.profiles.add(self.profile(entry["raw"], entry["connector"]))

    def transaction_ended(self) -> None:  # noqa: B027 -- 1.6 has nothing that waits
        """What waited for the end of a transaction may go on."""

    def before_boot(self) -> None:  # noqa: B027 -- in 1.6 all takes effect at once
        """What was set and needed a reboot takes effect."""

    def addresses(self) -> list[tuple[str, int]]:
        """Where to connect, best first: url and security profile."""
        return [(self.station.description.url, self.station.description.security_profile)]

    def shown(self) -> dict[str, Any]:
        """What only this version has."""
        return {}

    def kept(self) -> dict[str, Any]:
        return {}
