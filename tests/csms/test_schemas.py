"""The compiled validators find what the schemas of the ``ocpp`` package find."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.messages import MessageType, get_validator

from csms import schemas
from csms.frames import ErrorCode
from csms.v16.inbound import ACTIONS

FIELDS = st.sampled_from(
    ["connectorId", "transactionId", "meterValue", "idTag", "meterStart", "timestamp", "status", "errorCode", "reason"]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["Available", "NoError", "Local", "x" * 60, "2026-11-21T10:00:00Z"]),
    st.lists(st.fixed_dictionaries({}, optional={"timestamp": st.just("x"), "sampledValue": st.just([])}), max_size=2),
)


@pytest.mark.step("O18", "O19")
@given(st.sampled_from(sorted(ACTIONS)), st.dictionaries(FIELDS, VALUES, max_size=6))
def test_what_is_wrong_and_where_is_what_the_packages_own_validator_says(action: str, payload: dict[str, Any]) -> None:
    wrong = list(get_validator(MessageType.Call, action, "1.6").iter_errors(payload))
    missing = {
        f"{''.join(f'/{part}' for part in error.absolute_path)}/{name}"
        for error in wrong
        if error.validator == "required"
        for name in error.validator_value
        if name not in error.instance
    }
    elsewhere = {
        "".join(f"/{part}" for part in error.absolute_path) for error in wrong if error.validator != "required"
    }
    found = schemas.irregularities("1.6", action, payload)
    assert {each.field for each in found} == missing | elsewhere
    assert (schemas.violation("1.6", action, payload) is None) == (not wrong)


@pytest.mark.step("O18")
@pytest.mark.parametrize(
    ("changes", "code", "description"),
    [
        ({"status": None}, ErrorCode.TYPE_CONSTRAINT_VIOLATION, "/status: wrong type"),
        ({"status": "Dancing"}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "/status: unknown value"),
        ({"info": "x" * 51}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "/info: too long"),
        ({"mood": 1}, ErrorCode.FORMATION_VIOLATION, "/: unknown field"),
    ],
)
def test_each_kind_of_fault_has_its_code(changes: dict[str, Any], code: ErrorCode, description: str) -> None:
    payload = {"connectorId": 1, "errorCode": "NoError", "status": "Available", **changes}
    assert schemas.violation("1.6", "StatusNotification", payload) == (code, description)
    del payload["errorCode"]
    assert {each.fact for each in schemas.irregularities("1.6", "StatusNotification", payload)} >= {"missing"}


@pytest.mark.step("O21")
def test_a_payload_that_is_nested_a_thousand_times_is_named_and_no_crash() -> None:
    deep = json.loads('{"connectorId": 1, "meterValue": ' + "[" * 900 + "]" * 900 + "}")
    (found,) = schemas.irregularities("1.6", "MeterValues", deep)
    assert found.fact == "nested too deeply"
    assert schemas.violation("1.6", "StatusNotification", deep) == (
        ErrorCode.TYPE_CONSTRAINT_VIOLATION,
        "/: nested too deeply",
    )
