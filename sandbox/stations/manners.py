"""How a station answers when it is told not to answer well."""

from dataclasses import dataclass

from sandbox.stations.steps import Manner

_REJECTED = (
    "CancelReservation",
    "CertificateSigned",
    "ChangeAvailability",
    "ChangeConfiguration",
    "ClearCache",
    "CustomerInformation",
    "DataTransfer",
    "ExtendedTriggerMessage",
    "GetBaseReport",
    "GetCompositeSchedule",
    "GetLog",
    "GetReport",
    "InstallCertificate",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "RequestStartTransaction",
    "RequestStopTransaction",
    "ReserveNow",
    "Reset",
    "SetChargingProfile",
    "SetDisplayMessage",
    "SetNetworkProfile",
    "SignedUpdateFirmware",
    "TriggerMessage",
)
REFUSALS = dict.fromkeys(_REJECTED, "Rejected") | {
    "DeleteCertificate": "Failed",
    "SendLocalList": "Failed",
    "UnlockConnector": "UnlockFailed",
}


@dataclass
class _Rule:
    manner: Manner
    left: int | None


class Manners:
    """Rules are asked newest first; one that is used up is forgotten."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def add(self, manner: Manner) -> None:
        self._rules.insert(0, _Rule(manner, manner.times))

    def forget(self) -> None:
        self._rules.clear()

    def towards(self, action: str) -> Manner | None:
        """How this request is to be met; counts it."""
        rule = next((rule for rule in self._rules if rule.manner.action in {None, action}), None)
        if rule is None:
            return None
        if rule.left is not None:
            rule.left -= 1
            if rule.left == 0:
                self._rules.remove(rule)
        return rule.manner
