"""Local lists: whatever happens, the station ends with exactly the wanted tokens, and versions only grow."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.messages.commands import SendLocalList
from models.rules.local_list import VERSION_LIMIT, Known, ReadVersion, Send, arguments_of, next_of
from models.rules.wanted import Rest

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
TOKENS = st.frozensets(st.sampled_from([f"CARD{number}" for number in range(8)]))

pytestmark = pytest.mark.step("L5", "O22")


@dataclass
class Station:
    version: int = 0
    tokens: set[str] = field(default_factory=set)

    def take(self, sent: Send) -> None:
        if sent.kind == "full":
            self.tokens = set(sent.tokens)
        self.tokens = (self.tokens | set(sent.tokens)) - set(sent.gone)
        self.version = sent.version


@given(st.lists(st.tuples(TOKENS, st.sampled_from(["takes", "loses its list", "refuses differences", "answer lost"]))))
def test_a_station_ends_with_what_is_wanted_and_its_versions_only_grow(
    rounds: list[tuple[frozenset[str], str]],
) -> None:
    station, known, now, versions = Station(), Known(), NOW, [0]
    for wanted, way in rounds:
        now += timedelta(days=1)
        if way == "loses its list":
            station = Station()
        lost = way == "answer lost"
        for _ in range(8):
            step = next_of(sorted(wanted), known, None, now)
            if isinstance(step, Rest):
                break
            if isinstance(step, ReadVersion):
                known = replace(known, told=station.version, read_at=now)
                continue
            SendLocalList.model_validate(arguments_of(step))
            versions.append(step.version)
            known = replace(known, drawn=step.version)
            if way == "refuses differences" and step.kind == "differential":
                known = replace(known, only_full=True)
                continue
            station.take(step)
            if lost:
                lost, known = False, replace(known, read_at=None)
                continue
            known = replace(known, taken=step.version, told=step.version, tokens=wanted, only_full=False, read_at=now)
        assert isinstance(step, Rest)
        assert station.tokens == wanted
    assert versions == sorted(set(versions))
    assert all(version > 0 for version in versions[1:])


def test_only_a_station_that_has_our_last_version_gets_differences() -> None:
    known = Known(drawn=4, taken=4, tokens=frozenset({"A", "B"}), told=4, read_at=NOW)
    assert next_of(["B", "C"], known, None, NOW) == Send(5, "differential", ("C",), ("A",))
    for other in (replace(known, told=3), replace(known, told=0), replace(known, only_full=True)):
        assert next_of(["B", "C"], other, None, NOW) == Send(5, "full", ("B", "C"))
    assert next_of(["B"], replace(known, told=9), None, NOW) == Send(10, "full", ("B",))
    assert next_of(["B"], replace(known, drawn=VERSION_LIMIT), None, NOW) == Send(1, "full", ("B",))
    assert next_of(None, known, None, NOW) == Rest(None)
    assert next_of(["A", "B"], known, NOW + timedelta(seconds=1), NOW + timedelta(minutes=1)) == ReadVersion()
