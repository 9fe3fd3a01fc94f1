"""Who charges where: starts, stops, places kept and places out of service."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from models.messages.commands.fields import (
    SINCE_2,
    Connector,
    Number,
    Plug,
    StationCall,
    Token,
    TokenKind,
    Transaction,
)
from models.messages.commands.profiles import ChargingProfile


class StartCharging(StationCall):
    """``remote_start``: the number by which a station of OCPP 2 names this in its transaction; drawn where not given.
    An accepted one is no start yet: that comes as the station's own message.
    """

    token: Token
    token_kind: TokenKind = TokenKind.ISO14443
    connector: Connector | None = None
    profile: ChargingProfile | None = None
    group: Annotated[Token | None, SINCE_2] = None
    remote_start: Annotated[Number | None, SINCE_2] = None


class StopCharging(StationCall):
    transaction: Transaction


class ReadTransactionStatus(StationCall):
    """Whether the transaction goes on, and whether the station has still to tell of it; without one: of any."""

    transaction: Transaction | None = None


class ChangeAvailability(StationCall):
    """Without ``connector``: the whole station. One that is charging goes out of service afterwards (scheduled)."""

    available: bool
    connector: Connector | None = None
    plug: Annotated[Plug | None, SINCE_2] = None


class ReserveNow(StationCall):
    """For one token, or its ``group``, until ``until``. Without ``connector``: any one of the station's."""

    reservation: Number
    token: Token
    token_kind: TokenKind = TokenKind.ISO14443
    until: AwareDatetime
    connector: Connector | None = None
    connector_type: Annotated[str | None, SINCE_2] = Field(default=None, min_length=1, max_length=20)
    """In the standard's words, such as ``cCCS2``."""
    group: Token | None = None


class CancelReservation(StationCall):
    reservation: Number


class Unlock(StationCall):
    connector: Connector
    plug: Annotated[Plug, SINCE_2] = 1


class TellCost(StationCall):
    """What the transaction costs by now, in the station's currency, for its display."""

    transaction: Transaction
    cost: Decimal = Field(ge=-1_000_000, le=1_000_000, decimal_places=4)


class AllowEnergyTransfer(StationCall):
    """OCPP 2.1: what the car may do beside what it does, such as to feed into the grid."""

    transaction: Transaction
    allowed: tuple[
        Literal[
            "AC_single_phase",
            "AC_two_phase",
            "AC_three_phase",
            "DC",
            "AC_BPT",
            "AC_BPT_DER",
            "AC_DER",
            "DC_BPT",
            "DC_ACDP",
            "DC_ACDP_BPT",
            "WPT",
        ],
        ...,
    ] = Field(min_length=1, max_length=11)


class AnnounceWebPayment(StationCall):
    """OCPP 2.1: somebody pays for the connector on the web; for so long nobody else begins there."""

    connector: Connector
    within_s: int = Field(ge=1, le=3600)


class SwapBattery(StationCall):
    """OCPP 2.1: a swap station gives out a battery for the token."""

    token: Token
    token_kind: TokenKind = TokenKind.ISO14443
    request: Number | None = None
