"""The records in memory: what the use cases do for the front, as far as the front can tell."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from argon2 import PasswordHasher

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
from csms.ports import (
    BootDecision,
    KeyKind,
    KnownStation,
    OpenConnection,
    Registration,
    SignedCertificate,
    StartDecision,
    StoredKey,
    TokenDecision,
    TokenStatus,
)
from models.rules.station_certificates import Judgement, Presented, Verdict

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
FACTORY_KEY = "factory-secret"
SERIAL = "SN-0001"
Event = (
    Authorise
    | Booted
    | CertificateRequested
    | ConnectorStatus
    | Metered
    | Reported
    | Started
    | Stopped
    | Told
    | Transacted
)


@dataclass
class Kept:
    """One station's rows."""

    station: KnownStation
    serial: str = SERIAL
    connection: OpenConnection | None = None
    events: list[Event] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    heartbeats: int = 0
    queues: dict[str, bool] = field(default_factory=dict)


class MemoryRecords:
    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.nodes: list[str] = []
        self.tokens: dict[str, TokenStatus] = {"TEST-CARD": TokenStatus.ACCEPTED, "BAD": TokenStatus.BLOCKED}
        self.groups: dict[str, str] = {}
        self.boot_answer = Registration.ACCEPTED
        self.interval_s = 300
        self.broken = False
        self.hold: asyncio.Event | None = None
        self._starts: dict[tuple[object, ...], int] = {}

    def register(self, identity: str, *, factory_key: str = FACTORY_KEY, serial: str = SERIAL) -> Kept:
        key = StoredKey(KeyKind.FACTORY, CHEAP.hash(factory_key))
        self.kept[identity] = Kept(KnownStation(uuid4(), identity, (key,)), serial)
        return self.kept[identity]

    def _of(self, station: KnownStation) -> Kept:
        if self.broken:
            raise ConnectionError("the database is down")
        return self.kept[station.identity]

    async def _keep(self, station: KnownStation, event: Event) -> Kept:
        if self.hold is not None:
            await self.hold.wait()
        kept = self._of(station)
        kept.events.append(event)
        return kept

    async def node_started(self, node: str) -> None:
        self.nodes.append(node)

    async def identify(self, identity: str) -> KnownStation | None:
        if self.broken:
            raise ConnectionError("the database is down")
        kept = self.kept.get(identity)
        return kept.station if kept else None

    async def connected(self, station: KnownStation, connection: OpenConnection) -> None:
        self._of(station).connection = connection

    async def disconnected(self, station: KnownStation, connection_id: UUID, reason: str) -> None:
        kept = self._of(station)
        kept.ended.append(reason)
        if kept.connection is not None and kept.connection.connection_id == connection_id:
            kept.connection = None

    async def boot(self, station: KnownStation, event: Booted, _at: datetime) -> BootDecision:
        kept = await self._keep(station, event)
        wrong = bool(event.serials) and kept.serial not in event.serials
        registration = Registration.REJECTED if wrong else self.boot_answer
        kept.station = replace(kept.station, registration=registration)
        return BootDecision(registration, self.interval_s)

    async def status(self, station: KnownStation, event: ConnectorStatus, _at: datetime) -> None:
        await self._keep(station, event)

    async def authorise(self, station: KnownStation, event: Authorise, _at: datetime) -> TokenDecision:
        await self._keep(station, event)
        return self._decide(event.token)

    async def started(self, station: KnownStation, event: Started, _at: datetime) -> StartDecision:
        await self._keep(station, event)
        start = (station.identity, event.connector, event.token.upper(), event.timestamp, event.meter_start_wh)
        return StartDecision(self._starts.setdefault(start, len(self._starts) + 1), self._decide(event.token))

    async def metered(self, station: KnownStation, event: Metered, _at: datetime) -> None:
        await self._keep(station, event)

    async def stopped(self, station: KnownStation, event: Stopped, _at: datetime) -> TokenDecision | None:
        await self._keep(station, event)
        return self._decide(event.token) if event.token else None

    async def transacted(self, station: KnownStation, event: Transacted, _at: datetime) -> TokenDecision | None:
        await self._keep(station, event)
        return None if event.token is None else self._decide(event.token)

    async def own_transaction(self, station: KnownStation, number: int) -> str | None:
        own = [event.transaction for event in self._of(station).events if isinstance(event, Transacted)]
        return own[number - 1] if 0 < number <= len(own) else None

    async def queue_told(self, station: KnownStation, transaction: str, *, messages_in_queue: bool) -> None:
        self._of(station).queues[transaction] = messages_in_queue

    async def reported(self, station: KnownStation, event: Reported, _at: datetime) -> None:
        await self._keep(station, event)

    async def told(self, station: KnownStation, event: Told, _at: datetime) -> None:
        await self._keep(station, event)

    def note(self, said: Said) -> None:
        """What the log says is shown where it is written (``test_message_log``)."""

    async def close(self) -> None:
        """Nothing waits to be written."""

    async def heartbeat(self, station: KnownStation, _at: datetime) -> None:
        self._of(station).heartbeats += 1

    async def key_proposed(self, station: KnownStation, key_hash: str) -> None:
        kept = self._of(station)
        proposed = [key for key in kept.station.keys if key.kind is KeyKind.PROPOSED][-3:]
        others = [key for key in kept.station.keys if key.kind is not KeyKind.PROPOSED]
        keys = (*others, *proposed, StoredKey(KeyKind.PROPOSED, key_hash))
        kept.station = replace(kept.station, keys=keys)

    async def key_confirmed(self, station: KnownStation, key_hash: str) -> None:
        kept = self._of(station)
        kept.station = replace(kept.station, keys=(StoredKey(KeyKind.OWN, key_hash),))

    async def key_refused(self, station: KnownStation, answer: str, _at: datetime) -> None:
        self._of(station).refusals.append(answer)

    async def judge(self, station: KnownStation, presented: Presented) -> Judgement:
        is_right = presented.common_name == self._of(station).serial
        return Judgement(Verdict.ACCEPTED if is_right else Verdict.WRONG_NAME)

    async def certificate_requested(self, station: KnownStation, event: CertificateRequested, _at: datetime) -> bool:
        await self._keep(station, event)
        return False

    async def sign_certificate(self, _station: KnownStation, _event: CertificateRequested) -> SignedCertificate | None:
        return None

    async def certificate_answered(self, station: KnownStation, _serial: str, _refusal: str | None) -> None:
        self._of(station)

    async def revoked(self, _fingerprints: Collection[str]) -> set[str]:
        return set()

    async def warn_of_ends(self) -> None:
        """No certificate is kept here."""

    def _decide(self, token: str) -> TokenDecision:
        status = self.tokens.get(token.upper(), TokenStatus.INVALID)
        expires_at = datetime(2030, 1, 1, tzinfo=UTC) if status == "accepted" else None
        return TokenDecision(status, expires_at, self.groups.get(token.upper()))
