"""Local list and reservations in OCPP 2.x (2.0.1 part 2 §D, §H)."""

from typing import TYPE_CHECKING

from sandbox.stations.link import Payload
from sandbox.stations.reservations import Reservation
from sandbox.stations.settings import Knob
from sandbox.stations.times import read
from sandbox.stations.v2.core import Answer

if TYPE_CHECKING:
    from sandbox.stations.v2.dialect import V2


def send_local_list(v2: "V2", payload: Payload) -> Payload:
    if not v2.settings.is_on(Knob.LIST_ENABLED):
        return {"status": "Failed"}
    entries = [
        (one["idToken"]["idToken"], v2.verdict(one) if "idTokenInfo" in one else None)
        for one in payload.get("localAuthorizationList", [])
    ]
    full = payload["updateType"] == "Full"
    status = v2.station.admission.local_list.take(payload["versionNumber"], entries, full=full)
    v2.station.keep()
    return {"status": status}


def get_local_list_version(v2: "V2", _payload: Payload) -> Payload:
    """0 where there is no list or lists are off (OCPP 2.0.1 part 2 §D02)."""
    enabled = v2.settings.is_on(Knob.LIST_ENABLED)
    return {"versionNumber": v2.station.admission.local_list.version if enabled else 0}


def reserve_now(v2: "V2", payload: Payload) -> Payload:
    wanted = Reservation(
        payload["id"],
        payload.get("evseId", 0),
        payload["idToken"]["idToken"],
        payload.get("groupIdToken", {}).get("idToken"),
        read(payload["expiryDateTime"]),
    )
    return {"status": v2.station.reservations.reserve(wanted)}


def cancel_reservation(v2: "V2", payload: Payload) -> Payload:
    return {"status": "Accepted" if v2.station.reservations.cancel(payload["reservationId"]) else "Rejected"}


ANSWERS: dict[str, Answer] = {
    "CancelReservation": cancel_reservation,
    "GetLocalListVersion": get_local_list_version,
    "ReserveNow": reserve_now,
    "SendLocalList": send_local_list,
}
