"""What stands in a list more than once is found at each of its places."""

import pytest

from models.rules.doubles import doubled

pytestmark = pytest.mark.step("P11")


def test_each_place_of_a_double_is_named_once_and_in_order() -> None:
    said = [
        (0, "serial", "A"),
        (0, "name", "B"),
        (1, "serial", "B"),
        (2, "serial", "A"),
        (3, "evse", "E"),
        (3, "evse", "E"),
    ]
    assert doubled(said) == [(0, "serial", "A"), (2, "serial", "A"), (3, "evse", "E")]


def test_the_same_value_under_another_name_is_no_double() -> None:
    assert doubled([(0, "serial", "A"), (1, "hardware_id", "A")]) == []
