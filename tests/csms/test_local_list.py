"""Local lists: their versions, in parts where long, in full where a differential update failed (OCPP.md 22)."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from csms.listener import CsmsServer
from csms.outcome import Result
from csms.parts import AROUND_BYTES, Room, cut
from models.messages.commands import ListedToken, SendLocalList
from tests.csms.commanded import VERSIONS, command, ready
from tests.csms.memory import MemoryRecords

pytestmark = pytest.mark.step("O22")
everywhere = pytest.mark.parametrize("subprotocol", VERSIONS)

FIVE = tuple(ListedToken(token=f"CARD-{n}") for n in range(5))


class Lister:
    """A station that keeps a list as the standard wants it: a differential update needs a higher version."""

    def __init__(self, *, at_once: int | None = None, version: int = 0, fails: tuple[int, ...] = ()) -> None:
        self.at_once = at_once
        self.version = version
        self.fails = fails
        self.tokens: set[str] = set()
        self.asked: list[tuple[str, int, int]] = []

    def __call__(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if action == "GetConfiguration":
            listed = [{"key": "SendLocalListMaxLength", "readonly": True, "value": str(self.at_once)}]
            return {"configurationKey": listed if self.at_once else [], "unknownKey": ["LocalAuthListMaxLength"]}
        if action == "GetVariables":
            return {"getVariableResult": [self._variable(each) for each in payload["getVariableData"]]}
        return {"status": self._update(payload)}

    def _variable(self, item: dict[str, Any]) -> dict[str, Any]:
        if self.at_once is None or item["variable"]["name"] != "ItemsPerMessage":
            return {**item, "attributeStatus": "UnknownVariable"}
        return {**item, "attributeStatus": "Accepted", "attributeValue": str(self.at_once)}

    def _update(self, payload: dict[str, Any]) -> str:
        version: int = payload["listVersion"] if "listVersion" in payload else payload["versionNumber"]
        listed = payload.get("localAuthorizationList", [])
        self.asked.append((payload["updateType"], version, len(listed)))
        if len(self.asked) in self.fails or (self.at_once and len(listed) > self.at_once):
            return "Failed"
        full = payload["updateType"] == "Full"
        if not full and version <= self.version:
            return "VersionMismatch"
        named = {each["idTag"] if "idTag" in each else each["idToken"]["idToken"] for each in listed}
        self.tokens = named if full else self.tokens | named
        self.version = version
        return "Accepted"


@everywhere
@pytest.mark.parametrize(("at_once", "sizes"), [(None, [5]), (2, [2, 2, 1]), (5, [5]), (1, [1] * 5)])
async def test_a_list_goes_in_as_many_parts_as_the_station_wants_each_with_the_next_version(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, at_once: int | None, sizes: list[int]
) -> None:
    lister = Lister(at_once=at_once, version=900)
    async with ready(server, subprotocol) as station:
        asked = SendLocalList(version=7, kind="full", tokens=FIVE)
        _, outcome = await command(server, records, station, asked, lister)
    kinds = ["Full"] + ["Differential"] * (len(sizes) - 1)
    assert lister.asked == [(kind, 7 + n, size) for n, (kind, size) in enumerate(zip(kinds, sizes, strict=True))]
    assert (outcome.result, outcome.data) == (Result.ACCEPTED, {"version": lister.version})
    assert len(lister.tokens) == 5


@everywhere
async def test_a_differential_update_that_fails_is_followed_by_the_whole_list(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    lister = Lister(version=30)
    lister.tokens = {"GONE"}
    async with ready(server, subprotocol) as station:
        asked = SendLocalList(version=8, kind="differential", tokens=FIVE[:1], otherwise=FIVE)
        _, outcome = await command(server, records, station, asked, lister)
    assert lister.asked == [("Differential", 8, 1), ("Full", 8, 5)]
    assert (outcome.result, outcome.data) == (Result.ACCEPTED, {"version": 8})
    assert outcome.detail == "the differential update failed (version_mismatch); in full: accepted"
    assert lister.tokens == {each.token for each in FIVE}


@everywhere
async def test_where_a_later_part_fails_the_whole_list_has_a_version_above_what_was_taken(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    lister = Lister(at_once=2, version=7, fails=(2,))
    async with ready(server, subprotocol) as station:
        asked = SendLocalList(version=8, kind="differential", tokens=FIVE[:4], otherwise=FIVE)
        _, outcome = await command(server, records, station, asked, lister)
    assert [(kind, version) for kind, version, _ in lister.asked] == [
        ("Differential", 8),
        ("Differential", 9),
        ("Full", 9),
        ("Differential", 10),
        ("Differential", 11),
    ]
    assert (outcome.result, outcome.data) == (Result.ACCEPTED, {"version": 11})


@everywhere
async def test_without_the_whole_list_a_failure_tells_the_part_and_the_version_that_was_reached(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    lister = Lister(at_once=2, fails=(2,))
    async with ready(server, subprotocol) as station:
        _, outcome = await command(server, records, station, SendLocalList(version=1, kind="full", tokens=FIVE), lister)
    assert (outcome.result, outcome.data) == (Result.REJECTED, {"version": 1})
    assert outcome.detail == "part 2 of 3: Failed"
    assert len(lister.asked) == 2, "what follows a part that failed is not sent"


async def test_a_list_that_is_longer_than_a_1_6_station_holds_is_not_begun(
    server: CsmsServer, records: MemoryRecords
) -> None:
    held = {"configurationKey": [{"key": "LocalAuthListMaxLength", "readonly": True, "value": "4"}]}
    async with ready(server, "ocpp1.6") as station:
        asked = SendLocalList(version=1, kind="full", tokens=FIVE)
        calls, outcome = await command(server, records, station, asked, held)
    assert [action for action, _ in calls] == ["GetConfiguration"]
    assert (outcome.result, outcome.detail) == (
        Result.NOT_SENT,
        "tokens: the station's list holds 4 tokens at most, not 5",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 0, "kind": "full"},
        {"version": -1, "kind": "differential"},
        {"version": 1, "kind": "full", "otherwise": []},
        {"version": 1, "kind": "differential", "otherwise": [{"token": "A", "verdict": None}]},
        {"version": 1, "kind": "full", "tokens": [{"token": "A"}, {"token": "a"}]},
    ],
)
def test_a_list_that_could_not_be_is_not_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SendLocalList.model_validate(wrong)


def _as_text(length: int) -> dict[str, Any]:
    return {"x": "y" * length}


@given(
    st.lists(st.integers(0, 500), max_size=40),
    st.none() | st.integers(1, 10),
    st.none() | st.integers(1, 2_000),
)
def test_parts_hold_everything_once_in_order_and_none_is_too_long_that_could_be_shorter(
    lengths: list[int], items: int | None, size_bytes: int | None
) -> None:
    written: Callable[[int], dict[str, Any]] = _as_text
    parts = cut(lengths, Room(items=items, size_bytes=size_bytes), written)
    assert [each for part in parts for each in part] == lengths
    assert all(parts) or parts == [()]
    for part in parts:
        assert items is None or len(part) <= items
        assert size_bytes is None or len(part) <= 1 or AROUND_BYTES + sum(each + 9 for each in part) <= size_bytes
