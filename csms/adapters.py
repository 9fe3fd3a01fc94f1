"""The records that the front needs, bound to the use cases: each call one transaction, its facts then delivered."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import structlog
from structlog.contextvars import get_contextvars

from activities.courier import Courier
from activities.gateways.certificate_authority import CertificateAuthority
from csms.batches import Batches
from csms.certificates import CertificateRecords
from csms.charging import ChargingRecords
from csms.events import Booted, ConnectorStatus, Reported, Told
from csms.message_log import MessageLog, Said
from csms.ports import (
    BootDecision,
    KeyKind,
    KnownStation,
    NotRegisteredError,
    OpenConnection,
    Registration,
    StoredKey,
)
from csms.telemetry import Telemetry
from models.messages.base import Actor
from models.messages.telemetry import Answer, Opened, Outcome, Seen, Status
from models.rules.station_certificates import SecurityProfile
from models.store import assets
from models.tables.asset import Asset, StationConnection
from models.tables.station_report import StationReport
from models.tables.unit import Unit
from models.usecases import station
from models.usecases.work import Desk, Work

log = structlog.get_logger()

TURNS = 12
"""Of all stations' own transactions, at once. The others wait in their order for as long as a message may take; in the
pool's own queue they would fail sooner, and come again. What is left of the pool is the courier's."""
COMING_AT_ONCE = 2
"""Of those that come and are waited for: behind all that other stations have to tell, commands would wait with them."""


class Lane(NamedTuple):
    """A desk, and how many work at it at once."""

    desk: Desk
    turns: asyncio.Semaphore


class UseCaseRecords(ChargingRecords, CertificateRecords):
    """``hot`` is the desk for what comes at high rates, where that has connections of its own. Without an ``authority``
    no station gets a certificate of ours."""

    def __init__(
        self, desk: Desk, courier: Courier, hot: Desk | None = None, authority: CertificateAuthority | None = None
    ) -> None:
        ChargingRecords.__init__(self, desk, Telemetry(hot or desk, courier))
        CertificateRecords.__init__(self, authority)
        self._courier = courier
        self._hot = hot or desk
        self._log = MessageLog(self._hot.database)
        self._lane = Lane(desk, asyncio.Semaphore(TURNS))
        self._coming = Lane(self._hot, asyncio.Semaphore(COMING_AT_ONCE))
        self._identities: Batches[str, KnownStation | None] = Batches(self._identify)

    async def close(self) -> None:
        """Until all that has come in is written."""
        await self._telemetry.close()
        await self._identities.close()
        await self._log.close()

    async def node_started(self, node: str) -> None:
        async with self._work(f"csms {node}") as work:
            await station.node_started(work, node)

    async def node_lives(self, node: str) -> bool:
        """False where the node had counted as gone, and its sockets with it."""
        # However many stations wait for their turn: a node that seems to be dead makes them come again, all of them.
        async with self._hot.work(Actor(id=None, name=f"csms {node}"), str(uuid4())) as work:
            return await station.node_lives(work, node)

    async def still_connected(self, known: KnownStation, connection: OpenConnection) -> None:
        async with self._facts_of(known) as work:
            await station.still_connected(work, _socket(known, connection, work.now))

    async def identify(self, identity: str) -> KnownStation | None:
        return await self._identities.put(identity)

    async def _identify(self, identities: Sequence[str]) -> list[KnownStation | None]:
        """All that come at the same time by one query."""
        async with self._hot.database.transaction() as session:
            found = await assets.by_identities(session, identities)
        return [_known(*found[each]) if each in found else None for each in identities]

    async def connected(self, known: KnownStation, connection: OpenConnection) -> None:
        row = _socket(known, connection, self._desk.clock())
        fact = Opened(
            known.asset_id,
            known.identity,
            None,
            row.connection_id,
            row.node,
            row.remote_ip,
            row.protocol,
            row.security_profile,
        )
        is_alone = await self._kept(fact) is Outcome.ALONE
        is_first = connection.profile > known.security_profile or connection.is_first_use
        if is_alone or is_first:
            async with self._facts_of(known, self._coming) as work:
                if is_alone:
                    await station.connected(work, row)
                if is_first:
                    await self._used(work, known, connection)

    async def disconnected(self, known: KnownStation, connection_id: UUID, reason: str) -> None:
        async with self._work(known.identity) as work:
            await station.disconnected(work, known.asset_id, str(connection_id), reason)

    async def boot(self, known: KnownStation, event: Booted, _at: datetime) -> BootDecision:
        detail = {
            "vendor": event.vendor,
            "model": event.model,
            "serial": event.serials[0] if event.serials else None,
            "firmware": event.firmware,
        }
        async with self._facts_of(known) as work:
            accepted = await station.booted(
                work, known.asset_id, event.serials, detail, is_certified=known.is_certified
            )
        if accepted:
            return BootDecision(Registration.ACCEPTED, station.HEARTBEAT_INTERVAL_S)
        return BootDecision(Registration.REJECTED, station.BOOT_RETRY_INTERVAL_S)

    async def status(self, known: KnownStation, event: ConnectorStatus, at: datetime) -> None:
        # A station whose clock is not set tells its state now all the same.
        since = at if event.timestamp is None or event.irregularities else event.timestamp
        if await self._status(known, event, since, at) is Outcome.NOWHERE:
            log.warning("status_of_unknown_connector", connector=event.connector, status=event.status)

    async def _status(self, known: KnownStation, event: ConnectorStatus, since: datetime, at: datetime) -> Answer:
        """One of several connectors of an EVSE tells only a part of the EVSE's state: that is put together alone."""
        said = (event.connector, event.status, event.error_code, since, event.info)
        if event.plug is not None:
            async with self._facts_of(known) as work:
                kept = await station.status(work, known.asset_id, *said, event.plug)
            if event.timestamp is not None:
                await self._note_drift(known, event.timestamp, event.irregularities, at)
            return Outcome.KEPT if kept else Outcome.NOWHERE
        times = () if event.timestamp is None else (event.timestamp,)
        drift_s = self._drifts.told(known.asset_id, times, event.irregularities, at)
        return await self._kept(Status(known.asset_id, known.identity, drift_s, *said))

    async def reported(self, known: KnownStation, event: Reported, at: datetime) -> None:
        report = StationReport(
            asset_id=known.asset_id,
            kind=event.kind,
            request=event.request,
            part=event.part,
            is_last=event.is_last,
            payload=event.payload,
            at=at if event.irregularities else event.timestamp,
        )
        async with self._facts_of(known) as work:
            await station.reported(work, known.asset_id, report, event.info)

    async def told(self, known: KnownStation, event: Told, at: datetime) -> None:
        since = at if event.irregularities else event.timestamp
        async with self._facts_of(known) as work:
            await station.told(work, known.asset_id, event.topic, event.word, since, event.request, event.info)

    async def heartbeat(self, known: KnownStation, _at: datetime) -> None:
        await self._kept(Seen(known.asset_id, known.identity))

    def note(self, said: Said) -> None:
        self._log.note(said)

    async def key_proposed(self, known: KnownStation, key_hash: str) -> None:
        async with self._facts_of(known) as work:
            await station.key_proposed(work, known.asset_id, key_hash)

    async def key_confirmed(self, known: KnownStation, key_hash: str) -> None:
        async with self._facts_of(known) as work:
            await station.key_confirmed(work, known.asset_id, key_hash)

    async def key_refused(self, known: KnownStation, answer: str, _at: datetime) -> None:
        async with self._facts_of(known) as work:
            await station.key_refused(work, known.asset_id, answer)

    @asynccontextmanager
    async def _facts_of(self, known: KnownStation, lane: Lane | None = None) -> AsyncIterator[Work]:
        """A socket outlives what it was admitted for where hardware is unlinked. Raises NotRegisteredError."""
        async with self._work(known.identity, lane) as work:
            if not await assets.lock_registered(work.session, known.asset_id, known.identity):
                raise NotRegisteredError
            yield work

    @asynccontextmanager
    async def _work(self, name: str, lane: Lane | None = None) -> AsyncIterator[Work]:
        desk, turns = lane or self._lane
        correlation_id = str(get_contextvars().get("correlation_id") or uuid4())
        async with turns, desk.work(Actor(id=None, name=name), correlation_id) as work:
            yield work
        self._courier.take(work.handed_over)


def _known(asset: Asset, unit: Unit) -> KnownStation:
    registration = None if asset.registration is None else Registration(asset.registration)
    profile = SecurityProfile(unit.security_profile)
    return KnownStation(asset.id, unit.ocpp_identity, _open_keys(unit), registration, profile)


def _open_keys(unit: Unit) -> tuple[StoredKey, ...]:
    """The keys that may open a connection now, the likeliest first."""
    own = [unit.key_hash] if unit.key_hash else []
    factory = [unit.factory_key_hash] if unit.factory_key_closed_at is None else []
    return (
        *(StoredKey(KeyKind.OWN, key_hash) for key_hash in own),
        *(StoredKey(KeyKind.PROPOSED, key_hash) for key_hash in reversed(unit.proposed_key_hashes)),
        *(StoredKey(KeyKind.FACTORY, key_hash) for key_hash in factory),
    )


def _socket(known: KnownStation, connection: OpenConnection, now: datetime) -> StationConnection:
    return StationConnection(
        asset_id=known.asset_id,
        connection_id=str(connection.connection_id),
        node=connection.node,
        remote_ip=connection.remote_ip,
        protocol=connection.protocol,
        connected_at=now,
        security_profile=connection.profile,
    )
