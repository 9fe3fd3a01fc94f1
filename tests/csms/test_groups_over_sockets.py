"""Groups at the stations: by raw frames of OCPP 1.6 and 2 (S6)."""

import pytest

from csms.listener import CsmsServer
from models.rules.commissioning import CommissioningStage
from models.rules.subscriber import Payment
from models.tables.asset import Asset
from tests.charging import PRICE as PER_KWH
from tests.charging import Street, priced_by
from tests.csms.standing import IDENTITY, SERIAL, set_stage
from tests.csms.station import NOW, station_at
from tests.csms.station_of_2 import SUBPROTOCOLS, station_of_2
from tests.grouping import a_group, taken_in
from tests.people import FACTORY_KEY, World
from tests.subscribing import uid_of

pytestmark = pytest.mark.step("S6", "C1")


@pytest.fixture
async def street(world: World, asset: Asset) -> Street:
    """Two people of a group, of whom one pays ahead, and somebody else."""
    await set_stage(world.desk.database, CommissioningStage.ACTIVE)
    await priced_by(world.desk, PER_KWH)
    street = Street(world, world.desk, asset)
    made = await a_group(world, tag="TAXI")
    await taken_in(world, made, person=(await street.driver("NL-1")).reference)
    ahead = await street.driver("NL-2", payment=Payment.PREPAID, balance="50")
    await taken_in(world, made, person=ahead.reference)
    await street.driver("NL-3")
    return street


@pytest.mark.usefixtures("street")
async def test_a_station_of_1_6_is_told_the_parent_tag_by_which_one_card_stops_what_another_began(
    front: CsmsServer,
) -> None:
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        told = {
            number: (await station.call("Authorize", {"idTag": uid_of(number)}))["idTagInfo"]
            for number in ("NL-1", "NL-2", "NL-3")
        }
        assert told["NL-1"] == told["NL-2"] == {"status": "Accepted", "parentIdTag": "TAXI"}
        assert told["NL-3"] == {"status": "Accepted"}
        for connector, number in enumerate(("NL-1", "NL-2"), start=1):
            start = {"connectorId": connector, "idTag": uid_of(number), "meterStart": 0, "timestamp": NOW}
            begun = await station.call("StartTransaction", start)
            assert begun["idTagInfo"] == {"status": "Accepted", "parentIdTag": "TAXI"}
            stop = {"transactionId": begun["transactionId"], "idTag": uid_of("NL-1"), "meterStop": 0, "timestamp": NOW}
            stopped = await station.call("StopTransaction", stop)
            assert stopped["idTagInfo"] == {"status": "Accepted", "parentIdTag": "TAXI"}


@pytest.mark.usefixtures("street")
@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
async def test_a_station_of_2_is_told_the_group_of_a_token(front: CsmsServer, subprotocol: str) -> None:
    async with station_of_2(front, subprotocol, IDENTITY, FACTORY_KEY) as station:
        await station.boot(SERIAL)
        for number in ("NL-1", "NL-2"):
            token = {"idToken": uid_of(number), "type": "ISO14443"}
            answer = await station.call("Authorize", {"idToken": token})
            assert answer["idTokenInfo"]["groupIdToken"] == {"idToken": "TAXI", "type": "Central"}
            event = {
                "eventType": "Started",
                "timestamp": NOW,
                "triggerReason": "Authorized",
                "seqNo": 0,
                "transactionInfo": {"transactionId": f"T-{number}"},
                "evse": {"id": 1, "connectorId": 1},
                "idToken": token,
            }
            begun = await station.call("TransactionEvent", event)
            assert begun["idTokenInfo"]["groupIdToken"] == {"idToken": "TAXI", "type": "Central"}
