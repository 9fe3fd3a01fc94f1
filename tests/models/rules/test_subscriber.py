"""A subscription's table: what comes to nothing ends, what was active is closed in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.subscriber import FIRST_STAGE, SUBSCRIBER, Source, SubscriberEvent, SubscriberStage

pytestmark = pytest.mark.step("S2", "S5")
S, E = SubscriberStage, SubscriberEvent


def test_what_one_of_ours_enters_needs_no_acceptance() -> None:
    assert FIRST_STAGE[Source.WEB] is SUBSCRIBER.initial
    assert FIRST_STAGE[Source.AGENT] is SUBSCRIBER.next(S.REQUESTED, E.ACCEPT)


def test_nothing_is_decided_about_one_that_has_ended() -> None:
    for stage in (S.REJECTED, S.FAILED, S.CLOSED):
        assert SUBSCRIBER.allowed(stage, "decision") == ()


@given(st.lists(st.sampled_from(SubscriberEvent), max_size=30))
def test_one_that_was_active_ends_only_by_its_settlement(events: list[SubscriberEvent]) -> None:
    stage, seen = SUBSCRIBER.initial, {SUBSCRIBER.initial}
    for event in events:
        if SUBSCRIBER.allows(stage, event):
            stage = SUBSCRIBER.next(stage, event)
            seen.add(stage)
    if S.ACTIVE in seen and SUBSCRIBER.is_terminal(stage):
        assert {stage, *seen} >= {S.CLOSING, S.CLOSED}
        assert not seen & {S.REJECTED, S.FAILED}
