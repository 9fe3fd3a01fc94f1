"""An EVSE of OCPP 2 is what its connectors amount to (P14)."""

import pytest

from models.rules.plugs import error_of, status_of

pytestmark = pytest.mark.step("P14")


@pytest.mark.parametrize(
    ("plugs", "status"),
    [
        ({"1": "Available"}, "Available"),
        ({"1": "Unavailable", "2": "Occupied"}, "Occupied"),
        ({"1": "Available", "2": "Reserved"}, "Reserved"),
        ({"1": "Available", "2": "Unavailable"}, "Available"),
        ({"1": "Occupied", "2": "Faulted"}, "Faulted"),
        ({"1": "OfAVendor", "2": "Unavailable"}, "Unavailable"),
        ({"1": "OfAVendor"}, "OfAVendor"),
    ],
)
def test_the_most_telling_connector_speaks_for_its_evse(plugs: dict[str, str], status: str) -> None:
    assert status_of(plugs) == status
    assert status_of(dict(reversed(plugs.items()))) == status


def test_only_a_fault_has_an_error() -> None:
    assert (error_of("Faulted"), error_of("Occupied")) == ("OtherError", "NoError")
