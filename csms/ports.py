"""What the OCPP front needs of the business, and nothing more.

``csms.adapters`` binds it to the use cases; tests bind it to memory. A method that returns has committed: the station
is answered after that, and only then (a confirmed message is never sent again by the station).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from websockets.typing import Subprotocol

from csms.events import (
    Authorise,
    Booted,
    CertificateRequested,
    ConnectorStatus,
    Metered,
    Reported,
    Started,
    Stopped,
    Told,
    Transacted,
)
from csms.message_log import Said
from models.rules.station_certificates import Judgement, Presented, SecurityProfile


class Registration(StrEnum):
    """The answer to a boot: OCPP 1.6 ed.2 §4.2 RegistrationStatus."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    REJECTED = "rejected"


class TokenStatus(StrEnum):
    """OCPP 2.0.1 §3.7 AuthorizationStatusEnumType, and OCPP 1.6 ed.2 §7.2, which has fewer words."""

    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    INVALID = "invalid"
    NO_CREDIT = "no_credit"
    NOT_AT_THIS_LOCATION = "not_at_this_location"
    NOT_AT_THIS_TIME = "not_at_this_time"
    CONCURRENT = "concurrent"


class KeyKind(StrEnum):
    """``proposed``: sent to the station, not yet seen accepted or used. ``certificate``: security profile 3, no key."""

    OWN = "own"
    PROPOSED = "proposed"
    FACTORY = "factory"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key that opens a connection, as its argon2 hash (PHC string)."""

    kind: KeyKind
    key_hash: str


@dataclass(frozen=True, slots=True)
class KnownStation:
    """A registered station. ``keys`` holds those that may open a connection now: a closed factory key is not in it.

    ``registration`` is the answer to its last boot, None before the first one. ``security_profile`` is the lowest that
    opens a connection of it. ``is_certified``: a certificate has named it on this socket, so its boot must do so too.
    """

    asset_id: UUID
    identity: str
    keys: tuple[StoredKey, ...]
    registration: Registration | None = None
    security_profile: SecurityProfile = SecurityProfile.BASIC
    is_certified: bool = False


@dataclass(frozen=True, slots=True)
class OpenConnection:
    """One socket: where it is held, where it comes from, and the kind of key, or the certificate, that opened it."""

    connection_id: UUID
    node: str
    remote_ip: str
    protocol: Subprotocol
    opened_by: KeyKind
    profile: SecurityProfile = SecurityProfile.BASIC
    certificate: Presented | None = None
    is_first_use: bool = False
    """Of that certificate."""


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """What a station is given: the certificate with those above it, in PEM."""

    serial: str
    chain: str


@dataclass(frozen=True, slots=True)
class BootDecision:
    """``interval_s``: seconds between heartbeats; where not accepted, seconds until the next BootNotification."""

    registration: Registration
    interval_s: int


@dataclass(frozen=True, slots=True)
class TokenDecision:
    """``group`` is the token's group (1.6: parentIdTag); ``expires_at`` bounds the station's own cache."""

    status: TokenStatus
    expires_at: datetime | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class StartDecision:
    """``transaction_id`` is a positive int32, unique, and the same for a repeated start; also for a refused token."""

    transaction_id: int
    token: TokenDecision


class NotRegisteredError(Exception):
    """The station has lost its registration, or has other hardware now, since its socket was opened."""


class StationRecords(Protocol):
    """Facts go in, decisions come out. Any exception is answered as InternalError: the station sends it again.

    But for NotRegisteredError, which any method that takes a ``KnownStation`` may raise: the socket is closed then.
    """

    async def node_started(self, node: str) -> None:
        """No socket is held by ``node`` any more: what stands open in its name was left by a process that died."""

    async def identify(self, identity: str) -> KnownStation | None:
        """The station registered under the identity; None where there is none, or no longer."""

    async def judge(self, station: KnownStation, presented: Presented) -> Judgement:
        """Whether the certificate opens a connection of the station now."""

    async def connected(self, station: KnownStation, connection: OpenConnection) -> None:
        """The socket is the station's only one from now on; an older one's end says nothing any more."""

    async def disconnected(self, station: KnownStation, connection_id: UUID, reason: str) -> None:
        """The socket ended. The station is offline only where this was its newest connection."""

    async def boot(self, station: KnownStation, event: Booted, at: datetime) -> BootDecision:
        """Decides on a boot; a serial that is not the linked unit's is rejected."""

    async def status(self, station: KnownStation, event: ConnectorStatus, at: datetime) -> None:
        """Keeps a connector's state; a connector that the station can't have is kept for a person to see."""

    async def authorise(self, station: KnownStation, event: Authorise, at: datetime) -> TokenDecision:
        """Says whether the token may charge here."""

    async def started(self, station: KnownStation, event: Started, at: datetime) -> StartDecision:
        """Stores the start with its evidence. A repeated one (connector, token, timestamp, meter) is the same one."""

    async def metered(self, station: KnownStation, event: Metered, at: datetime) -> None:
        """Stores the samples with their evidence; an unknown transaction's too."""

    async def stopped(self, station: KnownStation, event: Stopped, at: datetime) -> TokenDecision | None:
        """Stores the stop with its evidence; None where no token was shown. A repeated one changes nothing."""

    async def transacted(self, station: KnownStation, event: Transacted, at: datetime) -> TokenDecision | None:
        """Stores a numbered event of a transaction; None where it shows no token. A repeated one changes nothing."""

    async def own_transaction(self, station: KnownStation, number: int) -> str | None:
        """The station's own id (OCPP 2) of its transaction with this number of ours; None where it has none."""

    async def queue_told(self, station: KnownStation, transaction: str, *, messages_in_queue: bool) -> None:
        """The station answered what it still has to tell of the transaction, which it named itself."""

    async def reported(self, station: KnownStation, event: Reported, at: datetime) -> None:
        """Keeps a part of a report; one that is sent again is kept once."""

    async def told(self, station: KnownStation, event: Told, at: datetime) -> None:
        """Keeps what the station tells of its firmware, its logs or its security, for people to see."""

    def note(self, said: Said) -> None:
        """For the message log, kept soon; it may be lost where the database is away for long."""

    async def close(self) -> None:
        """Until all that has come in is written: no more will come."""

    async def heartbeat(self, station: KnownStation, at: datetime) -> None:
        """The station was alive at the instant."""

    async def key_proposed(self, station: KnownStation, key_hash: str) -> None:
        """The key is about to be sent. It must open connections from now on, beside those that do already.

        Several proposals may be open (each answer can get lost): the newest four are kept.
        """

    async def key_confirmed(self, station: KnownStation, key_hash: str) -> None:
        """The station has the key: it is the only one from now on; the factory key and other proposals are closed."""

    async def key_refused(self, station: KnownStation, answer: str, at: datetime) -> None:
        """The station takes no key of ours; the one it has stays open, and a person can see so."""

    async def certificate_requested(self, station: KnownStation, event: CertificateRequested, at: datetime) -> bool:
        """Whether a certificate will be signed; why not is kept for a person to see."""

    async def sign_certificate(self, station: KnownStation, event: CertificateRequested) -> SignedCertificate | None:
        """Signs what was accepted, and keeps it: it opens connections from now on. None where nobody signs it now."""

    async def certificate_answered(self, station: KnownStation, serial: str, refusal: str | None) -> None:
        """The station has taken the certificate (None), or says why it does not."""

    async def revoked(self, fingerprints: Collection[str]) -> set[str]:
        """Which of the certificates open nothing any more."""

    async def warn_of_ends(self) -> None:
        """Tells people, once each, of certificates that end soon."""
