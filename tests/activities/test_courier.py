"""Whoever commits facts is not kept waiting by their delivery, however slow that is (rule 1)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from activities import courier as couriers
from activities.courier import Courier
from tests.csms.station import until

pytestmark = pytest.mark.step("H1")


class SlowRelay:
    """Delivers when it is let; remembers which facts travelled together."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.journeys: list[list[str]] = []
        self.fails: Callable[[list[str]], bool] = lambda _: False

    async def deliver(self, workflow_ids: Iterable[str]) -> None:
        self.journeys.append(list(workflow_ids))
        if self.fails(self.journeys[-1]):
            raise RuntimeError("Temporal is away")
        await self.let.wait()


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> SlowRelay:
    """One journey at a time, as long as it is not slow."""
    monkeypatch.setattr(couriers, "QUICK_ONES", 1)
    return SlowRelay()


@pytest.fixture
async def courier(relay: SlowRelay) -> AsyncIterator[Courier]:
    courier = Courier(relay)
    yield courier
    relay.let.set()
    await courier.close()


async def on_their_way(relay: SlowRelay, count: int) -> None:
    await until(lambda: len(relay.journeys) >= count)


async def test_what_is_handed_in_meanwhile_travels_together_afterwards(courier: Courier, relay: SlowRelay) -> None:
    first = courier.take(["a"])
    await on_their_way(relay, 1)
    rest = [journey for name in ("b", "c", "b") for journey in courier.take([name])]
    relay.let.set()
    await asyncio.wait({*first, *rest}, timeout=5)
    assert relay.journeys == [["a"], ["b", "c"]]


async def test_what_is_handed_in_again_on_its_way_travels_again(courier: Courier, relay: SlowRelay) -> None:
    (first,) = courier.take(["a"])
    await on_their_way(relay, 1)
    (second,) = courier.take(["a"])
    relay.let.set()
    await asyncio.wait({first, second}, timeout=5)
    assert relay.journeys == [["a"], ["a"]]


async def test_others_set_out_where_a_journey_is_slow_but_no_more_than_a_few(
    courier: Courier, relay: SlowRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "SLOW_S", 0.01)
    monkeypatch.setattr(couriers, "TOGETHER", 2)
    courier.take(map(str, range(20)))
    await on_their_way(relay, couriers.AT_ONCE)
    assert not courier.is_quick
    for _ in range(10):
        await asyncio.sleep(0.01)
    assert len(relay.journeys) == couriers.AT_ONCE
    relay.let.set()
    await on_their_way(relay, 10)
    assert [name for journey in relay.journeys for name in journey] == [str(number) for number in range(20)]


async def test_what_is_handed_in_while_a_journey_is_slow_already_does_not_wait_for_it(
    courier: Courier, relay: SlowRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "SLOW_S", 0.0)
    courier.take(["a"])
    await on_their_way(relay, 1)
    await until(lambda: bool(courier._slow))
    courier.take(["b"])
    await on_their_way(relay, 2)
    assert relay.journeys == [["a"], ["b"]]


async def test_nobody_hopes_for_a_quick_arrival_behind_others_or_after_a_slow_one(
    courier: Courier, relay: SlowRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert courier.is_quick
    (first,) = courier.take(["a"])
    await on_their_way(relay, 1)
    assert not courier.is_quick
    monkeypatch.setattr(couriers, "QUICK_S", 0.0)
    relay.let.set()
    await asyncio.wait_for(first, 5)
    assert not courier.is_quick
    monkeypatch.setattr(couriers, "QUICK_S", 5.0)
    await asyncio.wait(courier.take(["b"]), timeout=5)
    assert courier.is_quick


async def test_what_is_handed_in_at_the_moment_of_an_arrival_sets_out(courier: Courier, relay: SlowRelay) -> None:
    relay.let.set()
    (first,) = courier.take(["a"])
    await first
    (second,) = courier.take(["b"])
    await asyncio.wait_for(second, 5)
    assert relay.journeys == [["a"], ["b"]]


async def test_what_finds_no_room_is_left_to_the_sweep(
    courier: Courier, relay: SlowRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "WAITING_LIMIT", 3)
    assert len(courier.take(map(str, range(10)))) == 3
    relay.let.set()
    await on_their_way(relay, 1)
    assert relay.journeys == [["0", "1", "2"]]


async def test_a_journey_that_fails_ends_and_stops_no_other(courier: Courier, relay: SlowRelay) -> None:
    relay.fails = lambda names: names == ["a"]
    relay.let.set()
    (failed,) = courier.take(["a"])
    await asyncio.wait_for(failed, 5)
    await asyncio.wait(courier.take(["b"]), timeout=5)
    assert relay.journeys == [["a"], ["b"]]
