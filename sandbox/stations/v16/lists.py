"""Local list and reservations in OCPP 1.6 (ed.2 §5.10, §5.15, §5.13, §5.4)."""

from typing import TYPE_CHECKING

from sandbox.stations.dialect import Verdict
from sandbox.stations.link import Payload
from sandbox.stations.reservations import Reservation
from sandbox.stations.settings import Knob
from sandbox.stations.times import read
from sandbox.stations.v16.core import Answer

if TYPE_CHECKING:
    from sandbox.stations.v16.dialect import V16


def send_local_list(v16: "V16", payload: Payload) -> Payload:
    if not v16.settings.is_on(Knob.LIST_ENABLED):
        return {"status": "NotSupported"}
    entries = [(one["idTag"], _verdict(one.get("idTagInfo"))) for one in payload.get("localAuthorizationList", [])]
    full = payload["updateType"] == "Full"
    status = v16.station.admission.local_list.take(payload["listVersion"], entries, full=full)
    v16.station.keep()
    return {"status": status}


def get_local_list_version(v16: "V16", _payload: Payload) -> Payload:
    """-1 where lists are not supported."""
    enabled = v16.settings.is_on(Knob.LIST_ENABLED)
    return {"listVersion": v16.station.admission.local_list.version if enabled else -1}


def reserve_now(v16: "V16", payload: Payload) -> Payload:
    wanted = Reservation(
        payload["reservationId"],
        payload["connectorId"],
        payload["idTag"],
        payload.get("parentIdTag"),
        read(payload["expiryDate"]),
    )
    return {"status": v16.station.reservations.reserve(wanted)}


def cancel_reservation(v16: "V16", payload: Payload) -> Payload:
    return {"status": "Accepted" if v16.station.reservations.cancel(payload["reservationId"]) else "Rejected"}


def _verdict(told: Payload | None) -> Verdict | None:
    return None if told is None else Verdict(told["status"], told.get("expiryDate"), told.get("parentIdTag"))


ANSWERS: dict[str, Answer] = {
    "CancelReservation": cancel_reservation,
    "GetLocalListVersion": get_local_list_version,
    "ReserveNow": reserve_now,
    "SendLocalList": send_local_list,
}
