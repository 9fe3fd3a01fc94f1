"""What is asked of the simulator over HTTP."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.stations.steps import Step

STEPS_LIMIT = 1_000
PROFILE_WITH_CERTIFICATE = 3


class Protocol(StrEnum):
    """The subprotocol that the station offers (OCPP-J 1.6 §3.1.2, 2.0.1 part 4 §3.1.2)."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"


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


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Traits(Request):
    """What the stations of a park have in common, and what one alone may say of itself.

    ``url`` is the central system's, without the identity. ``speed``: how much faster than in life it charges and waits.
    ``settings`` are keys (1.6) or variables (``AuthCtrlr.LocalAuthorizeOffline``) as the factory set them.
    Files are read where the program runs; ``{identity}`` in their names stands for the station's.
    """

    url: str = Field(pattern=r"^wss?://")
    vendor: str = Field(default="Sandbox", max_length=20)
    model: str = Field(default="Wallbox", max_length=20)
    firmware: str = Field(default="1.0.0", max_length=50)
    connectors: int = Field(default=1, ge=1, le=20)
    power_w: int = Field(default=11_000, ge=1, le=1_000_000)
    speed: float = Field(default=1, gt=0, le=10_000)
    faults: set[Fault] = Field(default_factory=set)
    settings: dict[str, str] = Field(default_factory=dict, max_length=100)
    seed: int | None = None
    script: list[Step] = Field(default_factory=list, max_length=STEPS_LIMIT)
    frames_kept: int = Field(default=500, ge=0, le=10_000)
    status_by_event: bool = False
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    @model_validator(mode="after")
    def _certificate_is_whole(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file: give both (security profile 3) or neither")
        if self.ca_file is not None and not self.url.startswith("wss:"):
            raise ValueError("ca_file: is for a url that begins with wss://")
        if self.certificate_file is not None and not self.url.startswith("wss:"):
            raise ValueError("certificate_file: is for a url that begins with wss://")
        return self


class Description(Traits):
    """A station to power up. With a certificate it shows no key (security profile 3)."""

    identity: str = Field(pattern=r"^[A-Za-z0-9*_=+|@.\-]{1,48}$")
    protocol: Protocol = Protocol.V16
    key: str = Field(default="", max_length=128)
    serial: str = Field(max_length=25)

    @model_validator(mode="after")
    def _shows_who_it_is(self) -> Self:
        if not self.key and self.certificate_file is None:
            raise ValueError("key: give the factory key, or a certificate_file with its key_file")
        return self

    def named(self, path: Path) -> Path:
        return Path(str(path).replace("{identity}", self.identity))

    @property
    def security_profile(self) -> int:
        """OCPP 2.0.1 part 2 §A.1.3; the same numbers in the 1.6 security white paper."""
        if self.certificate_file is not None:
            return PROFILE_WITH_CERTIFICATE
        return 2 if self.url.startswith("wss:") else 1


class Plug(Request):
    connector: int = Field(default=1, ge=1)


class Swipe(Request):
    """``kind`` is the type of the id token as 2.x writes it; 1.6 has none."""

    id_token: str = Field(min_length=1, max_length=36)
    kind: str = Field(default="ISO14443", max_length=20)
    connector: int | None = Field(default=None, ge=1)


class Faults(Request):
    """Replaces the station's faults; an empty list mends it."""

    faults: set[Fault]


class AtSite(Request):
    """What somebody sets at the station itself."""

    settings: dict[str, str] = Field(min_length=1, max_length=100)


class Script(Request):
    steps: list[Step] = Field(min_length=1, max_length=STEPS_LIMIT)
