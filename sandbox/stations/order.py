"""A whole park ordered in one call: how many stations, and by which rules they are told apart."""

from itertools import cycle
from typing import Self

from pydantic import Field, field_validator, model_validator

from sandbox.stations.description import Description, Protocol, Request, Traits

LARGEST_PARK = 10_000


class Listed(Request):
    """A station named one by one."""

    identity: str
    serial: str
    key: str = ""
    protocol: Protocol | None = None


class ParkOrder(Traits):
    """``serial`` and ``key`` are rules in which {number}, {number:05d} and {identity} stand for the station's own;
    ``stations`` is a list that takes their place. ``protocols`` says how many of a turn speak which version."""

    prefix: str = Field(pattern=r"^[A-Za-z0-9*_=+|@.\-]{1,40}$")
    count: int | None = Field(default=None, ge=1, le=LARGEST_PARK)
    first: int = Field(default=1, ge=0)
    serial: str = Field(default="SN-{identity}", max_length=100)
    key: str = Field(default="{identity}-factory-key", max_length=200)
    stations: list[Listed] | None = Field(default=None, min_length=1, max_length=LARGEST_PARK)
    protocols: dict[Protocol, int] = Field(default_factory=lambda: {Protocol.V16: 1}, min_length=1)
    per_second: float | None = Field(default=None, gt=0)
    frames_kept: int = Field(default=0, ge=0, le=10_000)

    @field_validator("protocols")
    @classmethod
    def _are_shares(cls, protocols: dict[Protocol, int]) -> dict[Protocol, int]:
        if any(share < 0 or share > 1_000 for share in protocols.values()) or not any(protocols.values()):
            raise ValueError("each share is 0 to 1000, and one is more than 0")
        return protocols

    @model_validator(mode="after")
    def _says_how_many(self) -> Self:
        if (self.count is None) == (self.stations is None):
            raise ValueError("count and stations: give one of the two")
        if self.stations is not None:
            named = [station.identity for station in self.stations]
            if len(set(named)) != len(named):
                raise ValueError("stations: an identity is listed twice")
            strange = [name for name in named if not name.startswith(self.prefix)]
            if strange:
                raise ValueError(f"stations: {strange[0]} does not begin with the park's prefix {self.prefix}")
        return self

    def descriptions(self) -> list[Description]:
        """Raises ValueError for a rule that gives no identity, serial or key that a station can have."""
        shared = self.model_dump(include=set(Traits.model_fields))
        turns = cycle([protocol for protocol, share in self.protocols.items() for _ in range(share)])
        return [
            Description(
                **shared,
                identity=one.identity,
                serial=one.serial,
                key=one.key,
                protocol=one.protocol or protocol,
            )
            for one, protocol in zip(self._listed(), turns, strict=False)
        ]

    def _listed(self) -> list[Listed]:
        if self.stations is not None:
            return self.stations
        numbers = range(self.first, self.first + (self.count or 0))
        return [self._by_rule(number) for number in numbers]

    def _by_rule(self, number: int) -> Listed:
        identity = f"{self.prefix}{number:05d}"
        try:
            serial, key = (rule.format(number=number, identity=identity) for rule in (self.serial, self.key))
        except (LookupError, AttributeError) as error:
            raise ValueError(f"serial and key know {{number}} and {{identity}} only: {error}") from None
        return Listed(identity=identity, serial=serial, key=key)
