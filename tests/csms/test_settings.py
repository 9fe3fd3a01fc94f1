"""A setting that a station refuses to change is as it was wanted where the station has it already (P14)."""

from typing import Any

import pytest

from csms.listener import CsmsServer
from csms.outcome import Result
from models.messages import commands
from tests.csms.commanded import VERSIONS, command, ready
from tests.csms.memory import MemoryRecords

pytestmark = [pytest.mark.step("P14"), pytest.mark.parametrize("subprotocol", VERSIONS)]

KEY = "StopTransactionOnEVSideDisconnect"
VARIABLE = {"component": {"name": "TxCtrlr"}, "variable": {"name": "StopTxOnEVSideDisconnect"}}


def has(value: str) -> Any:
    def answer(action: str, _: dict[str, Any]) -> Any:
        return {
            "ChangeConfiguration": {"status": "Rejected"},
            "GetConfiguration": {"configurationKey": [{"key": KEY, "readonly": True, "value": value}]},
            "SetVariables": {"setVariableResult": [{"attributeStatus": "Rejected", **VARIABLE}]},
            "GetVariables": {
                "getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": value, **VARIABLE}]
            },
        }[action]

    return answer


@pytest.mark.parametrize(("value", "result"), [("True", Result.ACCEPTED), ("false", Result.REJECTED)])
async def test_a_refused_setting_is_judged_by_what_the_station_has(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, value: str, result: Result
) -> None:
    asked = commands.ChangeConfiguration(key=KEY, value="true")
    async with ready(server, subprotocol) as station:
        calls, outcome = await command(server, records, station, asked, has(value))
    assert len(calls) == 2
    assert outcome.result is result
