"""Frames as they are shown: keys and passwords are not."""

from typing import Any

from sandbox.stations.v2.variables import PASSWORD
from sandbox.stations.v16.configuration import AUTHORIZATION_KEY

HIDDEN = "***"


def masked(frame: Any) -> Any:
    if not (isinstance(frame, list) and len(frame) == 4 and isinstance(frame[3], dict)):
        return frame
    payload = frame[3]
    if payload.get("key") == AUTHORIZATION_KEY:
        return [*frame[:3], {**payload, "value": HIDDEN}]
    if frame[2] == "SetVariables":
        return [
            *frame[:3],
            {**payload, "setVariableData": [_masked(one) for one in payload.get("setVariableData", [])]},
        ]
    if frame[2] == "SetNetworkProfile" and "basicAuthPassword" in payload.get("connectionData", {}):
        return [*frame[:3], {**payload, "connectionData": {**payload["connectionData"], "basicAuthPassword": HIDDEN}}]
    return frame


def _masked(wanted: Any) -> Any:
    named = isinstance(wanted, dict) and isinstance(wanted.get("variable"), dict)
    if named and str(wanted["variable"].get("name")).casefold() == PASSWORD.casefold():
        return {**wanted, "attributeValue": HIDDEN}
    return wanted
