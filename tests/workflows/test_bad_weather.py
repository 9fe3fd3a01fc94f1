"""Simulated stations of every version misbehave by script, and the rows tell what was so all the same (O1, O2, O6)."""

from typing import Any

import pytest
from sqlmodel import col, select

from models.rules.authorisation import TokenKind
from models.tables.asset import Asset
from models.tables.charging import ChargingTransaction, IdToken
from tests.workflows.front import VERSIONS
from tests.workflows.street import Street

Step = dict[str, Any]
CARD = "CARD-A"
HANDS: list[Step] = [{"do": "plug_in"}, {"do": "swipe", "id_token": CARD}]
ENDS: list[Step] = [{"do": "wait", "s": 100}, {"do": "swipe", "id_token": CARD}, {"do": "unplug"}]
LET_IN = {
    "ocpp1.6": "AllowOfflineTxForUnknownId",
    "ocpp2.0.1": "AuthCtrlr.OfflineTxForUnknownIdEnabled",
    "ocpp2.1": "AuthCtrlr.OfflineTxForUnknownIdEnabled",
}
"""By this setting a station without a connection lets everybody charge."""
AHEAD_S = 3600.0


@pytest.fixture
async def cards(street: Street) -> Street:
    async with street.house.desk.database.transaction() as session:
        session.add(IdToken(token=CARD, kind=TokenKind.CARD))
    return street


async def charge_of(street: Street, protocol: str) -> ChargingTransaction:
    """The station's only one."""
    query = select(ChargingTransaction).where(col(ChargingTransaction.asset_id) == street.assets[protocol].id)
    (row,) = await street.rows(query)
    charge: ChargingTransaction = row
    return charge


def told(street: Street, protocol: str) -> dict[str, Any]:
    """What the station itself knows of its only session."""
    (ended,) = street.stations[protocol].charging.history
    return ended


@pytest.mark.step("O1", "O2", "O6", "O26")
async def test_a_session_off_line_whose_messages_come_late_and_twice_is_one_session(cards: Street) -> None:
    for protocol in VERSIONS:
        # OCPP 1.6 has no numbers by which what comes in another order could be told.
        shuffled: list[Step] = [] if protocol == "ocpp1.6" else [{"do": "shuffle"}]
        back: list[Step] = [{"do": "come_back"}, {"do": "wait_until", "state": "sent"}]
        again: list[Step] = [{"do": "repeat", "last": 6}, {"do": "repeat", "last": 6, "id": "new"}]
        let_in = {"do": "set", "name": LET_IN[protocol], "value": "true"}
        await cards.play(protocol, let_in, {"do": "off_line"}, *HANDS, *ENDS, *shuffled, *back, *again)
    for protocol in VERSIONS:
        charge, knows = await charge_of(cards, protocol), told(cards, protocol)
        assert (charge.token, charge.is_open, charge.energy_wh) == (CARD, False, knows["energy_wh"])
        assert charge.stop_reason == "Local"
        assert charge.energy_wh > 0


@pytest.mark.step("O6")
async def test_a_session_in_which_the_power_goes_ends_by_the_next_boot(cards: Street) -> None:
    for protocol in VERSIONS:
        lit = {"do": "wait_until", "state": "charging"}
        cut = {"do": "power_cut", "s": 10}
        boots: list[Step] = [{"do": "wait_until", "state": "accepted"}, {"do": "wait_until", "state": "sent"}]
        await cards.play(protocol, *HANDS, lit, {"do": "wait", "s": 60}, cut, *boots)
    for protocol in VERSIONS:
        charge, knows = await charge_of(cards, protocol), told(cards, protocol)
        assert (charge.is_open, charge.energy_wh) == (False, knows["energy_wh"])
        assert charge.stop_reason == "PowerLoss"


@pytest.mark.step("O15", "O19")
async def test_garbage_costs_a_station_nothing_and_a_clock_that_is_wrong_is_seen(cards: Street) -> None:
    for protocol in VERSIONS:
        wrong: list[Step] = [{"do": "garbage", "count": 20}, {"do": "drift", "s": AHEAD_S}]
        on_line = {"do": "wait_until", "state": "accepted"}
        sent = {"do": "wait_until", "state": "sent"}
        outcomes = await cards.play(protocol, *wrong, on_line, *HANDS, *ENDS, sent)
        assert outcomes[4] == "started"
    for protocol in VERSIONS:
        assert (await charge_of(cards, protocol)).energy_wh == told(cards, protocol)["energy_wh"]
        (asset,) = await cards.rows(select(Asset).where(col(Asset.id) == cards.assets[protocol].id))
        assert asset.clock_drift_s == pytest.approx(AHEAD_S, abs=60)
