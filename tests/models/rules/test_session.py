"""A session's table: it settles once, and is corrected once (C1, B1)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st

from models.rules.session import RUNNING, SESSION, SessionEvent, SessionStage
from models.rules.session_usage import Doing, Mark

AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
S, E = SessionStage, SessionEvent
minutes = st.integers(0, 600)
doings = st.sampled_from(Doing)
marks_of = st.lists(st.builds(lambda at, doing: Mark(AT + timedelta(minutes=at), doing), minutes, doings))


@pytest.mark.step("C1", "B1")
def test_a_session_settles_once_from_wherever_it_stops() -> None:
    for stage in RUNNING:
        assert SESSION.next(stage, E.STOPPED) is S.STOPPED
        assert not SESSION.allows(stage, E.SETTLED)
    assert SESSION.next(S.STOPPED, E.SETTLED) is S.SETTLED
    assert SESSION.allowed(S.SETTLED) == ()


@pytest.mark.step("C1")
def test_what_was_closed_without_its_stop_waits_for_it_and_is_corrected_once() -> None:
    assert SESSION.next(S.STOPPED, E.SETTLED_FROM_FACTS) is S.PROVISIONAL
    assert SESSION.next(S.PROVISIONAL, E.STOP_CAME) is S.CORRECTED
    assert SESSION.is_terminal(S.CORRECTED)
