"""A connector with its meter, and the transaction that runs on it."""

import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

HOUR_S = 3600
SUSPENDED_BELOW_W = 1


class Token(NamedTuple):
    """``kind`` is the id token's type in 2.x."""

    value: str
    kind: str = "ISO14443"


@dataclass
class Transaction:
    """``number`` is the central system's id (1.6), None until it has answered the start; ``local_id`` is our own,
    which is the transaction's id in 2.x. ``id_token`` is None where a transaction began with the cable."""

    id_token: str | None
    meter_start_wh: int
    started_at: str
    local_id: str = field(default_factory=lambda: str(uuid4()))
    number: int | None = None
    kind: str = "ISO14443"
    remote_start_id: int | None = None
    reservation: int | None = None
    events: int = 0
    """How many events 2.x has had of it: the next seqNo."""
    state: str | None = None
    stopped: str | None = None
    """Why no energy flows any more, where the transaction outlives its authorisation."""

    @property
    def token(self) -> Token | None:
        return None if self.id_token is None else Token(self.id_token, self.kind)


@dataclass
class Connector:
    number: int
    power_w: int
    speed: float
    meter_wh: float = 0
    plugged: bool = False
    transaction: Transaction | None = None
    awaited: Token | None = None
    awaited_start: int | None = None
    operative: bool = True
    wanted_operative: bool | None = None
    """An availability that waits for the transaction's end."""
    reserved: bool = False
    limit_w: float | None = None
    status: str = "Available"
    _metered_s: float = field(default_factory=time.monotonic)

    @property
    def delivers(self) -> bool:
        running = self.transaction
        return self.plugged and running is not None and running.id_token is not None and running.stopped is None

    @property
    def suspended(self) -> bool:
        return self.delivers and self.limit_w is not None and self.limit_w < SUSPENDED_BELOW_W

    @property
    def flow_w(self) -> float:
        if not self.delivers:
            return 0
        return self.power_w if self.limit_w is None else min(self.power_w, max(0, self.limit_w))

    def advance(self, *, flows: bool) -> None:
        """Moves the meter on to now, where energy flows."""
        now_s = time.monotonic()
        if flows:
            self.meter_wh += self.flow_w * (now_s - self._metered_s) * self.speed / HOUR_S
        self._metered_s = now_s

    @property
    def charging_state(self) -> str:
        """ChargingStateEnumType (OCPP 2.0.1 part 2 §3.12)."""
        if not self.plugged:
            return "Idle"
        if not self.delivers:
            return "EVConnected"
        return "SuspendedEVSE" if self.suspended else "Charging"

    def shown(self) -> dict[str, Any]:
        running = self.transaction
        return {
            "connector": self.number,
            "status": self.status,
            "plugged": self.plugged,
            "meter_wh": int(self.meter_wh),
            "limit_w": self.limit_w,
            "transaction": None
            if running is None
            else {
                "number": running.number,
                "id": running.local_id,
                "id_token": running.id_token,
                "meter_start_wh": running.meter_start_wh,
                "started_at": running.started_at,
            },
        }

    def kept(self) -> dict[str, Any]:
        return {
            "connector": self.number,
            "meter_wh": int(self.meter_wh),
            "plugged": self.plugged,
            "operative": self.operative,
            "transaction": None if self.transaction is None else vars(self.transaction),
        }
