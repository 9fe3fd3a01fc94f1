"""How the sockets of one station take its place, and how many are closed at once."""

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from csms import watch
from csms.listener import CsmsServer
from csms.registry import OvertakenError, Registry
from csms.watch import Watch
from tests.csms.memory import MemoryRecords
from tests.csms.station import station_at, until

STATION = uuid4()


class Arrivals:
    """Sockets that come while the first is not through."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.through: list[int] = []
        self.go_on = asyncio.Event()

    async def come(self, number: int) -> None:
        async with self.registry.arriving(STATION):
            await self.go_on.wait()
            self.through.append(number)


@pytest.mark.step("O14")
async def test_of_the_sockets_that_wait_to_take_a_stations_place_only_the_newest_stays() -> None:
    arrivals = Arrivals()
    tasks = [asyncio.create_task(arrivals.come(number)) for number in range(50)]
    await until(lambda: sum(task.done() for task in tasks) == 48)
    assert all(isinstance(task.exception(), OvertakenError) for task in tasks[1:-1])
    arrivals.go_on.set()
    await asyncio.gather(tasks[0], tasks[-1])
    assert arrivals.through == [0, 49]


async def test_a_socket_that_goes_while_it_waits_keeps_nobody_out() -> None:
    arrivals = Arrivals()
    first, gone = (asyncio.create_task(arrivals.come(number)) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait({gone})
    arrivals.go_on.set()
    await first
    async with asyncio.timeout(1):
        await arrivals.come(3)
    assert (gone.cancelled(), arrivals.through) == (True, [1, 3])


async def test_a_socket_whose_turn_comes_as_a_newer_one_does_goes_without_harm() -> None:
    arrivals = Arrivals()
    first, second = (asyncio.create_task(arrivals.come(number)) for number in (1, 2))
    await asyncio.sleep(0)
    arrivals.go_on.set()
    await first
    # Its turn was given, but it has not woken up yet.
    third = asyncio.create_task(arrivals.come(3))
    await asyncio.gather(second, third, return_exceptions=True)
    assert arrivals.through in ([1, 3], [1, 2, 3])


class SlowRecords(MemoryRecords):
    """The first connection is written down when ``go_on`` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def connected(self, *told: Any) -> None:
        await self.go_on.wait()
        await super().connected(*told)


@pytest.mark.step("O14")
async def test_a_station_cannot_pile_up_sockets_while_its_first_is_written_down() -> None:
    records = SlowRecords()
    records.register("CP-1")
    async with (
        CsmsServer(records, host="127.0.0.1", port=0, node="n") as server,
        station_at(server),
        station_at(server) as second,
        station_at(server) as newest,
    ):
        assert await second.closed() == 1000
        records.go_on.set()
        assert await newest.call("Heartbeat", {})
        assert len(server.registry) == 1


class ClosingSession:
    """A socket that is closed only once so many are being closed."""

    def __init__(self, fingerprint: str, together: asyncio.Barrier) -> None:
        self.station = SimpleNamespace(identity=fingerprint)
        self.opened = SimpleNamespace(certificate=SimpleNamespace(fingerprint=fingerprint))
        self._together = together
        self.is_closing = False
        self.is_closed = False

    async def close(self, code: int, _reason: str) -> None:
        assert code == 1008
        self.is_closing = True
        await self._together.wait()
        await asyncio.sleep(0)
        self.is_closing, self.is_closed = False, True


async def test_sockets_whose_certificates_are_revoked_are_closed_beside_each_other_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "CLOSED_AT_ONCE", 5)
    together = asyncio.Barrier(5)
    sessions = [ClosingSession(str(number), together) for number in range(10)]
    held: Any = SimpleNamespace(sessions=lambda: sessions)
    records: Any = SimpleNamespace(revoked=_all_of_them)
    most = 0

    async def look_on() -> None:
        nonlocal most
        while not all(each.is_closed for each in sessions):
            most = max(most, sum(each.is_closing for each in sessions))
            await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await asyncio.gather(Watch(held, records, None).close_revoked(), look_on())
    assert most == 5


async def _all_of_them(fingerprints: tuple[str, ...]) -> set[str]:
    return set(fingerprints)
