"""The drawn process map: complete, legible, and told in words too."""

import re
from enum import StrEnum
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.commissioning import COMMISSIONING
from models.rules.machine import Event, Machine, State
from models.rules.placement import PLACEMENT, PlacementStage
from models.rules.process_map import draw
from models.rules.process_map_layout import BOX_HEIGHT, BOX_WIDTH, lay_out
from models.rules.work_order import WORK_ORDER

pytestmark = pytest.mark.step("P22")

MACHINES: list[Machine[Any, Any]] = [PLACEMENT, WORK_ORDER, COMMISSIONING]
NAMESPACE = "{http://www.w3.org/2000/svg}"


class Stage(StrEnum):
    A = "a"
    B = "b"
    C = "c"
    D = "d"
    F = "f"
    G = "g"


class Move(StrEnum):
    ONE = "one"
    TWO = "two"
    THREE = "three"
    FOUR = "four"
    FIVE = "five"
    SIX = "six"
    SEVEN = "seven"
    EIGHT = "eight"


@st.composite
def machines(draw_from: st.DrawFn) -> Machine[Stage, Move]:
    """Machines of two rows: a chain through all states, and any other ways on top."""
    stages, moves = list(Stage), list(Move)
    places = draw_from(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=6, max_size=6, unique=True), label="places"
    )
    ways = {(a, Move.ONE): b for a, b in pairwise(stages)}
    ways |= draw_from(
        st.dictionaries(st.tuples(st.sampled_from(stages[:-1]), st.sampled_from(moves[1:])), st.sampled_from(stages))
    )
    used = {move for _, move in ways}
    return Machine(
        name="sample",
        initial=Stage.A,
        states=tuple(
            State(s, f"Stage {s}", column, row, terminal=s is Stage.G)
            for s, (column, row) in zip(stages, places, strict=True)
        ),
        events=tuple(Event(move, str(move)) for move in moves if move in used),
        transitions=ways,
    )


def _two_stages(name: str, stage: str, event: str) -> Machine[Stage, Move]:
    return Machine(
        name=name,
        initial=Stage.A,
        states=(State(Stage.A, stage, 0, waits_for=stage), State(Stage.B, "B", 1, terminal=True)),
        events=(Event(Move.ONE, event),),
        transitions={(Stage.A, Move.ONE): Stage.B},
    )


def _root(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own drawing


def _words(svg: str) -> str:
    return " ".join(" ".join(text.itertext()) for text in _root(svg).iter(f"{NAMESPACE}text"))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_stage_and_every_event_that_leads_on_is_drawn_and_told(machine: Machine[Any, Any]) -> None:
    svg = draw(machine)
    words, description = _words(svg), _root(svg).findtext(f"{NAMESPACE}desc") or ""
    for state in machine.states:
        assert state.label in words
        assert f"From “{state.label}”" in description
    for (source, event), target in machine.transitions.items():
        if source != target:
            label = machine.event(event).label
            assert label in words
            assert f"{label} leads to “{machine.state(target).label}”" in description


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_the_map_is_small_and_asks_nobody_for_anything(machine: Machine[Any, Any]) -> None:
    stages = [state.name for state in machine.states]
    svg = draw(machine, stages[0], stages)
    assert len(svg.encode()) < 16_384
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]
    assert {use for use in re.findall(r"url\(([^)]*)\)", svg) if not use.startswith("#map-")} == set()
    assert svg == draw(machine, stages[0], list(reversed(stages)))


def test_the_current_stage_is_marked_by_words_and_not_by_colour_alone() -> None:
    svg = draw(PLACEMENT, PlacementStage.SAT_REVIEW, {PlacementStage.SUBMITTED, PlacementStage.ACCEPTED})
    root = _root(svg)
    (current,) = [group for group in root.iter(f"{NAMESPACE}g") if group.get("aria-current") == "step"]
    assert "▶ now" in "".join(current.itertext())
    assert "Acceptance" in "".join(current.itertext())
    assert root.findtext(f"{NAMESPACE}title") == "Process map of the placement: now at “Acceptance test in review”"
    description = root.findtext(f"{NAMESPACE}desc") or ""
    assert "now at “Acceptance test in review”, waiting for operations" in description
    assert "Passed: Request submitted, Accepted." in description
    assert (
        len([g for g in root.iter(f"{NAMESPACE}g") if g.get("class") == "been" and "✓" in "".join(g.itertext())]) == 2
    )


def test_without_a_current_stage_none_is_marked() -> None:
    assert "aria-current" not in draw(PLACEMENT)
    assert "▶" not in draw(PLACEMENT)


def test_a_stage_of_another_machine_is_refused() -> None:
    with pytest.raises(KeyError, match="The door machine has no 'c'"):
        draw(_two_stages("door", "Open", "closes"), Stage.C)


def test_the_map_is_an_image_with_a_name_and_maps_share_no_ids() -> None:
    ids: list[str] = []
    for machine in MACHINES:
        root = _root(draw(machine))
        own = [element.get("id") for element in root.iter() if element.get("id")]
        assert root.get("role") == "img"
        assert (root.get("aria-labelledby") or "").split() == own[:2]
        ids += [str(name) for name in own]
    assert len(ids) == len(set(ids))


def test_labels_are_text_whatever_they_hold() -> None:
    hostile = '</text><script>alert("1")</script>&'
    machine = _two_stages("x", hostile, hostile)
    root = _root(draw(machine, Stage.A))
    assert not list(root.iter(f"{NAMESPACE}script"))
    assert hostile in (root.findtext(f"{NAMESPACE}desc") or "")


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_no_two_labels_and_no_label_and_box_overlap(machine: Machine[Any, Any]) -> None:
    drawing = lay_out(machine)
    places = [(box.x, box.y, box.x + BOX_WIDTH, box.y + BOX_HEIGHT) for box in drawing.boxes.values()]
    for written in drawing.labels:
        width = max(len(line.text) for line in written.lines) * 6.2
        left = written.x if written.beside else written.x - width / 2
        places.append((left, written.y - 9, left + width, written.y + 13 * (len(written.lines) - 1) + 2))
    for a, b in combinations(places, 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, (a, b)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_no_line_crosses_a_box_in_our_processes(machine: Machine[Any, Any]) -> None:
    _assert_lines_keep_off_boxes(machine)


@given(machines())
@settings(deadline=None)
def test_no_line_crosses_a_box_in_any_process_of_two_rows(machine: Machine[Stage, Move]) -> None:
    _assert_lines_keep_off_boxes(machine)
    _root(draw(machine, Stage.A))


def _assert_lines_keep_off_boxes(machine: Machine[Any, Any]) -> None:
    drawing = lay_out(machine)
    for path in (*drawing.straight, *drawing.detours):
        for (x1, y1), (x2, y2) in pairwise(_corners(path)):
            for name, box in drawing.boxes.items():
                inside_x = max(x1, x2) > box.x + 1 and min(x1, x2) < box.x + BOX_WIDTH - 1
                inside_y = max(y1, y2) > box.y + 1 and min(y1, y2) < box.y + BOX_HEIGHT - 1
                assert not (inside_x and inside_y), f"{path} crosses {name}"
            assert 0 <= x2 <= drawing.width
            assert 0 <= y2 <= drawing.height


def _corners(path: str) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for command, numbers in re.findall(r"([MHVQ])([-\d. ]+)", path):
        values = [float(number) for number in numbers.split()]
        x, y = points[-1] if points else (0.0, 0.0)
        match command:
            case "H":
                x = values[0]
            case "V":
                y = values[0]
            case _:
                x, y = values[-2:]
        points.append((x, y))
    return points
