"""Who may charge where: one pure decision (P13, P15, P19)."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from models.rules.commissioning import CommissioningStage


class TokenKind(StrEnum):
    TEST = "test"
    CARD = "card"


class TokenVerdict(StrEnum):
    """OCPP 1.6 ed.2 §7.2 AuthorizationStatus, as far as a central system may answer it."""

    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    INVALID = "invalid"


class KnownToken(NamedTuple):
    id: UUID
    kind: TokenKind
    is_blocked: bool


def judged(
    known: KnownToken | None, stage: CommissioningStage, test_token_id: UUID | None
) -> tuple[TokenVerdict, bool]:
    """The verdict on a token at a station, and whether it is that station's own test card.

    The test card of another station is as good as unknown.
    """
    if known is None or (known.kind is TokenKind.TEST and known.id != test_token_id):
        return verdict(None, blocked=False, stage=stage), False
    return verdict(known.kind, blocked=known.is_blocked, stage=stage), known.kind is TokenKind.TEST


def verdict(kind: TokenKind | None, *, blocked: bool, stage: CommissioningStage) -> TokenVerdict:
    """A test card charges only in the test charge, an ordinary one only on an active station.

    ``kind`` is None where the token is unknown.
    """
    if kind is None:
        return TokenVerdict.INVALID
    if blocked:
        return TokenVerdict.BLOCKED
    if kind is TokenKind.TEST:
        return TokenVerdict.ACCEPTED if stage is CommissioningStage.TEST_CHARGING else TokenVerdict.INVALID
    return TokenVerdict.ACCEPTED if stage is CommissioningStage.ACTIVE else TokenVerdict.INVALID
