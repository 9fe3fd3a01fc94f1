"""Transactions of OCPP 2: read tolerantly, always answered, never lost (OCPP.md 3-5, 7, 15, 18, 26, 27)."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from csms.events import Authorise, Metered, Transacted
from csms.listener import CsmsServer
from models.rules.sequence import Phase
from tests.csms.conftest import RECEIVED_AT
from tests.csms.memory import MemoryRecords
from tests.csms.station import NOW
from tests.csms.station_of_2 import SUBPROTOCOLS, booted
from tests.csms.test_transactions import fields, last

pytestmark = [pytest.mark.step("P15"), pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)]

CARD = {"idToken": "test-card", "type": "ISO14443"}
START: dict[str, Any] = {
    "eventType": "Started",
    "timestamp": NOW,
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "5f7e-1", "chargingState": "EVConnected", "remoteStartId": 42},
    "evse": {"id": 1, "connectorId": 2},
    "idToken": CARD,
}


async def test_an_event_is_recorded_with_its_frame_and_answered_by_its_token(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    payload = {**START, "reservationId": 7, "numberOfPhasesUsed": 3, "offline": True, "cableMaxCurrent": 32}
    async with booted(server, subprotocol) as station:
        answer = await station.call("TransactionEvent", payload)
    assert answer == {"idTokenInfo": {"status": "Accepted", "cacheExpiryDateTime": "2030-01-01T00:00:00.000Z"}}
    event = last(records, Transacted)
    assert (event.transaction, event.phase, event.number) == ("5f7e-1", Phase.STARTED, 0)
    assert (event.evse, event.plug, event.token, event.token_kind) == (1, 2, "test-card", "ISO14443")
    assert (event.reservation, event.remote_start, event.phases_used, event.offline) == (7, 42, 3, True)
    assert (event.charging_state, event.stops, event.reason) == ("EVConnected", False, None)
    assert event.timestamp == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert json.loads(event.evidence)[2:] == ["TransactionEvent", payload]
    assert event.irregularities == ()


@pytest.mark.step("O7")
async def test_an_event_without_a_token_is_answered_without_a_verdict(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with booted(server, subprotocol) as station:
        assert await station.call("TransactionEvent", {**START, "idToken": None}) == {}
        ended = {**START, "eventType": "Ended", "seqNo": 3, "triggerReason": "StopAuthorized"}
        ended["transactionInfo"] = {"transactionId": "5f7e-1", "stoppedReason": "Local"}
        assert (await station.call("TransactionEvent", ended))["idTokenInfo"]["status"] == "Accepted"
    event = last(records, Transacted)
    assert (event.phase, event.stops, event.reason) == (Phase.ENDED, True, "Local")


@pytest.mark.step("O3")
@pytest.mark.parametrize(
    ("token", "status"),
    [
        ({"idToken": "BAD", "type": "ISO14443"}, "Blocked"),
        ({"idToken": "NOBODY", "type": "eMAID"}, "Invalid"),
        ({"idToken": "", "type": "NoAuthorization"}, "Invalid"),
    ],
)
async def test_an_event_with_a_refused_token_is_recorded_and_told_so(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, token: dict[str, str], status: str
) -> None:
    async with booted(server, subprotocol) as station:
        answer = await station.call("TransactionEvent", {**START, "idToken": token})
    assert answer == {"idTokenInfo": {"status": status}}
    assert last(records, Transacted).token == token["idToken"]


ODD: list[tuple[dict[str, Any], str | None]] = [
    ({"seqNo": None}, "/seqNo"),
    ({"seqNo": "3"}, "/seqNo"),
    ({"seqNo": -1}, "/seqNo"),
    ({"seqNo": 2**40}, "/seqNo"),
    ({"eventType": "Paused"}, "/eventType"),
    ({"eventType": ["Started"]}, "/eventType"),
    ({"triggerReason": "VendorsOwn"}, "/triggerReason"),
    ({"transactionInfo": "x"}, "/transactionInfo"),
    ({"transactionInfo": {}}, "/transactionInfo/transactionId"),
    ({"transactionInfo": {"transactionId": "x" * 40}}, "/transactionInfo/transactionId"),
    ({"transactionInfo": {"transactionId": 17}}, "/transactionInfo/transactionId"),
    ({"transactionInfo": {"transactionId": "a\0b"}}, None),
    ({"transactionInfo": {"transactionId": "a", "stoppedReason": "VendorsOwn"}}, "/transactionInfo/stoppedReason"),
    ({"evse": {"id": 0}}, "/id"),
    ({"evse": {"connectorId": 1}}, "/evse/id"),
    ({"evse": 1}, "/evse"),
    ({"idToken": "test-card"}, "/idToken"),
    ({"idToken": {"idToken": "x" * 300, "type": "ISO14443"}}, "/idToken/idToken"),
    ({"timestamp": "yesterday"}, "/timestamp"),
    ({"timestamp": "1970-01-01T00:00:00Z"}, "/timestamp"),
    ({"offline": "yes"}, "/offline"),
    ({"meterValue": [{"timestamp": NOW, "sampledValue": []}]}, "/meterValue/0/sampledValue"),
    ({"vendorField": {"deep": [1]}}, ""),
]


@pytest.mark.step("O5", "O18")
@pytest.mark.parametrize(("changes", "odd"), ODD, ids=[str(changes)[:40].replace("\0", "NUL") for changes, _ in ODD])
async def test_an_event_that_is_not_as_it_should_be_is_answered_as_valid_kept_and_marked(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, changes: dict[str, Any], odd: str | None
) -> None:
    payload = {**START, **changes}
    async with booted(server, subprotocol) as station:
        assert isinstance(await station.call("TransactionEvent", payload), dict)
    event = last(records, Transacted)
    assert json.loads(event.evidence)[3] == payload
    assert "\0" not in (event.transaction or "")
    assert odd is None or odd in fields(event)


@pytest.mark.step("O27")
async def test_an_evse_or_a_connector_that_was_not_told_is_not_guessed(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with booted(server, subprotocol) as station:
        await station.call("TransactionEvent", {**START, "evse": {"id": 3}})
        event = last(records, Transacted)
        assert (event.evse, event.plug) == (3, None)
        await station.call("TransactionEvent", {name: START[name] for name in START if name != "evse"})
    event = last(records, Transacted)
    assert (event.evse, event.plug) == (None, None)


@pytest.mark.step("O15")
async def test_an_event_without_any_field_is_kept_at_the_time_of_receipt(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with booted(server, subprotocol) as station:
        assert await station.call("TransactionEvent", {}) == {}
    event = last(records, Transacted)
    assert (event.transaction, event.number, event.phase) == (None, None, Phase.UPDATED)
    assert event.timestamp == RECEIVED_AT


SIGNED = {"signedMeterData": "T0NNRg==", "signingMethod": "ECDSA", "encodingMethod": "OCMF", "publicKey": "MFkw"}
SAMPLED: list[dict[str, Any]] = [
    {"value": 1500},
    {"value": 1.5, "unitOfMeasure": {"unit": "kWh"}, "context": "Transaction.Begin"},
    {"value": 15, "unitOfMeasure": {"unit": "Wh", "multiplier": 2}, "location": "Outlet"},
    {"value": 1500000, "unitOfMeasure": {"multiplier": -3}},
    {"value": 16.5, "measurand": "Current.Import", "phase": "L1"},
    {"value": 7, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "kW"}},
    {"value": 1500, "signedMeterValue": SIGNED},
    {"value": "1500"},
    {"value": None},
    {"value": 1, "unitOfMeasure": {"multiplier": 400}},
    {"value": 1, "unitOfMeasure": {"multiplier": "much"}},
    {"value": 10**14, "unitOfMeasure": {"multiplier": 12}},
    {},
]


@pytest.mark.parametrize(
    ("action", "around"), [("MeterValues", {"evseId": 1}), ("TransactionEvent", START)], ids=["alone", "in an event"]
)
async def test_samples_are_read_in_base_units_and_signed_ones_are_kept_as_they_are(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, action: str, around: dict[str, Any]
) -> None:
    payload = {**around, "meterValue": [{"timestamp": NOW, "sampledValue": SAMPLED}, {"timestamp": NOW}, "x"]}
    async with booted(server, subprotocol) as station:
        assert isinstance(await station.call(action, payload), dict)
    event = last(records, Metered if action == "MeterValues" else Transacted)
    read = [(sample.value, sample.unit) for sample in event.samples]
    register = (Decimal(1500), "Wh")
    assert read == [*[register] * 4, (Decimal("16.5"), "A"), (Decimal(7000), "W"), register, register]
    assert event.samples[1].context == "Transaction.Begin"
    signed = event.samples[6]
    assert (signed.signed, signed.signing) == (
        "T0NNRg==",
        {"method": "ECDSA", "encoding": "OCMF", "public_key": "MFkw"},
    )
    odd = {f"/meterValue/0/sampledValue/{number}" for number in (8, 9, 10, 11, 12)} | {"/meterValue/1", "/meterValue/2"}
    assert odd <= fields(event)


@pytest.mark.step("O4", "O10")
@pytest.mark.parametrize("payload", [{}, {"evseId": 0, "meterValue": []}, {"meterValue": "x", "evseId": -1}])
async def test_meter_values_without_values_are_answered_as_valid(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, payload: dict[str, Any]
) -> None:
    async with booted(server, subprotocol) as station:
        assert await station.call("MeterValues", payload) == {}
    event = last(records, Metered)
    assert (event.samples, event.transaction_id) == ((), None)


async def test_what_cannot_be_stored_is_not_confirmed(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with booted(server, subprotocol) as station:
        records.broken = True
        assert (await station.call("TransactionEvent", START))[0] == "InternalError"
        records.broken = False
        assert (await station.call("TransactionEvent", START))["idTokenInfo"]


@pytest.mark.step("O15")
async def test_a_token_is_judged_without_regard_to_case(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with booted(server, subprotocol) as station:
        answer = await station.call("Authorize", {"idToken": {"idToken": "Test-Card", "type": "ISO15693"}})
        assert answer["idTokenInfo"]["status"] == "Accepted"
    event = last(records, Authorise)
    assert (event.token, event.kind, event.certified) == ("Test-Card", "ISO15693", False)


async def test_a_token_has_a_group_where_the_records_name_one(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    records.groups["TEST-CARD"] = "FLEET-7"
    async with booted(server, subprotocol) as station:
        answer = await station.call("Authorize", {"idToken": CARD})
    assert answer["idTokenInfo"]["groupIdToken"] == {"idToken": "FLEET-7", "type": "Central"}


async def test_a_token_with_a_contract_certificate_is_not_accepted_as_nobody_checked_it(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with booted(server, subprotocol) as station:
        asked = {"idToken": {"idToken": "TEST-CARD", "type": "eMAID"}, "certificate": "-----BEGIN CERTIFICATE-----"}
        answer = await station.call("Authorize", asked)
    assert answer == {"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "CertChainError"}
    assert last(records, Authorise).certified
