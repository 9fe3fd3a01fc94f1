"""What the message log may not show, it does not show."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms import masking
from csms.frames import Payload

TOKEN, SECRET = "04A2B3C4D5E6F7", "hunter2hunter2"
CERTIFICATE = "-----BEGIN CERTIFICATE-----MIIB"

HIDDEN: list[tuple[Any, str]] = [
    ({"idTag": TOKEN}, TOKEN),
    ({"idTagInfo": {"status": "Accepted", "parentIdTag": TOKEN}}, TOKEN),
    ({"localAuthorizationList": [{"idTag": TOKEN}]}, TOKEN),
    ({"idToken": {"idToken": TOKEN, "type": "ISO14443"}}, TOKEN),
    ({"idTokenInfo": {"groupIdToken": {"idToken": TOKEN, "type": "Central"}}}, TOKEN),
    ({"idToken": {"additionalInfo": [{"additionalIdToken": TOKEN, "type": "x"}]}}, TOKEN),
    ({"key": "AuthorizationKey", "value": SECRET}, SECRET),
    ({"configurationKey": [{"key": "SomeVendorPassword", "readonly": False, "value": SECRET}]}, SECRET),
    ({"setVariableData": [{"variable": {"name": "BasicAuthPassword"}, "attributeValue": SECRET}]}, SECRET),
    ({"connectionData": {"apn": {"apnUserName": "x", "apnPassword": SECRET, "simPin": 1234567}}}, SECRET),
    ({"connectionData": {"apn": {"simPin": 1234567}}}, "1234567"),
    ({"location": f"ftp://user:{SECRET}@files.example/up"}, SECRET),
    ({"certificate": CERTIFICATE, "certificateType": "CSMSRootCertificate"}, CERTIFICATE),
    ({"csr": CERTIFICATE}, CERTIFICATE),
    ({"certificateChain": CERTIFICATE}, CERTIFICATE),
    ({"vendorId": "v", "data": f"card {TOKEN}"}, TOKEN),
    ({"vendorId": "v", "data": json.dumps({"user": {"idTag": TOKEN}})}, TOKEN),
    ({"vendorId": "v", "data": "12345678901234"}, "12345678901234"),
    ({"vendorId": "v", "data": json.dumps([TOKEN])}, TOKEN),
    ({"vpn": {"server": "s", "user": "u", "password": "p", "key": SECRET, "type": "IPSec"}}, SECRET),
    (
        {"reportData": [{"variable": {"name": "BasicAuthPassword"}, "variableAttribute": [{"value": SECRET}]}]},
        SECRET,
    ),
    ({"eventData": [{"variable": {"name": "BasicAuthPassword"}, "actualValue": SECRET}]}, SECRET),
    ({"customerIdentifier": "Jan Jansen"}, "Jansen"),
    ({"meterValue": [], "IDTAG": TOKEN}, TOKEN),
]


@pytest.mark.step("L1")
@pytest.mark.parametrize(("payload", "hidden"), HIDDEN)
def test_tokens_secrets_and_personal_data_are_masked(payload: Payload, hidden: str) -> None:
    assert hidden not in str(masking.shown(payload))


@pytest.mark.step("L1")
def test_what_an_engineer_looks_for_is_shown_as_it_was() -> None:
    payload = {
        "connectorId": 1,
        "status": "Faulted",
        "info": "door open",
        "meterValue": [{"timestamp": "2026-11-21T10:00:00Z", "sampledValue": [{"value": "1.15", "unit": "kWh"}]}],
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}],
        "idTag": TOKEN,
        "data": '{"mode":"eco"}',
    }
    expected = {**payload, "idTag": "…E6F7", "data": {"mode": "eco"}}
    assert json.loads(str(masking.shown(payload))) == expected
    assert masking.shown(None) is None


def test_a_very_long_message_is_shown_by_its_beginning() -> None:
    shown = json.loads(str(masking.shown({"idTag": TOKEN, "x": "y" * 100_000})))
    assert len(str(shown)) < masking.SHOWN_LIMIT + 100
    assert TOKEN not in str(shown)


names = st.sampled_from(["idTag", "key", "value", "data", "variable", "name", "password", "x"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
)


@given(st.dictionaries(names, values, max_size=5))
def test_every_message_can_be_shown(payload: dict[str, Any]) -> None:
    assert isinstance(json.loads(str(masking.shown(payload))), dict)


@pytest.mark.step("O21")
def test_a_message_is_shown_however_deeply_it_is_nested() -> None:
    deep = orjson.loads('{"a":' * 900 + "1" + "}" * 900)
    assert json.loads(str(masking.shown({"status": "Faulted", "vendor": deep})))["status"] == "Faulted"
