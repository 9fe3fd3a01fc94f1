"""Free vend at the stations: anyone charges, by raw frames of OCPP 1.6 and 2 (S7)."""

from typing import Any

import pytest

from csms.listener import CsmsServer
from models.rules.commissioning import CommissioningStage
from models.rules.session import SessionStage
from models.rules.subscriber import Payment
from models.rules.vend import Vend
from models.store import assets
from models.tables.asset import Asset
from models.tables.session import Cdr, ChargingSession
from models.usecases import vend
from models.usecases.work import Work
from tests.charging import Street
from tests.csms.standing import IDENTITY, SERIAL, set_stage
from tests.csms.station import station_at
from tests.csms.station_of_2 import SUBPROTOCOLS, booted
from tests.people import FACTORY_KEY, World
from tests.subscribing import uid_of

pytestmark = pytest.mark.step("S7")


@pytest.fixture
async def street(world: World, asset: Asset) -> Street:
    """There is no tariff, and the one driver has no credit."""
    await set_stage(world.desk.database, CommissioningStage.ACTIVE)
    street = Street(world, world.desk, asset)
    await street.driver("NL-1", payment=Payment.PREPAID)

    async def set_free(work: Work) -> None:
        await vend.set_terms(work, await assets.lock(work.session, asset.id), Vend.FREE)

    await street.do(set_free)
    return street


async def settled(street: Street) -> list[tuple[Any, ...]]:
    """Of each session whether it is somebody's, and what is on its record."""
    for each in await street.rows(ChargingSession):
        await street.settle(each)
    assert {each.stage for each in await street.rows(ChargingSession)} == {SessionStage.SETTLED}
    assert await street.broken() == {}
    return [(each.subscriber_id is not None, each.energy_wh, float(each.gross)) for each in await street.rows(Cdr)]


async def test_a_station_of_1_6_that_sends_one_tag_for_all_charges_everybody(front: CsmsServer, street: Street) -> None:
    now = street.desk.clock().isoformat()
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        for tag in ("FREEVEND", uid_of("NL-1"), ""):
            assert (await station.call("Authorize", {"idTag": tag}))["idTagInfo"] == {"status": "Accepted"}
            start = {"connectorId": 1, "idTag": tag, "meterStart": 1000, "timestamp": now}
            begun = await station.call("StartTransaction", start)
            assert begun["idTagInfo"] == {"status": "Accepted"}
            stop = {"transactionId": begun["transactionId"], "meterStop": 3000, "timestamp": now}
            await station.call("StopTransaction", stop)
    assert sorted(await settled(street)) == [(False, 2000, 0.0), (False, 2000, 0.0), (True, 2000, 0.0)]


@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
async def test_a_station_of_2_charges_without_authorization_with_a_central_token_and_with_none(
    front: CsmsServer, street: Street, subprotocol: str
) -> None:
    now = street.desk.clock().isoformat()

    def event(transaction: str, kind: str, number: int, wh: int, **more: Any) -> dict[str, Any]:
        context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}[kind]
        return {
            "eventType": kind,
            "timestamp": now,
            "triggerReason": "CablePluggedIn" if kind == "Started" else "EVDeparted",
            "seqNo": number,
            "transactionInfo": {"transactionId": transaction},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": now, "sampledValue": [{"value": wh, "context": context}]}],
            **more,
        }

    tokens: list[dict[str, str] | None] = [
        {"idToken": "", "type": "NoAuthorization"},
        {"idToken": "FREEVEND", "type": "Central"},
        None,
    ]
    async with booted(front, subprotocol, IDENTITY, SERIAL, FACTORY_KEY) as station:
        for place, token in enumerate(tokens):
            shown = {} if token is None else {"idToken": token}
            begun = await station.call("TransactionEvent", event(f"T-{place}", "Started", 0, 1000, **shown))
            assert begun == ({} if token is None else {"idTokenInfo": {"status": "Accepted"}})
            await station.call("TransactionEvent", event(f"T-{place}", "Ended", 1, 3000))
        asked = await station.call("Authorize", {"idToken": tokens[0]})
        assert asked == {"idTokenInfo": {"status": "Accepted"}}
    assert await settled(street) == [(False, 2000, 0.0)] * 3
