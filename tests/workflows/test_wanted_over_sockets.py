"""What is wanted of a product is brought about on simulated stations of every version, over real sockets (L5)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlmodel import col, select

from models.messages.wanted import NewFirmware, NewList, Owner
from models.rules.authorisation import TokenKind
from models.store import wanted as store
from models.tables.asset import Asset, StationEvent
from models.tables.charging import IdToken
from models.tables.wanted import StationSetting
from models.usecases import upkeep, wanting
from tests.sandbox.stations.depot import Depot, opened_depot
from tests.workflows.front import VERSIONS
from tests.workflows.street import Street

pytestmark = pytest.mark.step("L5")

SAMPLING = {"ocpp1.6": "MeterValueSampleInterval"} | dict.fromkeys(VERSIONS[1:], "SampledDataCtrlr.TxUpdatedInterval")
"""What the key of OCPP 1.6 is called at the station itself."""
FIXED = "ReserveConnectorZeroSupported"
"""No version of the simulated station lets it be changed."""


def owner(street: Street) -> Owner:
    return Owner("DUO-22", product_id=street.house.world.product.id)


async def want(street: Street, **settings: str) -> None:
    """Of the product; the workers' round tells its stations."""
    for name, value in settings.items():
        await street.do(lambda work, name=name, value=value: wanting.set_setting(work, owner(street), name, value))  # type: ignore[misc]


async def settings(street: Street, name: str) -> dict[str, tuple[str, str | None]]:
    """Of each version's station how the setting stands in the rows, and what the station told of it."""
    found = {}
    for protocol, asset in street.assets.items():
        wanted = select(StationSetting).where(col(StationSetting.asset_id) == asset.id)
        rows = {row.name: row for row in await street.rows(wanted)}
        if name in rows:
            found[protocol] = (rows[name].state.value, rows[name].actual)
    return found


def sampling(street: Street) -> dict[str, str]:
    """What each version's station has."""
    return {protocol: station.configuration.value(SAMPLING[protocol]) for protocol, station in street.stations.items()}


async def states(street: Street, protocol: str) -> list[str]:
    """In which a setting has stood, by the station's events."""
    wanted = select(StationEvent).where(
        col(StationEvent.asset_id) == street.assets[protocol].id, col(StationEvent.kind) == "setting"
    )
    return [row.detail["state"] for row in await street.rows(wanted.order_by(col(StationEvent.id)))]


@pytest.fixture
async def depot() -> AsyncIterator[Depot]:
    async with opened_depot() as opened:
        yield opened


def all_of(value: Any) -> dict[str, Any]:
    return dict.fromkeys(VERSIONS, value)


async def has(street: Street, value: str) -> None:
    """Every station has it so, and we know."""

    async def so() -> bool:
        return sampling(street) == all_of(value) and await settings(street, "MeterValueSampleInterval") == all_of(
            ("applied", value)
        )

    await street.until(so)


async def test_a_setting_of_a_product_is_brought_to_stations_of_every_version_and_a_refusal_is_shown(
    street: Street,
) -> None:
    await want(street, MeterValueSampleInterval="45", **{FIXED: "false"})
    await has(street, "45")

    async def refused() -> bool:
        return await settings(street, FIXED) == all_of(("refused", "true"))

    await street.until(refused)


async def test_drift_is_seen_and_mended_after_a_boot_and_when_somebody_asks(street: Street) -> None:
    await want(street, MeterValueSampleInterval="45")
    await has(street, "45")
    for protocol in VERSIONS:
        street.begin(protocol, {"do": "set", "name": SAMPLING[protocol], "value": "7"}, {"do": "power_cut", "s": 1})
    await street.until(lambda: drifted_and_mended(street, times=1))
    await has(street, "45")
    for protocol, station in street.stations.items():
        station.set_at_site(SAMPLING[protocol], "8")
        asset = street.assets[protocol]
        await street.do(lambda work, asset=asset: upkeep.check(work, asset.id))  # type: ignore[misc]
    await street.until(lambda: drifted_and_mended(street, times=2))
    await has(street, "45")


async def drifted_and_mended(street: Street, times: int) -> bool:
    """So often each station was found otherwise, and brought back."""
    wanted = ["applied", *["pending", "applied"] * times]
    return all([await states(street, protocol) == wanted for protocol in VERSIONS])


async def test_stations_that_are_off_line_are_brought_to_it_when_they_come_back(street: Street) -> None:
    for station in street.stations.values():
        station.life.go_off_line()
    await want(street, MeterValueSampleInterval="45")
    await street.rest()
    assert sampling(street) == all_of("10")
    for station in street.stations.values():
        station.life.come_back()
    await has(street, "45")


async def want_firmware(street: Street, version: str, location: str, **more: Any) -> None:
    new = NewFirmware(version=version, location=location, **more)
    await street.do(lambda work: wanting.set_firmware(work, owner(street), new))


async def roll_out(street: Street) -> tuple[int, int, int, bool]:
    """Under way, done, failed, and whether it has stopped by itself."""
    async with street.house.desk.database.transaction() as session:
        wish = await store.firmware_of(session, owner(street))
        assert wish is not None
        counts = await store.firmware_counts(session, wish)
    return counts.under_way, counts.done, counts.failed, wish.halted_at is not None


def updates(street: Street) -> list[int]:
    """How often each station was told to update itself."""
    return [
        sum(frame["frame"][2:3] == ["UpdateFirmware"] for frame in station.frames)
        for station in street.stations.values()
    ]


async def test_firmware_is_rolled_out_in_waves_to_stations_of_every_version(street: Street, depot: Depot) -> None:
    await want_firmware(street, "2.4.1", f"{depot.url}/firmware/wallbox-2.4.1.bin", share_percent=50)

    async def all_run_it() -> bool:
        return {station.firmware_version for station in street.stations.values()} == {"2.4.1"}

    await street.until(all_run_it)
    await street.until(lambda: is_roll_out(street, 0, 3, 0, halted=False))
    assert updates(street) == [1, 1, 1]


async def is_roll_out(street: Street, under_way: int, done: int, failed: int, *, halted: bool) -> bool:
    return await roll_out(street) == (under_way, done, failed, halted)


async def test_a_roll_out_stops_by_itself_when_the_first_station_finds_no_firmware(
    street: Street, depot: Depot
) -> None:
    await want_firmware(street, "2.4.2", f"{depot.url}/firmware/nothing-2.4.2.bin")
    await street.until(lambda: is_roll_out(street, 0, 0, 1, halted=True))
    await street.rest()
    assert sorted(updates(street)) == [0, 0, 1]


@pytest.mark.step("O22")
async def test_a_local_list_is_sent_whole_then_its_differences_and_whole_again_where_these_fail(street: Street) -> None:
    async with street.house.desk.database.transaction() as session:
        session.add_all(IdToken(token=token, kind=TokenKind.CARD) for token in ("CARD-A", "CARD-B", "CARD-C"))
    await listed(street, "CARD-A", "CARD-B", version=1)
    await listed(street, "CARD-B", "CARD-C", version=2)
    for protocol in VERSIONS:
        await street.play(protocol, {"do": "refuse", "action": "SendLocalList", "times": 1})
    await listed(street, "CARD-A", "CARD-B", "CARD-C", version=4)
    for station in street.stations.values():
        sent = [frame["frame"][3]["updateType"] for frame in station.frames if frame["frame"][2:3] == ["SendLocalList"]]
        assert sent == ["Full", "Differential", "Differential", "Full"]


@pytest.mark.step("C2")
async def test_cards_are_chosen_for_stations_of_every_version_by_what_each_tells_of_its_list(street: Street) -> None:
    async with street.house.desk.database.transaction() as session:
        session.add_all(IdToken(token=token, kind=TokenKind.CARD) for token in ("CARD-A", "CARD-B"))
    await listed(street, "CARD-A", "CARD-B", version=1, wanted=NewList(chosen=True))
    assert [await _room(street, asset) for asset in street.assets.values()] == [1000, 500, 500]


async def listed(street: Street, *tokens: str, version: int, wanted: NewList | None = None) -> None:
    """These cards are wanted; every station has just them by this version, and we know."""
    await street.do(lambda work: wanting.set_list(work, owner(street), wanted or NewList(tokens=tokens)))

    async def known() -> bool:
        return [await _known(street, asset) for asset in street.assets.values()] == [(set(tokens), version)] * 3

    await street.until(known)
    for station in street.stations.values():
        has = station.admission.local_list
        assert (has.version, len(has)) == (version, len(tokens))
        assert all(has.find(token) for token in tokens)


async def _known(street: Street, asset: Asset) -> tuple[set[str], int] | None:
    async with street.house.desk.database.transaction() as session:
        row = await store.known_list(session, asset.id)
    return None if row is None else (set(row.tokens), row.taken)


async def _room(street: Street, asset: Asset) -> int | None:
    async with street.house.desk.database.transaction() as session:
        row = await store.known_list(session, asset.id)
    return None if row is None else row.room
