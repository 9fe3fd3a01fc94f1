"""Display messages, running cost and what is known of a customer (OCPP 2.0.1 part 2 §O, §I02, §N09)."""

from typing import TYPE_CHECKING

from sandbox.stations.link import Payload
from sandbox.stations.v2.core import Answer

if TYPE_CHECKING:
    from sandbox.stations.v2.dialect import V2

MESSAGES_LIMIT = 20
DATA_LIMIT = 512
FORMATS = {"ASCII", "UTF8"}


def set_message(v2: "V2", payload: Payload) -> Payload:
    message = payload["message"]
    content = message["message"]
    if content["format"] not in FORMATS:
        return {"status": "NotSupportedMessageFormat"}
    transaction = message.get("transactionId")
    if transaction is not None and all(one.local_id != transaction for _, one in v2.station.charging.running()):
        return {"status": "UnknownTransaction"}
    if message["id"] not in v2.messages and len(v2.messages) >= MESSAGES_LIMIT:
        return {"status": "Rejected"}
    v2.messages[message["id"]] = message
    v2.station.keep()
    return {"status": "Accepted"}


def get_messages(v2: "V2", payload: Payload) -> Payload:
    numbers, found = payload.get("id"), list(v2.messages.values())
    for name in ("priority", "state"):
        found = [one for one in found if payload.get(name) in {None, one.get(name)}]
    found = [one for one in found if numbers is None or one["id"] in numbers]
    if not found:
        return {"status": "Unknown"}
    told = {"requestId": payload["requestId"], "messageInfo": found, "tbc": False}
    v2.station.spawn(v2.station.tell("NotifyDisplayMessages", told))
    return {"status": "Accepted"}


def clear_message(v2: "V2", payload: Payload) -> Payload:
    known = v2.messages.pop(payload["id"], None) is not None
    v2.station.keep()
    return {"status": "Accepted" if known else "Unknown"}


def cost_updated(v2: "V2", payload: Payload) -> Payload:
    """It is shown beside the transaction."""
    v2.costs[payload["transactionId"]] = payload["totalCost"]
    return {}


def customer_information(v2: "V2", payload: Payload) -> Payload:
    """What is known of a token: whether it is in the list or the cache, and its transactions of late."""
    token = payload.get("idToken", {}).get("idToken")
    if token is None and "customerIdentifier" not in payload and "customerCertificate" not in payload:
        return {"status": "Invalid"}
    data = _known_of(v2, token) if token is not None else ""
    if payload["clear"] and token is not None:
        v2.station.admission.forget(token)
        v2.station.charging.forget_token(token)
    if payload["report"] or payload["clear"]:
        told = data if payload["report"] else ""
        v2.station.spawn(_tell_of_customer(v2, payload["requestId"], told))
    return {"status": "Accepted"}


def _known_of(v2: "V2", token: str) -> str:
    lines = [f"{token}: known by list or cache"] if v2.station.admission.knows(token) else []
    charged = [one for one in v2.station.charging.history if (one["id_token"] or "").casefold() == token.casefold()]
    return "\n".join([*lines, *(f"transaction {one['id']}: {one['energy_wh']} Wh" for one in charged)])


async def _tell_of_customer(v2: "V2", request_id: int, data: str) -> None:
    parts = [data[at : at + DATA_LIMIT] for at in range(0, len(data), DATA_LIMIT)] or ["no data"]
    for number, part in enumerate(parts):
        told = {
            "data": part,
            "seqNo": number,
            "tbc": number < len(parts) - 1,
            "generatedAt": v2.station.clock.now(),
            "requestId": request_id,
        }
        await v2.station.tell("NotifyCustomerInformation", told)


ANSWERS: dict[str, Answer] = {
    "ClearDisplayMessage": clear_message,
    "CostUpdated": cost_updated,
    "CustomerInformation": customer_information,
    "GetDisplayMessages": get_messages,
    "SetDisplayMessage": set_message,
}
