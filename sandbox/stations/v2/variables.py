"""The device model's controllers with their variables (OCPP 2.0.1 part 2, appendix 3), one table for all stations.

A name is ``Component.Variable`` or ``Component.Variable[Instance]``.
"""

from sandbox.stations.settings import Knob, Setting

PASSWORD = "BasicAuthPassword"  # noqa: S105 -- a variable's name
TX_POINTS = ("ParkingBayOccupancy", "EVConnected", "Authorized", "DataSigned", "PowerPathClosed", "EnergyTransfer")


def _number(default: str, at_least: int = 0, at_most: int | None = None) -> Setting:
    return Setting(default, "integer", at_least=at_least, at_most=at_most)


def _switch(default: str) -> Setting:
    return Setting(default, "boolean")


def _fixed(default: str, number: bool = False) -> Setting:
    return Setting(default, "integer" if number else "text", "ReadOnly")


def _always(default: str = "true") -> Setting:
    return Setting(default, "boolean", "ReadOnly")


TABLE = {
    "AlignedDataCtrlr.Available": _always(),
    "AlignedDataCtrlr.Interval": _number("0"),
    "AlignedDataCtrlr.Measurands": Setting("Energy.Active.Import.Register"),
    "AuthCacheCtrlr.Available": _always(),
    "AuthCacheCtrlr.Enabled": _switch("false"),
    "AuthCtrlr.AuthorizeRemoteStart": _switch("true"),
    "AuthCtrlr.Enabled": _switch("true"),
    "AuthCtrlr.LocalAuthorizeOffline": _switch("false"),
    "AuthCtrlr.LocalPreAuthorize": _switch("false"),
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": _switch("false"),
    "ChargingStatusIndicator.Active": _always(),
    "ClockCtrlr.TimeSource": Setting("Heartbeat", choices=("Heartbeat", "NTP", "GPS", "RealTimeClock")),
    "CustomizationCtrlr.CustomImplementationEnabled[Sandbox]": _switch("true"),
    "DeviceDataCtrlr.BytesPerMessage[GetReport]": _fixed("65536", number=True),
    "DeviceDataCtrlr.BytesPerMessage[GetVariables]": _fixed("65536", number=True),
    "DeviceDataCtrlr.BytesPerMessage[SetVariables]": _fixed("65536", number=True),
    "DeviceDataCtrlr.ItemsPerMessage[GetReport]": _fixed("50", number=True),
    "DeviceDataCtrlr.ItemsPerMessage[GetVariables]": _fixed("50", number=True),
    "DeviceDataCtrlr.ItemsPerMessage[SetVariables]": _fixed("50", number=True),
    "DisplayMessageCtrlr.Available": _always(),
    "DisplayMessageCtrlr.NumberOfDisplayMessages": _fixed("20", number=True),
    "DisplayMessageCtrlr.SupportedFormats": _fixed("ASCII,UTF8"),
    "DisplayMessageCtrlr.SupportedPriorities": _fixed("AlwaysFront,InFront,NormalCycle"),
    "LocalAuthListCtrlr.Available": _always(),
    "LocalAuthListCtrlr.BytesPerMessage": _fixed("65536", number=True),
    "LocalAuthListCtrlr.Enabled": _switch("true"),
    "LocalAuthListCtrlr.ItemsPerMessage": _fixed("500", number=True),
    "MonitoringCtrlr.Available": _always("false"),
    "OCPPCommCtrlr.ActiveNetworkProfile": _fixed("1", number=True),
    "OCPPCommCtrlr.FileTransferProtocols": _fixed("HTTP,HTTPS"),
    "OCPPCommCtrlr.HeartbeatInterval": _number("300", at_least=1),
    "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": _number("5"),
    "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": _number("3", at_least=1),
    "OCPPCommCtrlr.MessageTimeout[Default]": _fixed("30", number=True),
    "OCPPCommCtrlr.NetworkConfigurationPriority": Setting("1", needs_reboot=True),
    "OCPPCommCtrlr.NetworkProfileConnectionAttempts": _number("3", at_least=1),
    "OCPPCommCtrlr.OfflineThreshold": _number("60"),
    "OCPPCommCtrlr.ResetRetries": _number("1"),
    "OCPPCommCtrlr.UnlockOnEVSideDisconnect": _switch("true"),
    "OCPPCommCtrlr.WebSocketPingInterval": _number("60"),
    "ReservationCtrlr.Available": _always(),
    "ReservationCtrlr.Enabled": _switch("true"),
    "ReservationCtrlr.NonEvseSpecific": _always(),
    "SampledDataCtrlr.Available": _always(),
    "SampledDataCtrlr.Enabled": _switch("true"),
    "SampledDataCtrlr.TxEndedInterval": _number("0"),
    "SampledDataCtrlr.TxEndedMeasurands": Setting("Energy.Active.Import.Register"),
    "SampledDataCtrlr.TxStartedMeasurands": Setting("Energy.Active.Import.Register"),
    "SampledDataCtrlr.TxUpdatedInterval": _number("10"),
    "SampledDataCtrlr.TxUpdatedMeasurands": Setting("Energy.Active.Import.Register,Power.Active.Import"),
    f"SecurityCtrlr.{PASSWORD}": Setting("", access="WriteOnly", at_least=16, at_most=64),
    "SecurityCtrlr.CertificateEntries": _fixed("20", number=True),
    "SecurityCtrlr.OrganizationName": Setting("Sandbox", at_least=1, at_most=255),
    "SmartChargingCtrlr.Available": _always(),
    "SmartChargingCtrlr.Enabled": _switch("true"),
    "SmartChargingCtrlr.Entries[ChargingProfiles]": _fixed("50", number=True),
    "SmartChargingCtrlr.LimitChangeSignificance": Setting("1"),
    "SmartChargingCtrlr.PeriodsPerSchedule": _fixed("96", number=True),
    "SmartChargingCtrlr.ProfileStackLevel": _fixed("9", number=True),
    "SmartChargingCtrlr.RateUnit": _fixed("A,W"),
    "TariffCostCtrlr.Available[Cost]": _always(),
    "TariffCostCtrlr.Enabled[Cost]": _switch("true"),
    "TxCtrlr.EVConnectionTimeOut": _number("60"),
    "TxCtrlr.StopTxOnEVSideDisconnect": _always(),
    "TxCtrlr.StopTxOnInvalidId": _switch("true"),
    "TxCtrlr.TxStartPoint": Setting("PowerPathClosed", choices=TX_POINTS),
    "TxCtrlr.TxStopPoint": Setting("EVConnected,Authorized", choices=TX_POINTS),
}
KNOBS = {
    Knob.KEY: f"SecurityCtrlr.{PASSWORD}",
    Knob.HEARTBEAT_S: "OCPPCommCtrlr.HeartbeatInterval",
    Knob.SAMPLE_S: "SampledDataCtrlr.TxUpdatedInterval",
    Knob.CONNECT_WITHIN_S: "TxCtrlr.EVConnectionTimeOut",
    Knob.RETRY_S: "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]",
    Knob.ATTEMPTS: "OCPPCommCtrlr.MessageAttempts[TransactionEvent]",
    Knob.PING_S: "OCPPCommCtrlr.WebSocketPingInterval",
    Knob.AUTHORIZE_REMOTE: "AuthCtrlr.AuthorizeRemoteStart",
    Knob.LIST_ENABLED: "LocalAuthListCtrlr.Enabled",
    Knob.CACHE_ENABLED: "AuthCacheCtrlr.Enabled",
    Knob.LOCAL_BEFORE_ASKING: "AuthCtrlr.LocalPreAuthorize",
    Knob.LOCAL_OFF_LINE: "AuthCtrlr.LocalAuthorizeOffline",
    Knob.UNKNOWN_OFF_LINE: "AuthCtrlr.OfflineTxForUnknownIdEnabled",
    Knob.STOP_REFUSED: "TxCtrlr.StopTxOnInvalidId",
}
UNITS = {
    "Interval": "s",
    "TxUpdatedInterval": "s",
    "TxEndedInterval": "s",
    "HeartbeatInterval": "s",
    "EVConnectionTimeOut": "s",
    "OfflineThreshold": "s",
    "WebSocketPingInterval": "s",
}
LISTS = {"TxCtrlr.TxStartPoint", "TxCtrlr.TxStopPoint", "OCPPCommCtrlr.NetworkConfigurationPriority"}
