"""Local lists: whatever happens, the station ends with exactly the wanted tokens, and versions only grow."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.messages.commands import SendLocalList
from models.rules.local_list import (
    HOLDS,
    TAKES,
    VERSION_LIMIT,
    Known,
    ReadRoom,
    ReadVersion,
    Send,
    arguments_of,
    next_of,
    room_of,
)
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
            assert isinstance(step, Send)
            SendLocalList.model_validate(arguments_of(step))
            assert len(step.tokens) + len(step.gone) <= len(wanted)
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


def test_the_whole_list_is_sent_where_it_is_shorter_than_the_differences() -> None:
    known = Known(drawn=4, taken=4, tokens=frozenset({"A", "B", "C"}), told=4, read_at=NOW)
    assert next_of(["D"], known, None, NOW) == Send(5, "full", ("D",))
    assert next_of(["B", "C", "D"], known, None, NOW) == Send(5, "differential", ("D",), ("A",))
    assert next_of([], known, None, NOW) == Send(5, "full", ())


def test_a_station_whose_cards_are_chosen_is_asked_how_many_it_holds_before_all_else_and_after_each_boot() -> None:
    asked = Known(told=0, read_at=NOW, room_at=NOW)
    assert next_of([], Known(), None, NOW, is_chosen=True) == ReadRoom()
    assert next_of(["A"], asked, None, NOW, is_chosen=True) == Send(1, "full", ("A",))
    assert next_of(["A"], asked, NOW + timedelta(minutes=1), NOW, is_chosen=True) == ReadRoom()
    refused = replace(asked, again_at=NOW + timedelta(minutes=5), room_at=None)
    assert next_of(["A"], refused, None, NOW, is_chosen=True) == Rest(NOW + timedelta(minutes=5))
    assert next_of(["A"], Known(), None, NOW) == ReadVersion()


@pytest.mark.parametrize(
    ("told", "room"),
    [
        ({HOLDS: "1000", TAKES: "50"}, 1000),
        ({"localauthlistmaxlength": " 80 "}, 80),
        ({HOLDS: "9999999"}, 2000),
        ({HOLDS: "0", TAKES: "50"}, 0),
        ({TAKES: "50"}, 50),
        ({HOLDS: "many", TAKES: "-3"}, None),
        ({}, None),
    ],
)
def test_a_station_holds_what_it_tells_or_what_it_takes_at_once(told: dict[str, str], room: int | None) -> None:
    entries = {key: {"value": value, "readonly": True} for key, value in told.items()}
    assert room_of({"configuration": entries}) == room
