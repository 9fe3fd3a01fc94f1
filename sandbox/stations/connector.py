"""A connector with its meter, and the transaction that runs on it."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

HOUR_S = 3600


@dataclass
class Transaction:
    """``number`` is the central system's id, None until it has answered the start; ``local_id`` is our own."""

    id_token: str
    meter_start_wh: int
    started_at: str
    local_id: str = field(default_factory=lambda: str(uuid4()))
    number: int | None = None


@dataclass
class Connector:
    number: int
    power_w: int
    speed: float
    meter_wh: float = 0
    plugged: bool = False
    transaction: Transaction | None = None
    awaited_token: str | None = None
    status: str = "Available"
    _metered_s: float = field(default_factory=time.monotonic)

    def advance(self, *, flows: bool) -> None:
        """Moves the meter on to now, where energy flows."""
        now_s = time.monotonic()
        if flows and self.transaction is not None and self.plugged:
            self.meter_wh += self.power_w * (now_s - self._metered_s) * self.speed / HOUR_S
        self._metered_s = now_s

    @property
    def should_be(self) -> str:
        """The connector's status (OCPP 1.6 ed.2 §7.7 ChargePointStatus) by what is going on."""
        if self.transaction is not None:
            return "Charging"
        if self.plugged:
            return "Finishing" if self.status in {"Charging", "Finishing"} else "Preparing"
        return "Preparing" if self.awaited_token else "Available"

    def meter_value(self, timestamp: str, *, flows: bool, context: str = "Sample.Periodic") -> dict[str, Any]:
        """MeterValue (OCPP 1.6 ed.2 §7.33): the energy register and the power."""
        power_w = self.power_w if flows and self.transaction is not None else 0
        return {
            "timestamp": timestamp,
            "sampledValue": [
                {
                    "value": str(int(self.meter_wh)),
                    "context": context,
                    "measurand": "Energy.Active.Import.Register",
                    "unit": "Wh",
                },
                {"value": str(power_w), "context": context, "measurand": "Power.Active.Import", "unit": "W"},
            ],
        }

    def shown(self) -> dict[str, Any]:
        running = self.transaction
        return {
            "connector": self.number,
            "status": self.status,
            "plugged": self.plugged,
            "meter_wh": int(self.meter_wh),
            "transaction": None
            if running is None
            else {
                "number": running.number,
                "id_token": running.id_token,
                "meter_start_wh": running.meter_start_wh,
                "started_at": running.started_at,
            },
        }
