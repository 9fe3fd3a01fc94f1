"""Our commands as calls of OCPP 2.0.1 part 2."""

from csms.asking import Request, Requests, drawn
from csms.frames import Payload
from csms.v201 import model_requests, profiles, upkeep_requests
from csms.v201.words import certificate_hash, evse_or_none, token, transaction, transaction_or_none
from csms.writing import present, written, written_or_none
from models.messages import commands

_VERDICT = {"accepted": "Accepted", "blocked": "Blocked", "expired": "Expired", "invalid": "Invalid"}


def _start(command: commands.StartCharging) -> Request:
    """The station names the transaction by ``remoteStartId`` when it tells of it."""
    number = drawn(command.remote_start)
    payload = present(
        idToken=token(command.token, command.token_kind),
        remoteStartId=number,
        evseId=command.connector,
        groupIdToken=None if command.group is None else token(command.group, commands.TokenKind.CENTRAL),
        chargingProfile=None if command.profile is None else profiles.profile_of(command.profile),
    )
    return Request("RequestStartTransaction", payload, {"remote_start": number})


def _transaction_status(command: commands.ReadTransactionStatus) -> Request:
    return Request("GetTransactionStatus", present(transactionId=transaction_or_none(command.transaction)))


def _availability(command: commands.ChangeAvailability) -> Request:
    state = "Operative" if command.available else "Inoperative"
    return Request(
        "ChangeAvailability", present(operationalStatus=state, evse=evse_or_none(command.connector, command.plug))
    )


def _reserve(command: commands.ReserveNow) -> Request:
    payload = present(
        id=command.reservation,
        expiryDateTime=written(command.until),
        idToken=token(command.token, command.token_kind),
        connectorType=command.connector_type,
        evseId=command.connector,
        groupIdToken=None if command.group is None else token(command.group, commands.TokenKind.CENTRAL),
    )
    return Request("ReserveNow", payload)


def _local_list(command: commands.SendLocalList) -> Request:
    """§D01.FR.04: a full list without tokens empties the station's."""
    listed = [listed_of(each) for each in command.tokens] or None
    kind = "Full" if command.kind == "full" else "Differential"
    return Request(
        "SendLocalList", present(versionNumber=command.version, updateType=kind, localAuthorizationList=listed)
    )


def listed_of(listed: commands.ListedToken) -> Payload:
    known = None
    if listed.verdict is not None:
        known = present(
            status=_VERDICT[listed.verdict],
            cacheExpiryDateTime=written_or_none(listed.until),
            evseId=list(listed.connectors) or None,
            groupIdToken=None if listed.group is None else token(listed.group, listed.group_kind),
        )
    return present(idToken=token(listed.token, listed.token_kind), idTokenInfo=known)


def _customer(command: commands.CustomerInformation) -> Request:
    number = drawn(command.request)
    payload = present(
        requestId=number,
        report=command.report,
        clear=command.clear,
        idToken=None if command.token is None else token(command.token, command.token_kind),
        customerCertificate=None if command.certificate is None else certificate_hash(command.certificate),
        customerIdentifier=command.customer,
    )
    return Request("CustomerInformation", payload, {"request": number})


def _cost(command: commands.TellCost) -> Request:
    payload = {"totalCost": float(command.cost), "transactionId": transaction(command.transaction)}
    return Request("CostUpdated", payload)


REQUESTS: Requests = {
    commands.StartCharging: _start,
    commands.StopCharging: lambda command: Request(
        "RequestStopTransaction", {"transactionId": transaction(command.transaction)}
    ),
    commands.ReadTransactionStatus: _transaction_status,
    commands.ChangeAvailability: _availability,
    commands.ReserveNow: _reserve,
    commands.CancelReservation: lambda command: Request("CancelReservation", {"reservationId": command.reservation}),
    commands.Unlock: lambda command: Request(
        "UnlockConnector", {"evseId": command.connector, "connectorId": command.plug}
    ),
    commands.ClearCache: lambda _: Request("ClearCache"),
    commands.ReadLocalListVersion: lambda _: Request("GetLocalListVersion"),
    commands.SendLocalList: _local_list,
    commands.CustomerInformation: _customer,
    commands.TellCost: _cost,
    commands.SetChargingProfile: profiles.set_profile,
    commands.ClearChargingProfile: profiles.clear_profile,
    commands.ReadSchedule: profiles.read_schedule,
    commands.ReadChargingProfiles: profiles.read_profiles,
    **model_requests.REQUESTS,
    **upkeep_requests.REQUESTS,
}
