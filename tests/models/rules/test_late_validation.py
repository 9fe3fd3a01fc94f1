"""A token that is told late is judged as it stood when it was shown, whatever has become of it (C2)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from models.rules.authorisation import Holder, Judgement, KnownToken, TokenKind, TokenVerdict
from models.rules.late_validation import Past, as_of, is_late, to_review
from models.rules.session import HEARD_LATE_AFTER
from models.rules.session_clock import BELIEVED_BEHIND
from models.rules.subscriber import Payment, SubscriberStage
from models.tables.base import new_id

pytestmark = pytest.mark.step("C2")
NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
THEN = NOW - timedelta(days=2)
TOKEN = KnownToken(new_id(), TokenKind.CARD, is_blocked=False)
HOLDER = Holder(new_id(), SubscriberStage.ACTIVE, Payment.PREPAID, Decimal(0))
V = TokenVerdict


def judged(verdict: TokenVerdict = V.ACCEPTED, holder: Holder | None = HOLDER) -> Judgement:
    return Judgement(verdict, False, TOKEN.id, holder)


@pytest.mark.parametrize("now", [V.BLOCKED, V.EXPIRED, V.NO_CREDIT, V.CONCURRENT, V.INVALID, V.ACCEPTED])
@pytest.mark.parametrize("stage", SubscriberStage)
def test_a_card_that_was_good_then_is_accepted_whatever_it_is_now(now: TokenVerdict, stage: SubscriberStage) -> None:
    found = as_of(judged(now), Past(TOKEN, HOLDER._replace(stage=stage)), THEN)
    assert (found.verdict, found.holder) == (V.ACCEPTED, HOLDER._replace(stage=stage))


def test_a_card_that_was_blocked_or_expired_then_or_was_nobodys_is_not_accepted_though_it_is_good_now() -> None:
    assert as_of(judged(), Past(TOKEN._replace(is_blocked=True), HOLDER), THEN).verdict is V.BLOCKED
    for expires_at, verdict in ((THEN, V.EXPIRED), (THEN + timedelta(seconds=1), V.ACCEPTED)):
        assert as_of(judged(), Past(TOKEN._replace(expires_at=expires_at), HOLDER), THEN).verdict is verdict
    in_pool = as_of(judged(), Past(TOKEN._replace(is_blocked=True), None), THEN)
    assert (in_pool.verdict, in_pool.holder) == (V.BLOCKED, None)


def test_a_place_that_is_closed_to_the_card_was_closed_to_it_then() -> None:
    away = judged(V.NOT_AT_THIS_LOCATION)
    assert as_of(away, Past(TOKEN, HOLDER), THEN).verdict is V.NOT_AT_THIS_LOCATION
    assert as_of(away, Past(TOKEN._replace(is_blocked=True), HOLDER), THEN).verdict is V.BLOCKED
    assert as_of(judged(V.NOT_AT_THIS_TIME), Past(TOKEN, HOLDER), THEN).verdict is V.ACCEPTED


def test_late_is_what_is_old_but_not_so_old_that_the_clock_was_never_set() -> None:
    moment = timedelta(microseconds=1)
    for age, late in (
        (timedelta(), False),
        (-timedelta(days=1), False),
        (HEARD_LATE_AFTER, False),
        (HEARD_LATE_AFTER + moment, True),
        (BELIEVED_BEHIND, True),
        (BELIEVED_BEHIND + moment, False),
    ):
        assert is_late(NOW - age, NOW) is late, age


def test_a_person_looks_at_what_was_not_valid_and_is_nobodys() -> None:
    assert "not valid then (blocked)" in to_review(judged(V.BLOCKED, None))
