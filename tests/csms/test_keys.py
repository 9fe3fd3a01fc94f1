"""The factory key opens the first connection, then our own replaces it, whatever gets lost (P13)."""

import asyncio
import threading
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from csms import authentication
from csms.authentication import Authenticator, new_key
from csms.listener import CsmsServer
from csms.outcome import Result
from csms.ports import KeyKind, KnownStation, StoredKey
from models.messages import commands
from tests.csms.memory import CHEAP, FACTORY_KEY, Kept, MemoryRecords
from tests.csms.station import RawStation, station_at, until

pytestmark = pytest.mark.step("P13")


async def take_key(station: RawStation) -> tuple[list[Any], str]:
    call = await station.asked()
    assert call[2] == "ChangeConfiguration"
    assert call[3]["key"] == "AuthorizationKey"
    return call, call[3]["value"]


def kinds(kept: Kept) -> list[KeyKind]:
    return [key.kind for key in kept.station.keys]


async def exchange(server: CsmsServer, kept: Kept) -> str:
    async with station_at(server) as station:
        await station.boot()
        call, key = await take_key(station)
        await station.answer(call, {"status": "Accepted"})
        await until(lambda: kinds(kept) == [KeyKind.OWN])
    return key


async def test_after_the_first_accepted_boot_our_own_key_replaces_the_factory_key(
    server: CsmsServer, records: MemoryRecords
) -> None:
    key = await exchange(server, records.kept["CP-1"])
    assert len(bytes.fromhex(key)) == 20
    with pytest.raises(InvalidStatus):
        async with station_at(server, key=FACTORY_KEY):
            pass
    async with station_at(server, key=key) as station:
        await station.boot()
        await station.call("Heartbeat", {})
        assert station.calls_waiting() == 0, "a station with our key gets no other one"


async def test_a_station_may_log_in_with_the_20_bytes_of_the_key(server: CsmsServer, records: MemoryRecords) -> None:
    key = await exchange(server, records.kept["CP-1"])
    async with station_at(server, key=bytes.fromhex(key)) as station:
        assert await station.call("Heartbeat", {})
    async with station_at(server, key=key.lower()) as station:
        assert await station.call("Heartbeat", {})


async def test_when_the_answer_is_lost_both_keys_work_until_the_new_one_is_used(
    server: CsmsServer, records: MemoryRecords
) -> None:
    kept = records.kept["CP-1"]
    async with station_at(server) as station:
        await station.boot()
        _, key = await take_key(station)
    await until(lambda: kept.connection is None)
    assert kinds(kept) == [KeyKind.FACTORY, KeyKind.PROPOSED]
    async with station_at(server, key=FACTORY_KEY) as station:
        assert await station.call("Heartbeat", {})
    async with station_at(server, key=key) as station:
        assert await station.call("Heartbeat", {})
        assert kinds(kept) == [KeyKind.OWN]
    with pytest.raises(InvalidStatus):
        async with station_at(server, key=FACTORY_KEY):
            pass


async def test_a_key_that_was_taken_on_an_earlier_try_still_works_after_a_later_one_was_lost(
    server: CsmsServer,
) -> None:
    earlier = []
    for _ in range(2):
        async with station_at(server) as station:
            await station.boot()
            earlier.append((await take_key(station))[1])
    async with station_at(server, key=earlier[0]) as station:
        assert await station.call("Heartbeat", {})


async def test_a_key_that_counts_after_a_reboot_only_is_confirmed_by_its_first_use(
    server: CsmsServer, records: MemoryRecords
) -> None:
    kept = records.kept["CP-1"]
    async with station_at(server) as station:
        await station.boot()
        call, key = await take_key(station)
        await station.answer(call, {"status": "RebootRequired"})
        await station.call("Heartbeat", {})
    assert kinds(kept) == [KeyKind.FACTORY, KeyKind.PROPOSED]
    async with station_at(server, key=key) as station:
        await until(lambda: kinds(kept) == [KeyKind.OWN])
        await station.boot()
        assert await station.call("Heartbeat", {})
        session = server.registry.get(kept.station.asset_id)
        assert session is not None
        assert not session._key_sent, "else it would get another one with every reboot"


async def test_a_key_that_the_station_takes_in_its_last_moment_is_confirmed(
    server: CsmsServer, records: MemoryRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, really = records.kept["CP-1"], records.key_confirmed

    async def after_the_socket(station: KnownStation, key_hash: str) -> None:
        session = server.registry.get(station.asset_id)
        assert session is not None
        await until(session._connection._inbox.over.done)
        for _ in range(100):  # what follows the end of the socket has its chance to break in
            await asyncio.sleep(0)
        await really(station, key_hash)

    monkeypatch.setattr(records, "key_confirmed", after_the_socket)
    async with station_at(server) as station:
        await station.boot()
        call, _ = await take_key(station)
        await station.answer(call, {"status": "Accepted"})
    await until(lambda: kinds(kept) == [KeyKind.OWN])


@pytest.mark.parametrize(
    "answer", [[3, {"status": "NotSupported"}], [3, {"status": "Rejected"}], [4, "NotImplemented", "", {}]]
)
async def test_a_station_that_takes_no_key_keeps_its_factory_key_and_that_is_recorded(
    server: CsmsServer, records: MemoryRecords, answer: list[Any]
) -> None:
    kept = records.kept["CP-1"]
    async with station_at(server) as station:
        await station.boot()
        call, _ = await take_key(station)
        await station.send([answer[0], call[1], *answer[1:]])
        await until(lambda: kept.refusals)
    async with station_at(server, key=FACTORY_KEY) as station:
        assert await station.call("Heartbeat", {})


async def test_no_key_is_sent_before_the_boot_is_accepted(server: CsmsServer, records: MemoryRecords) -> None:
    async with station_at(server) as station:
        await station.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
        assert (await station.boot(chargePointSerialNumber="OTHER"))["status"] == "Rejected"
        await station.call("Heartbeat", {})
        assert station.calls_waiting() == 0
    assert kinds(records.kept["CP-1"]) == [KeyKind.FACTORY]


@pytest.mark.step("O29")
async def test_a_key_is_renewed_by_command(server: CsmsServer, records: MemoryRecords) -> None:
    kept = records.kept["CP-1"]
    first = await exchange(server, kept)
    async with station_at(server, key=first) as station:
        session = await until(lambda: server.registry.get(kept.station.asset_id))
        renewal = asyncio.create_task(session.execute(commands.RenewKey()))
        call, second = await take_key(station)
        await station.answer(call, {"status": "Accepted"})
        assert (await renewal).result is Result.ACCEPTED
    assert second != first
    async with station_at(server, key=second) as station:
        assert await station.call("Heartbeat", {})


async def test_a_reconnect_with_a_verified_key_is_not_hashed_again_and_a_changed_hash_is(
    records: MemoryRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    really = authentication._matches

    def counted(key_hash: str, password: bytes) -> bool:
        hashed.append(key_hash)
        return really(key_hash, password)

    monkeypatch.setattr(authentication, "_matches", counted)
    authenticator = Authenticator()
    station = records.kept["CP-1"].station
    for _ in range(5):
        assert await authenticator.key_for(station, FACTORY_KEY.encode()) == station.keys[0]
        assert await authenticator.key_for(station, b"wrong") is None
    assert len(hashed) == 2
    changed = type(station)(station.asset_id, "CP-1", (StoredKey(KeyKind.OWN, CHEAP.hash(new_key())),))
    assert await authenticator.key_for(changed, FACTORY_KEY.encode()) is None
    assert len(hashed) == 3
    authenticator.close()


async def test_who_guesses_at_one_station_keeps_no_other_one_out(
    records: MemoryRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "WAITING_LIMIT", 20)
    really, go_on = authentication._matches, threading.Event()

    def slowly(key_hash: str, password: bytes) -> bool:
        go_on.wait(10)
        return really(key_hash, password)

    monkeypatch.setattr(authentication, "_matches", slowly)
    authenticator = Authenticator()
    attacked, other = records.kept["CP-1"].station, records.register("CP-2").station
    guesses = [asyncio.create_task(authenticator.key_for(attacked, f"guess {n}".encode())) for n in range(50)]
    login = asyncio.create_task(authenticator.key_for(other, FACTORY_KEY.encode()))
    await asyncio.wait({*guesses, login}, return_when=asyncio.FIRST_COMPLETED)
    go_on.set()
    assert await login == other.keys[0]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    refused = [each for each in answers if isinstance(each, authentication.TooManyWaitingError)]
    assert len(refused) == 50 - authentication.WAITING_FOR_ONE_STATION
    assert await authenticator.key_for(attacked, FACTORY_KEY.encode()) == attacked.keys[0]
    authenticator.close()
