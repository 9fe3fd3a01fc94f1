"""What is asked of the simulator over HTTP."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Fault(StrEnum):
    NEVER_CONNECTS = "never_connects"
    WRONG_SERIAL = "wrong_serial"
    WRONG_KEY = "wrong_key"
    NO_BOOT = "no_boot"
    REFUSES_CONFIGURATION = "refuses_configuration"
    REFUSES_REMOTE_START = "refuses_remote_start"
    NO_ENERGY = "no_energy"
    DROPS_AFTER_BOOT = "drops_after_boot"
    REFUSES_AUTHORIZATION_KEY = "refuses_authorization_key"
    SILENT = "silent"
    GARBAGE = "garbage"


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Description(_Request):
    """A station to power up. ``url`` is the central system's, without the identity.

    ``speed``: how much faster than in life it charges and waits.
    """

    identity: str = Field(pattern=r"^[A-Za-z0-9*_=+|@.\-]{1,48}$")
    key: str = Field(min_length=1, max_length=128)
    url: str = Field(pattern=r"^wss?://")
    vendor: str = Field(default="Sandbox", max_length=20)
    model: str = Field(default="Wallbox", max_length=20)
    serial: str = Field(max_length=25)
    firmware: str = Field(default="1.0.0", max_length=50)
    connectors: int = Field(default=1, ge=1, le=20)
    power_w: int = Field(default=11_000, ge=1, le=1_000_000)
    speed: float = Field(default=1, gt=0, le=10_000)
    faults: set[Fault] = Field(default_factory=set)


class Plug(_Request):
    connector: int = Field(default=1, ge=1)


class Swipe(_Request):
    id_token: str = Field(min_length=1, max_length=20)
    connector: int | None = Field(default=None, ge=1)


class Faults(_Request):
    """Replaces the station's faults; an empty list mends it."""

    faults: set[Fault]
