"""A minute that slides."""

import pytest

from models.rules.rates import Usage, neighbourhood


def test_the_minute_before_fades_evenly() -> None:
    assert Usage(limit=100, count=10, count_before=80, elapsed_s=0).used == 90
    assert Usage(limit=100, count=10, count_before=80, elapsed_s=30).used == 50
    assert Usage(limit=100, count=10, count_before=80, elapsed_s=30).remaining == 50


def test_the_limit_itself_can_be_used_up() -> None:
    assert not Usage(limit=10, count=10, count_before=0, elapsed_s=5).is_over
    assert Usage(limit=10, count=11, count_before=0, elapsed_s=5).is_over


@pytest.mark.parametrize("count", [0, 1, 5, 9, 10, 11])
@pytest.mark.parametrize("before", [0, 1, 6, 10, 11])
@pytest.mark.parametrize("elapsed_s", [0.0, 12.5, 59.9])
def test_whoever_waits_as_long_as_told_is_let_through(count: int, before: int, elapsed_s: float) -> None:
    usage = Usage(limit=10, count=count, count_before=before, elapsed_s=elapsed_s)
    later_s = elapsed_s + usage.wait_s
    minutes, into_s = divmod(later_s, 60)
    counts = (count + 1, before) if minutes == 0 else (1, count if minutes == 1 else 0)
    assert not Usage(10, *counts, into_s).is_over


def test_one_network_of_ipv6_is_one_party_and_each_address_of_ipv4() -> None:
    assert neighbourhood("2001:db8:1:2::7") == neighbourhood("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert neighbourhood("2001:db8:1:3::7") != neighbourhood("2001:db8:1:2::7")
    for as_it_is in ("192.0.2.1", "::ffff:192.0.2.1", "", "testclient"):
        assert neighbourhood(as_it_is) == as_it_is
