"""A subscription's table: what comes to nothing ends, what was active is closed in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.subscriber import SUBSCRIBER, SubscriberEvent, SubscriberStage

pytestmark = pytest.mark.step("S2", "S5")
S, E = SubscriberStage, SubscriberEvent


def test_a_failed_step_and_a_rejection_both_undo_what_was_done_before_they_end() -> None:
    for event, undone, end in ((E.FAILED, E.UNDONE, S.COMPENSATED), (E.REJECT, E.REJECTION_DONE, S.REJECTED)):
        undoing = SUBSCRIBER.next(S.REQUESTED, event)
        assert undoing is S.UNDOING
        assert SUBSCRIBER.next(undoing, undone) is end


def test_nothing_is_decided_about_one_that_is_undone_or_has_ended() -> None:
    for stage in (S.UNDOING, S.REJECTED, S.COMPENSATED, S.CLOSED):
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
        assert not seen & {S.REJECTED, S.COMPENSATED}
