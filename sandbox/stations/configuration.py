"""The station's configuration (OCPP 1.6 ed.2 §9.1 and the security white paper), as it answers for it."""

from typing import Any

AUTHORIZATION_KEY = "AuthorizationKey"

_WRITABLE = {
    "AllowOfflineTxForUnknownId": "false",
    "AuthorizationCacheEnabled": "false",
    "AuthorizeRemoteTxRequests": "true",
    "ClockAlignedDataInterval": "0",
    "ConnectionTimeOut": "60",
    "HeartbeatInterval": "300",
    "LocalAuthorizeOffline": "false",
    "LocalPreAuthorize": "false",
    "MeterValueSampleInterval": "10",
    "MeterValuesSampledData": "Energy.Active.Import.Register,Power.Active.Import",
    "ResetRetries": "1",
    "StopTransactionOnEVSideDisconnect": "true",
    "StopTransactionOnInvalidId": "true",
    "TransactionMessageAttempts": "3",
    "TransactionMessageRetryInterval": "5",
    "UnlockConnectorOnEVSideDisconnect": "true",
    "WebSocketPingInterval": "60",
}
_NUMBERS = {
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "HeartbeatInterval",
    "MeterValueSampleInterval",
    "ResetRetries",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "WebSocketPingInterval",
}


class Configuration:
    def __init__(self, key: str, connectors: int, kept: dict[str, str] | None = None) -> None:
        self._writable = {**_WRITABLE, AUTHORIZATION_KEY: key, **(kept or {})}
        self._readonly = {
            "NumberOfConnectors": str(connectors),
            "SupportedFeatureProfiles": "Core,RemoteTrigger",
            "GetConfigurationMaxKeys": "50",
            "SecurityProfile": "1",
        }

    @property
    def key(self) -> str:
        return self._writable[AUTHORIZATION_KEY]

    @property
    def kept(self) -> dict[str, str]:
        """What survives a power cut."""
        return dict(self._writable)

    @property
    def shown(self) -> dict[str, str]:
        """Everything but the key."""
        return {
            name: value for name, value in {**self._writable, **self._readonly}.items() if name != AUTHORIZATION_KEY
        }

    def seconds(self, name: str) -> int:
        return int(self._writable[name])

    def is_on(self, name: str) -> bool:
        return self._writable[name].lower() == "true"

    def change(self, name: str, value: str) -> str:
        """Takes the value, or says why not (a ConfigurationStatus)."""
        if name in self._readonly:
            return "Rejected"
        if name not in self._writable:
            return "NotSupported"
        if name in _NUMBERS and not value.isdecimal():
            return "Rejected"
        if name == AUTHORIZATION_KEY and not 16 <= len(value) <= 40:
            return "Rejected"
        self._writable[name] = value
        return "Accepted"

    def read(self, names: list[str]) -> dict[str, Any]:
        """GetConfiguration.conf; the key is write-only and shown without its value."""
        known = {**self._writable, **self._readonly}
        entries = [
            {"key": name, "readonly": name in self._readonly}
            | ({} if name == AUTHORIZATION_KEY else {"value": known[name]})
            for name in (names or known)
            if name in known
        ]
        return {"configurationKey": entries, "unknownKey": [name for name in names if name not in known]}
