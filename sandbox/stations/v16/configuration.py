"""The station's configuration keys (OCPP 1.6 ed.2 §9 and the security white paper), as it answers for them."""

from typing import Any

from sandbox.stations.description import Description
from sandbox.stations.settings import Knob, Setting, Settings

AUTHORIZATION_KEY = "AuthorizationKey"
PROFILES = "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger"


def _number(default: str) -> Setting:
    return Setting(default, "integer")


def _switch(default: str) -> Setting:
    return Setting(default, "boolean")


def _fixed(default: str) -> Setting:
    return Setting(default, access="ReadOnly")


TABLE = {
    "AllowOfflineTxForUnknownId": _switch("false"),
    "AuthorizationCacheEnabled": _switch("false"),
    "AuthorizeRemoteTxRequests": _switch("true"),
    "ClockAlignedDataInterval": _number("0"),
    "ConnectionTimeOut": _number("60"),
    "CpoName": Setting("Sandbox", at_least=1, at_most=255),
    "HeartbeatInterval": _number("300"),
    "LocalAuthListEnabled": _switch("true"),
    "LocalAuthorizeOffline": _switch("false"),
    "LocalPreAuthorize": _switch("false"),
    "MeterValueSampleInterval": _number("10"),
    "MeterValuesSampledData": Setting("Energy.Active.Import.Register,Power.Active.Import"),
    "ResetRetries": _number("1"),
    "StopTransactionOnEVSideDisconnect": _switch("true"),
    "StopTransactionOnInvalidId": _switch("true"),
    "TransactionMessageAttempts": _number("3"),
    "TransactionMessageRetryInterval": _number("5"),
    "UnlockConnectorOnEVSideDisconnect": _switch("true"),
    "WebSocketPingInterval": _number("60"),
    AUTHORIZATION_KEY: Setting("", access="WriteOnly", at_least=16, at_most=40),
    "SupportedFeatureProfiles": _fixed(PROFILES),
    "GetConfigurationMaxKeys": _fixed("50"),
    "ReserveConnectorZeroSupported": _fixed("true"),
    "LocalAuthListMaxLength": _fixed("1000"),
    "SendLocalListMaxLength": _fixed("500"),
    "ChargeProfileMaxStackLevel": _fixed("9"),
    "ChargingScheduleAllowedChargingRateUnit": _fixed("Current,Power"),
    "ChargingScheduleMaxPeriods": _fixed("96"),
    "MaxChargingProfilesInstalled": _fixed("50"),
    "CertificateStoreMaxLength": _fixed("20"),
}
KNOBS = {
    Knob.KEY: AUTHORIZATION_KEY,
    Knob.HEARTBEAT_S: "HeartbeatInterval",
    Knob.SAMPLE_S: "MeterValueSampleInterval",
    Knob.CONNECT_WITHIN_S: "ConnectionTimeOut",
    Knob.RETRY_S: "TransactionMessageRetryInterval",
    Knob.ATTEMPTS: "TransactionMessageAttempts",
    Knob.PING_S: "WebSocketPingInterval",
    Knob.AUTHORIZE_REMOTE: "AuthorizeRemoteTxRequests",
    Knob.LIST_ENABLED: "LocalAuthListEnabled",
    Knob.CACHE_ENABLED: "AuthorizationCacheEnabled",
    Knob.LOCAL_BEFORE_ASKING: "LocalPreAuthorize",
    Knob.LOCAL_OFF_LINE: "LocalAuthorizeOffline",
    Knob.UNKNOWN_OFF_LINE: "AllowOfflineTxForUnknownId",
    Knob.STOP_REFUSED: "StopTransactionOnInvalidId",
}


class Configuration(Settings):
    table = TABLE
    knobs = KNOBS

    def __init__(self, description: Description, kept: dict[str, str] | None) -> None:
        facts = {
            "NumberOfConnectors": str(description.connectors),
            "SecurityProfile": str(description.security_profile),
        }
        super().__init__({AUTHORIZATION_KEY: description.key, **description.settings, **(kept or {})}, facts)

    def change(self, name: str, value: str) -> str:
        """Takes the value, or says why not (a ConfigurationStatus)."""
        setting = self.table.get(name)
        if name in self.facts or (setting is not None and setting.access == "ReadOnly"):
            return "Rejected"
        if setting is None:
            return "NotSupported"
        if not setting.takes(value):
            return "Rejected"
        self.own[name] = value
        return "Accepted"

    def read(self, names: list[str]) -> dict[str, Any]:
        """GetConfiguration.conf; the key is write-only and shown without its value."""
        known = [*self.table, *self.facts]
        return {
            "configurationKey": [self._entry(name) for name in (names or known) if name in known],
            "unknownKey": [name for name in names if name not in known],
        }

    def _entry(self, name: str) -> dict[str, Any]:
        setting = self.table.get(name)
        entry: dict[str, Any] = {"key": name, "readonly": setting is None or setting.access == "ReadOnly"}
        return entry if name == AUTHORIZATION_KEY else {**entry, "value": self.value(name)}
