"""Tokens that the station itself knows."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from models.messages.base import Message
from models.messages.commands.fields import SINCE_2, Connector, Number, StationCall, Token, TokenKind
from models.messages.commands.upkeep import CertificateHash

TOKENS_LIMIT = 10_000


class ClearCache(StationCall):
    """The station forgets whom it let charge."""


class ReadLocalListVersion(StationCall):
    """0: the station has no list."""


class ListedToken(Message):
    """``verdict`` None takes the token off the list, in a differential update."""

    token: Token
    token_kind: TokenKind = TokenKind.ISO14443
    verdict: Literal["accepted", "blocked", "expired", "invalid"] | None = "accepted"
    until: AwareDatetime | None = None
    group: Token | None = None
    group_kind: TokenKind = TokenKind.CENTRAL
    connectors: Annotated[tuple[Connector, ...], SINCE_2] = Field(default=(), max_length=100)
    """It is good at these only; none named: at each."""


class SendLocalList(StationCall):
    """A full list replaces the station's. OCPP 1.6 ed.2 §5.15: versions begin with 1; 0 and -1 stand for no list.

    A list of more tokens than the station takes at once goes in parts, each with the next version; the outcome tells
    the last one. ``otherwise`` is the whole list, which is sent where a differential update fails.
    """

    version: Number
    kind: Literal["full", "differential"]
    tokens: tuple[ListedToken, ...] = Field(default=(), max_length=TOKENS_LIMIT)
    otherwise: tuple[ListedToken, ...] | None = Field(default=None, max_length=TOKENS_LIMIT)

    @model_validator(mode="after")
    def _check_lists(self) -> Self:
        if self.kind == "full" and any(each.verdict is None for each in self.tokens):
            raise ValueError("tokens: in a full list each has a verdict; leave out what is to go")
        if any(each.verdict is None for each in self.otherwise or ()):
            raise ValueError("otherwise: it is a full list, in which each has a verdict; leave out what is to go")
        for name, listed in (("tokens", self.tokens), ("otherwise", self.otherwise or ())):
            if len({(each.token.casefold(), each.token_kind) for each in listed}) < len(listed):
                raise ValueError(f"{name}: each token may stand in it once")
        if self.kind == "full" and self.otherwise is not None:
            raise ValueError("otherwise: goes with a differential update only")
        return self


class CustomerInformation(StationCall):
    """What the station knows of a customer is told, in parts that carry the number, or forgotten, or both.

    The customer is named in one way: by a token, a certificate, or a name that the station's maker has agreed to.
    """

    report: bool = True
    clear: bool = False
    token: Token | None = None
    token_kind: TokenKind = TokenKind.ISO14443
    certificate: CertificateHash | None = None
    customer: str | None = Field(default=None, min_length=1, max_length=64)
    request: Number | None = None

    @model_validator(mode="after")
    def _check_customer(self) -> Self:
        if sum(each is not None for each in (self.token, self.certificate, self.customer)) != 1:
            raise ValueError("token: name the customer in one way, by token, certificate or customer")
        if not self.report and not self.clear:
            raise ValueError("report: ask for a report, for the clearing, or for both")
        return self
