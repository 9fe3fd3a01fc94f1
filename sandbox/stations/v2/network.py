"""Where to connect, by network profiles (OCPP 2.0.1 part 2 §B09, §B10). Slot 1 is what the description says."""

from typing import TYPE_CHECKING

from sandbox.stations.link import Payload
from sandbox.stations.v2.core import Answer

if TYPE_CHECKING:
    from sandbox.stations.v2.dialect import V2

PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"
BUILT_IN_SLOT = "1"
SLOTS_LIMIT = 5


def set_profile(v2: "V2", payload: Payload) -> Payload:
    slot, data = str(payload["configurationSlot"]), payload["connectionData"]
    profile = data["securityProfile"]
    if data["ocppTransport"] != "JSON" or not 0 < int(slot) <= SLOTS_LIMIT or slot in v2.priority.split(","):
        return {"status": "Rejected"}
    if profile < v2.station.description.security_profile or not _fits(data["ocppCsmsUrl"], profile):
        return {"status": "Rejected"}
    v2.slots[slot] = {"url": data["ocppCsmsUrl"], "profile": profile}
    v2.station.keep()
    return {"status": "Accepted"}


def is_order(v2: "V2", value: str) -> bool:
    """Whether each slot named is configured."""
    return all(slot == BUILT_IN_SLOT or slot in v2.slots for slot in value.split(","))


def addresses(v2: "V2") -> list[tuple[str, int]]:
    described = v2.station.description
    built_in = (described.url, described.security_profile)
    found = []
    for slot in v2.priority.split(","):
        if slot in v2.slots:
            found.append((v2.slots[slot]["url"], v2.slots[slot]["profile"]))
        elif slot == BUILT_IN_SLOT:
            found.append(built_in)
    return found


def _fits(url: str, profile: int) -> bool:
    return url.startswith("wss://") if profile > 1 else url.startswith("ws://")


ANSWERS: dict[str, Answer] = {"SetNetworkProfile": set_profile}
