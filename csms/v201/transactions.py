"""What moves money: TransactionEvent and MeterValues (OCPP 2.0.1 part 2 §E, §J), and Authorize (§C).

Read tolerantly: a message that is refused is lost, and with it the billing.
"""

import zlib
from collections.abc import Mapping
from typing import Any

import orjson

from csms import events, schemas
from csms.connection import Answer
from csms.frames import Call, Payload
from csms.ports import TokenDecision, TokenStatus
from csms.protocol import Context, Handler
from csms.reading import INT32_MAX, Reader, clean
from csms.v201.dialect import Dialect
from csms.v201.samples import samples_of
from csms.writing import payload_of, written_or_none
from models.rules.sequence import Phase

TOKEN_LIMIT = 255
TRANSACTION_LIMIT = 255
"""The standard has 36; ids that were cut could be taken for one another."""
_PHASE = {"Started": Phase.STARTED, "Updated": Phase.UPDATED, "Ended": Phase.ENDED}


class Transactions:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.strict: Mapping[str, Handler] = {"Authorize": self.authorize}
        self.tolerant: Mapping[str, Handler] = {
            "TransactionEvent": self.transaction_event,
            "MeterValues": self.meter_values,
        }
        status = dialect.enums.AuthorizationStatusEnumType
        self._status: dict[TokenStatus, Any] = {
            TokenStatus.ACCEPTED: status.accepted,
            TokenStatus.BLOCKED: status.blocked,
            TokenStatus.EXPIRED: status.expired,
            TokenStatus.INVALID: status.invalid,
            TokenStatus.NO_CREDIT: status.no_credit,
            TokenStatus.NOT_AT_THIS_LOCATION: status.not_at_this_location,
            TokenStatus.NOT_AT_THIS_TIME: status.not_at_this_time,
            TokenStatus.CONCURRENT: status.concurrent_tx,
        }

    async def authorize(self, context: Context, call: Call) -> Answer:
        """We check no contract certificates: a token that needs one is not accepted (part 2 §C07).

        A contract whose token we refuse anyway is told to be over; of any other, that its certificate leads nowhere.
        """
        payload, shown = call.payload, call.payload["idToken"]
        certified = "certificate" in payload or "iso15118CertificateHashData" in payload
        event = events.Authorise(clean(shown["idToken"]), clean(shown["type"], 20), certified=certified)
        decision = await context.records.authorise(context.station, event, context.now)
        certificate = None
        if certified:
            statuses = self._dialect.enums.AuthorizeCertificateStatusEnumType
            is_over = decision.status in {TokenStatus.BLOCKED, TokenStatus.EXPIRED}
            certificate = statuses.contract_cancelled if is_over else statuses.cert_chain_error
            decision = decision if is_over else TokenDecision(TokenStatus.INVALID)
        conf = self._dialect.call_result.Authorize(
            id_token_info=self._token_info(decision), certificate_status=certificate
        )
        return Answer(payload_of(conf))

    async def transaction_event(self, context: Context, call: Call) -> Answer:
        event = self._transacted(context, call)
        decision = await context.records.transacted(context.station, event, context.now)
        info = None if decision is None else self._token_info(decision)
        return Answer(payload_of(self._dialect.call_result.TransactionEvent(id_token_info=info)))

    async def meter_values(self, context: Context, call: Call) -> Answer:
        """Of no transaction: those of one come with its events."""
        payload, reader = call.payload, self._reader(context, call)
        samples = samples_of(payload.get("meterValue"), "meterValue", reader)
        event = events.Metered(
            connector=reader.number(payload, "evseId", low=0, high=INT32_MAX),
            transaction_id=None,
            samples=samples,
            evidence=call.raw,
            irregularities=reader.irregularities,
        )
        await context.records.metered(context.station, event, context.now)
        return Answer(payload_of(self._dialect.call_result.MeterValues()))

    def _transacted(self, context: Context, call: Call) -> events.Transacted:
        payload, reader = call.payload, self._reader(context, call)
        about, evse, shown = (_part(payload, name) for name in ("transactionInfo", "evse", "idToken"))
        phase = _phase(payload, reader)
        token = reader.text(shown, "idToken", TOKEN_LIMIT)
        samples = samples_of(payload.get("meterValue"), "meterValue", reader)
        return events.Transacted(
            transaction=reader.text(about, "transactionId", TRANSACTION_LIMIT),
            phase=phase,
            number=reader.number(payload, "seqNo", low=0, high=INT32_MAX),
            timestamp=reader.instant(payload, "timestamp"),
            offline=reader.flag(payload, "offline"),
            evse=reader.number(evse, "id", low=1, high=INT32_MAX),
            plug=reader.number(evse, "connectorId", low=1, high=INT32_MAX),
            # An event that names the way without a token (NoAuthorization) shows the empty one, which is judged too.
            token=token or ("" if shown else None),
            token_kind=reader.text(shown, "type", 20) or "",
            stops=phase is Phase.ENDED or payload.get("triggerReason") == "StopAuthorized",
            charging_state=reader.text(about, "chargingState", 50),
            reason=reader.text(about, "stoppedReason", 50),
            phases_used=reader.number(payload, "numberOfPhasesUsed", low=0, high=3),
            remote_start=reader.number(about, "remoteStartId", low=-INT32_MAX, high=INT32_MAX),
            reservation=reader.number(payload, "reservationId", low=-INT32_MAX, high=INT32_MAX),
            samples=samples,
            evidence=call.raw,
            irregularities=reader.irregularities,
            content=_digest(payload),
        )

    def _reader(self, context: Context, call: Call) -> Reader:
        return Reader(context.now, schemas.irregularities(self._dialect.version, call.action, call.payload))

    def _token_info(self, decision: TokenDecision) -> Any:
        types = self._dialect.datatypes
        group = None if decision.group is None else types.IdTokenType(id_token=decision.group, type="Central")
        return types.IdTokenInfoType(
            status=self._status[decision.status],
            cache_expiry_date_time=written_or_none(decision.expires_at),
            group_id_token=group,
        )


def _phase(payload: Payload, reader: Reader) -> Phase:
    """What is neither a start nor an end is read as something in between."""
    told = payload.get("eventType")
    phase = _PHASE.get(told) if isinstance(told, str) else None
    if phase is None:
        reader.note("/eventType", "unknown; read as Updated")
    return phase or Phase.UPDATED


def _digest(payload: Payload) -> int:
    """The same for an event that is sent again: what comes late may be marked as off-line then."""
    said = {name: value for name, value in payload.items() if name != "offline"}
    try:
        return zlib.crc32(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))
    except TypeError:
        return 0  # nested more deeply than is written; its instant still tells it apart


def _part(payload: Payload, name: str) -> Payload:
    value = payload.get(name)
    return value if isinstance(value, dict) else {}
