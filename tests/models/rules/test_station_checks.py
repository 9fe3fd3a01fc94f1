"""What a station is configured with, and what its self-check finds (P13, P14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.station_checks import NETWORK_CONFIGURATION, findings, refusals, wanted_configuration

pytestmark = pytest.mark.step("P14")
settings = st.dictionaries(st.sampled_from([*NETWORK_CONFIGURATION, "OwnKey"]), st.sampled_from(["1", "true", "off"]))


@given(settings)
def test_a_product_has_its_own_settings_over_those_of_the_network(own: dict[str, str]) -> None:
    wanted = wanted_configuration(own)
    assert wanted.keys() == NETWORK_CONFIGURATION.keys() | own.keys()
    assert all(wanted[key] == own.get(key, NETWORK_CONFIGURATION.get(key)) for key in wanted)


@given(settings)
def test_a_station_that_reads_back_what_was_wanted_passes(own: dict[str, str]) -> None:
    wanted = wanted_configuration(own)
    assert findings(wanted, dict(wanted), {1: "Available", 2: "Preparing"}) == []


def test_a_setting_that_did_not_take_is_named_with_both_values() -> None:
    (found,) = findings({"HeartbeatInterval": "300"}, {"HeartbeatInterval": "60"}, {1: "Available"})
    assert found == "setting HeartbeatInterval is '60' instead of '300'"


def test_a_setting_that_the_station_does_not_have_is_no_fault() -> None:
    assert findings({"LocalPreAuthorize": "false"}, {}, {}) == []
    assert findings({"LocalPreAuthorize": "false"}, {"LocalPreAuthorize": None}, {}) == []


def test_a_value_is_the_same_in_capitals() -> None:
    assert findings({"LocalPreAuthorize": "false"}, {"LocalPreAuthorize": "False"}, {}) == []


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (None, "connector 2 has not told its state"),
        ("Faulted", "connector 2 is Faulted"),
        ("Unavailable", "connector 2 is Unavailable"),
    ],
)
def test_a_connector_that_is_silent_or_out_of_order_is_named(status: str | None, says: str) -> None:
    assert findings({}, {}, {1: "Available", 2: status}) == [says]


@pytest.mark.parametrize("outcome", ["accepted", "reboot_required", "not_supported"])
def test_only_a_refused_or_unanswered_setting_is_a_refusal(outcome: str) -> None:
    assert refusals({"A": outcome, "C": "rejected", "B": "timed_out"}) == ["B", "C"]
