"""A session that is told when it is long over: its token is judged as it stood when it was shown (C2)."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from models.rules.authorisation import Holder, Judgement, KnownToken, Station, TokenVerdict, decide
from models.rules.commissioning import CommissioningStage
from models.rules.session import HEARD_LATE_AFTER
from models.rules.session_clock import BELIEVED_BEHIND
from models.rules.subscriber import SubscriberStage
from models.rules.vend import Vend


class Past(NamedTuple):
    """A token and whose it was at an instant; ``holder`` is told as it stands now."""

    token: KnownToken
    holder: Holder | None


def is_late(at: datetime, now: datetime) -> bool:
    """Whether what happened then, by the station's clock, is told so late that its token may have changed since."""
    return HEARD_LATE_AFTER < now - at <= BELIEVED_BEHIND


def as_of(judged: Judgement, past: Past | None, at: datetime, vend: Vend = Vend.CONTRACT) -> Judgement:
    """What was decided now, decided for then, on the terms that its station had. ``past`` is None of an unknown token.
    That energy has flowed already, nobody's balance can undo.

    A token that wasn't blocked then was of an active subscription, since it is blocked while that is not.
    """
    token, holder = (None, None) if past is None else past
    paying = holder and holder._replace(stage=SubscriberStage.ACTIVE, available=Decimal(0), running=0)
    in_service = Station(CommissioningStage.ACTIVE, None, vend=vend)
    verdict, _ = decide(token, in_service, at, holder=paying, least=Decimal(0))
    is_elsewhere = judged.verdict is TokenVerdict.NOT_AT_THIS_LOCATION and vend is not Vend.FREE
    if verdict is TokenVerdict.ACCEPTED and is_elsewhere:
        verdict = judged.verdict
    vehicle_id = None if token is None else token.vehicle_id
    return judged._replace(verdict=verdict, holder=holder, vend=vend, vehicle_id=vehicle_id)


def to_review(judged: Judgement) -> str:
    """What a person is to look at in a session that came late, and is nobody's."""
    said = judged.verdict.value.replace("_", " ")
    return f"was charged off-line with a card or car that was not valid then ({said}): see who pays for it"
