"""One station while it is connected: its facts go to the records, commands come to it, its key is replaced."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import SecretStr
from websockets.frames import CloseCode

from csms import metrics, protocols, transactions
from csms.authentication import Authenticator, new_key
from csms.connection import Answer, CallRefusedError, NotSentError, StationConnection
from csms.events import CertificateRequested
from csms.frames import Call, ErrorCode
from csms.guard import Guard
from csms.limits import Limits
from csms.message_log import Noted, Said
from csms.outcome import Outcome, Result
from csms.ports import KeyKind, KnownStation, NotRegisteredError, OpenConnection, Registration, StationRecords
from csms.protocol import Context
from csms.station_socket import StationSocket
from models.clock import Clock
from models.messages.commands import (
    Command,
    Disconnect,
    GiveCertificate,
    ReadTransactionStatus,
    RenewKey,
    SetKey,
    StationCall,
    Trigger,
    TriggerMessage,
)
from models.rules.station_certificates import RENEWAL

log = structlog.get_logger()

PROBE_S = 2


@dataclass(frozen=True, slots=True)
class Front:
    """What all sessions of a node share."""

    records: StationRecords
    authenticator: Authenticator
    clock: Clock
    limits: Limits
    guard: Guard
    """Over how many calls are handled at once, and how long each may take."""


class StationSession:
    def __init__(self, front: Front, station: KnownStation, opened: OpenConnection, socket: StationSocket) -> None:
        self.station = station
        self.opened = opened
        self._front = front
        self._registration = station.registration
        self._protocol = protocols.named(opened.protocol)
        self._connection = StationConnection(
            socket, self._handle, self._protocol.actions, front.limits, self._protocol.error_words, self._note
        )
        self._key_sent = False
        self._renewal_asked = False
        self._signing: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()

    async def serve(self) -> str:
        """Serves the station until its socket ends; returns why it did."""
        try:
            return await self._connection.serve()
        finally:
            await self._end_errands()

    async def close(self, code: int, reason: str) -> None:
        await self._connection.close(code, reason)

    async def execute(self, command: Command) -> Outcome:
        """Sends the command to the station. Raises NotSentError where the socket has ended or is too busy.

        OCPP 1.6 ed.2 §4.2: a station whose boot is pending takes no remote start or stop; to a rejected one we send
        nothing. One that comes back without a boot is what it was before.
        """
        if isinstance(command, Disconnect):
            await self.close(CloseCode.NORMAL_CLOSURE, "closed by the operator")
            return Outcome(Result.ACCEPTED)
        if not self._may_be_sent(command):
            return Outcome(Result.NOT_READY, "the station's boot is not accepted")
        if isinstance(command, RenewKey):
            return await self._renew_key()
        return await self._send(command)

    async def replace(self) -> None:
        """Another socket of this station has taken its place: this one hears nothing more, and is closed."""
        self._connection.stop_reading()
        alive = await self._connection.is_alive(PROBE_S)
        metrics.REPLACED.labels(str(alive).lower()).inc()
        log.warning("connection_replaced", replaced=str(self.opened.connection_id), old_one_alive=alive)
        await self.close(CloseCode.NORMAL_CLOSURE, "replaced by a newer connection")

    async def _send(self, command: StationCall) -> Outcome:
        if self._protocol.names_transactions:
            command = await transactions.named_by_station(command, self._own_transaction)
        outcome = await self._protocol.execute(self._connection.call, command)
        log.info(
            "command_answered",
            identity=self.station.identity,
            command=type(command).__name__,
            result=outcome.result,
            detail=outcome.detail,
        )
        if isinstance(command, ReadTransactionStatus):
            await self._keep_status(command, outcome)
        return outcome

    async def _own_transaction(self, number: int) -> str | None:
        return await self._front.records.own_transaction(self.station, number)

    async def _keep_status(self, command: ReadTransactionStatus, outcome: Outcome) -> None:
        """What the station has still to tell of a transaction keeps its session open."""
        waiting = outcome.data.get("messages_in_queue")
        if isinstance(command.transaction, str) and isinstance(waiting, bool):
            await self._front.records.queue_told(self.station, command.transaction, messages_in_queue=waiting)

    def _may_be_sent(self, command: Command) -> bool:
        if self._registration is Registration.REJECTED:
            return False
        return self._registration is Registration.ACCEPTED or not transactions.starts_or_stops(command)

    async def _handle(self, call: Call) -> Answer:
        front = self._front
        context = Context(
            self.station, front.records, front.clock(), self._registration, self._booted, self._certificate_awaited
        )
        try:
            return await front.guard.run(self._protocol.handle, context, call)
        except NotRegisteredError:
            log.warning("no_longer_registered")
            self._spawn(self.close(CloseCode.POLICY_VIOLATION, "no longer registered"))
            raise CallRefusedError(ErrorCode.SECURITY_ERROR, "the station is not registered any more") from None

    def _note(self, noted: Noted) -> None:
        said = Said(self.station.asset_id, self.opened.connection_id, self._front.clock(), noted)
        self._front.records.note(said)

    def _booted(self, registration: Registration) -> None:
        self._registration = registration
        if registration is not Registration.ACCEPTED:
            return
        if self.opened.opened_by is KeyKind.FACTORY and not self._key_sent:
            self._spawn(self._replace_factory_key())
        self.renew_certificate_in_time()

    def renew_certificate_in_time(self) -> None:
        """Asks the station, once, to ask for a certificate where it has none of ours or the one it has ends soon."""
        held = self.opened.certificate
        if held is None or self._renewal_asked or self._registration is not Registration.ACCEPTED:
            return
        if not held.is_ours or held.not_after - self._front.clock() < RENEWAL:
            self._renewal_asked = True
            self._spawn(self._ask_to_renew())

    async def _ask_to_renew(self) -> None:
        """OCPP 2.0.1 part 2 §A02. What the station says to it is an outcome like any other."""
        try:
            await self._send(TriggerMessage(message=Trigger.CERTIFICATE_REQUEST))
        except NotSentError as reason:
            log.info("renewal_not_asked", cause=str(reason))

    def _certificate_awaited(self, event: CertificateRequested) -> None:
        """One at a time: a station that asks again before it has the first gets that one."""
        if self._signing is None or self._signing.done():
            self._signing = self._spawn(self._give_certificate(event))

    async def _give_certificate(self, event: CertificateRequested) -> None:
        """What is lost on the way the station asks for again (OCPP 2.0.1 part 2 §A02)."""
        records = self._front.records
        try:
            signed = await records.sign_certificate(self.station, event)
            if signed is None:
                return
            outcome = await self._send(GiveCertificate(chain=signed.chain, request=event.request))
            match outcome.result:
                case Result.ACCEPTED:
                    await records.certificate_answered(self.station, signed.serial, None)
                case Result.NO_ANSWER:
                    log.info("certificate_sent", serial=signed.serial)
                case _:
                    refusal = outcome.detail or outcome.result
                    await records.certificate_answered(self.station, signed.serial, refusal)
        except NotSentError as reason:
            log.info("certificate_not_sent", cause=str(reason))
        except Exception:
            log.exception("certificate_not_given")

    async def _replace_factory_key(self) -> None:
        try:
            await self._renew_key()
        except NotSentError as reason:
            log.info("key_not_sent", cause=str(reason))
        except Exception:
            # The station works on with the key it has; the next boot tries again.
            log.exception("key_not_renewed")

    async def _renew_key(self) -> Outcome:
        """Sends a new key. It opens connections before it is sent, since the answer can get lost."""
        self._key_sent = True
        key = new_key()
        key_hash = await self._front.authenticator.hash_key(key)
        records = self._front.records
        await records.key_proposed(self.station, key_hash)
        outcome = await self._send(SetKey(key=SecretStr(key)))
        match outcome.result:
            case Result.ACCEPTED:
                await records.key_confirmed(self.station, key_hash)
            case Result.REJECTED | Result.NOT_SUPPORTED | Result.FAILED:
                await records.key_refused(self.station, outcome.detail or outcome.result, self._front.clock())
            case _:
                # Unknown (or after its reboot only): the key it next logs in with will tell.
                log.info("key_proposed", result=outcome.result)
        return outcome

    async def _end_errands(self) -> None:
        """A key that the station has taken in its last moment is still written down: what was asked ends by itself."""
        if self._errands:
            await asyncio.wait(self._errands, timeout=self._front.limits.draining_s)
        for errand in tuple(self._errands):
            errand.cancel()

    def _spawn(self, errand: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        return task
