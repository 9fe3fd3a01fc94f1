"""A session that is told when it is long over: its token is judged as it stood when it was shown (C2)."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from models.rules.authorisation import Holder, Judgement, KnownToken, Station, TokenVerdict, decide
from models.rules.commissioning import CommissioningStage
from models.rules.session import HEARD_LATE_AFTER
from models.rules.session_clock import BELIEVED_BEHIND
from models.rules.subscriber import SubscriberStage


class Past(NamedTuple):
    """A token and whose it was at an instant; ``holder`` is told as it stands now."""

    token: KnownToken
    holder: Holder | None


def is_late(at: datetime, now: datetime) -> bool:
    """Whether what happened then, by the station's clock, is told so late that its token may have changed since."""
    return HEARD_LATE_AFTER < now - at <= BELIEVED_BEHIND


def as_of(judged: Judgement, past: Past, at: datetime) -> Judgement:
    """What was decided now, decided for then. That energy has flowed already, nobody's balance can undo.

    A token that wasn't blocked then was of an active subscription, since it is blocked while that is not.
    """
    holder = past.holder and past.holder._replace(stage=SubscriberStage.ACTIVE, available=Decimal(0), running=0)
    in_service = Station(CommissioningStage.ACTIVE, None)
    verdict, _ = decide(past.token, in_service, at, holder=holder, least=Decimal(0))
    if verdict is TokenVerdict.ACCEPTED and judged.verdict is TokenVerdict.NOT_AT_THIS_LOCATION:
        verdict = judged.verdict
    return judged._replace(verdict=verdict, holder=past.holder)


def to_review(judged: Judgement) -> str:
    """What a person is to look at in a session that came late, and is nobody's."""
    said = judged.verdict.value.replace("_", " ")
    return f"was charged off-line with a card that was not valid then ({said}): see who pays for it"
