"""OCPP 2.1: prices that the station itself reckons with, and what the grid asks of it."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field, model_validator

from models.messages.commands.fields import Connector, Number, Signal, StationCall, Transaction

Tariff = dict[str, Any]
"""The standard's TariffType (OCPP 2.1 part 2 §2.68), in its own words; checked by its schema before it is sent."""
Control = Annotated[str, Field(min_length=1, max_length=36)]
_SETTINGS_LIMIT = 2


class ReadTariffs(StationCall):
    """Without ``connector``: of the whole station."""

    connector: Connector | None = None


class SetDefaultTariff(StationCall):
    """For whoever has none of their own."""

    tariff: Tariff
    connector: Connector | None = None


class ClearTariffs(StationCall):
    """All that fit; without anything named, every one."""

    tariffs: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = Field(default=(), max_length=100)
    connector: Connector | None = None


class ChangeTariff(StationCall):
    """From now on the transaction is reckoned by this one."""

    transaction: Transaction
    tariff: Tariff


class SendGridSignal(StationCall):
    """Automatic frequency restoration: the station follows by the curve of its profile."""

    signal: Signal
    at: AwareDatetime


class DerKind(StrEnum):
    """OCPP 2.1 part 2 DERControlEnumType: what a distributed energy resource can be told, in the standard's words."""

    ENTER_SERVICE = "EnterService"
    FREQ_DROOP = "FreqDroop"
    FREQ_WATT = "FreqWatt"
    FIXED_PF_ABSORB = "FixedPFAbsorb"
    FIXED_PF_INJECT = "FixedPFInject"
    FIXED_VAR = "FixedVar"
    GRADIENTS = "Gradients"
    HF_MUST_TRIP = "HFMustTrip"
    HF_MAY_TRIP = "HFMayTrip"
    HV_MUST_TRIP = "HVMustTrip"
    HV_MOM_CESS = "HVMomCess"
    HV_MAY_TRIP = "HVMayTrip"
    LIMIT_MAX_DISCHARGE = "LimitMaxDischarge"
    LF_MUST_TRIP = "LFMustTrip"
    LV_MUST_TRIP = "LVMustTrip"
    LV_MOM_CESS = "LVMomCess"
    LV_MAY_TRIP = "LVMayTrip"
    POWER_MONITORING_MUST_TRIP = "PowerMonitoringMustTrip"
    VOLT_VAR = "VoltVar"
    VOLT_WATT = "VoltWatt"
    WATT_PF = "WattPF"
    WATT_VAR = "WattVar"


class SetDerControl(StationCall):
    """``settings`` holds the one part that goes with the kind, by the standard's own words: ``{"fixedVar": {…}}``."""

    control: Control
    kind: DerKind
    default: bool
    settings: dict[str, Any] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_settings(self) -> Self:
        if self.settings.keys() & {"isDefault", "controlId", "controlType"}:
            raise ValueError("settings: control, kind and default stand beside it")
        if len(self.settings) >= _SETTINGS_LIMIT:
            raise ValueError("settings: it holds the one part that goes with the kind")
        return self


class ReadDerControl(StationCall):
    """The station tells its controls that fit, in parts that carry the number."""

    control: Control | None = None
    kind: DerKind | None = None
    default: bool | None = None
    request: Number | None = None


class ClearDerControl(StationCall):
    default: bool
    control: Control | None = None
    kind: DerKind | None = None
