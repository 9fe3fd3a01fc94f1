"""Where everything on a process map goes: boxes on a grid, straight arrows beside them, the other roads in lanes.

Between (and above) the rows of boxes lie channels. What is no straight step to a neighbour runs through a channel: up
or down from its box, along a lane of its own, and into the box it leads to, so that no line crosses a box.
"""

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from models.rules.machine import E, Event, Machine, S

BOX_WIDTH, BOX_HEIGHT, GAP, MARGIN, LINE = 110.0, 88.0, 88.0, 16.0, 13.0
_CHARACTER = 7.0  # width of a label's character in a bold face of the wider kind
_CHANNEL_PAD = 20.0
_CORNER = 9.0
_ARROWHEAD = 7.0


@dataclass(frozen=True)
class Label:
    text: str
    decided: bool


@dataclass(frozen=True)
class Box:
    """A state's place; ``row`` counts from the top, ``y`` is the upper edge."""

    column: int
    row: int
    x: float
    y: float = 0.0

    @property
    def middle(self) -> float:
        return self.y + BOX_HEIGHT / 2


@dataclass(frozen=True)
class Written:
    """Lines of a label; ``y`` is the base of the first one."""

    lines: tuple[Label, ...]
    x: float
    y: float
    beside: bool = False
    """It begins at ``x``, where others have their middle."""


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    boxes: dict[str, Box]
    straight: list[str] = field(default_factory=list)
    detours: list[str] = field(default_factory=list)
    labels: list[Written] = field(default_factory=list)


@dataclass(frozen=True)
class _Road:
    """All ways to one state by the same events through the same channel: they share a lane and a label."""

    target: str
    labels: tuple[Label, ...]
    channel: int
    sources: tuple[str, ...]

    @property
    def ends(self) -> tuple[str, ...]:
        return (*self.sources, self.target)


def lay_out(machine: Machine[S, E]) -> Drawing:
    rows = sorted({state.row for state in machine.states})
    boxes = {
        str(s.name): Box(s.column, rows.index(s.row), MARGIN + s.column * (BOX_WIDTH + GAP)) for s in machine.states
    }
    steps, roads = _split(boxes, _edges(machine))
    channels = [_lanes(boxes, [road for road in roads if road.channel == c], c) for c in range(len(rows) + 1)]
    lane_y, row_y, height = _heights(channels, len(rows))
    boxes = {name: Box(box.column, box.row, box.x, row_y[box.row]) for name, box in boxes.items()}
    width = max(box.x for box in boxes.values()) + BOX_WIDTH + MARGIN
    drawing = Drawing(width, height, boxes)
    for (source, target), labels in steps.items():
        _draw_step(drawing, boxes[source], boxes[target], labels)
    _draw_roads(drawing, channels, lane_y)
    return drawing


def _edges(machine: Machine[S, E]) -> dict[tuple[str, str], tuple[Label, ...]]:
    order = {event.name: place for place, event in enumerate(machine.events)}
    labels: dict[tuple[str, str], list[tuple[int, Event[E]]]] = defaultdict(list)
    for (source, name), target in machine.transitions.items():
        if source != target:
            labels[str(source), str(target)].append((order[name], machine.event(name)))
    return {
        ends: tuple(Label(e.label, e.kind == "decision") for _, e in sorted(events, key=lambda pair: pair[0]))
        for ends, events in labels.items()
    }


Edges = dict[tuple[str, str], tuple[Label, ...]]


def _split(boxes: dict[str, Box], edges: Edges) -> tuple[Edges, list[_Road]]:
    """What is a straight step, and the roads that all other edges make together."""
    steps = {ends: labels for ends, labels in edges.items() if _is_step(boxes, edges, *ends)}
    gathered: dict[tuple[str, tuple[Label, ...], int], list[str]] = defaultdict(list)
    for (source, target), labels in edges.items():
        if (source, target) not in steps:
            gathered[target, labels, _channel(boxes[source], boxes[target])].append(source)
    return steps, [_Road(*key, tuple(sources)) for key, sources in gathered.items()]


def _is_step(boxes: dict[str, Box], edges: Edges, source: str, target: str) -> bool:
    a, b = boxes[source], boxes[target]
    if a.row != b.row or (b.column < a.column and (target, source) in edges):
        return False
    low, high = sorted((a.column, b.column))
    return not any(box.row == a.row and low < box.column < high for box in boxes.values())


def _channel(source: Box, target: Box) -> int:
    """Channel n lies above row n. Ahead goes above the row, back below it."""
    if source.row == target.row:
        return source.row if target.column > source.column else source.row + 1
    return target.row if target.row > source.row else target.row + 1


def _lanes(boxes: dict[str, Box], roads: Sequence[_Road], channel: int) -> list[list[_Road]]:
    """The roads of a channel by lane, from the top. Short roads keep near the row they come from."""

    def span(road: _Road) -> tuple[int, int]:
        columns = [boxes[name].column for name in road.ends]
        return min(columns), max(columns)

    def near_first(road: _Road) -> tuple[bool, int]:
        low, high = span(road)
        below = sum(boxes[name].row >= channel for name in road.sources) * 2 >= len(road.sources)
        return below, (low - high if below else high - low)

    lanes: list[list[_Road]] = []
    upwards = channel == 0
    for road in sorted(roads, key=near_first, reverse=upwards):
        low, high = span(road)
        taken = [n for n, lane in enumerate(lanes) if any(span(o)[0] <= high and low <= span(o)[1] for o in lane)]
        lane = max(taken, default=-1) + 1
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append(road)
    return lanes[::-1] if upwards else lanes


def _heights(channels: list[list[list[_Road]]], rows: int) -> tuple[dict[_Road, float], list[float], float]:
    """The y of each road's lane, of each row, and of the lower end."""
    y, lane_y, row_y = MARGIN, dict[_Road, float](), list[float]()
    for number, lanes in enumerate(channels):
        outer = number in {0, rows}
        y += 0.0 if outer and not lanes else _CHANNEL_PAD / (2 if outer and number == 0 else 1)
        for lane in lanes:
            y += max(len(road.labels) for road in lane) * LINE + 6
            lane_y |= dict.fromkeys(lane, y)
        y += 0.0 if outer and not lanes else _CHANNEL_PAD / (2 if number == rows else 1)
        if number < rows:
            row_y.append(y)
            y += BOX_HEIGHT
    return lane_y, row_y, y + MARGIN


def _draw_step(drawing: Drawing, source: Box, target: Box, labels: tuple[Label, ...]) -> None:
    ahead = target.x > source.x
    start = source.x + (BOX_WIDTH if ahead else 0)
    end = target.x + (-_ARROWHEAD if ahead else BOX_WIDTH + _ARROWHEAD)
    drawing.straight.append(f"M{start:.0f} {source.middle:.0f}H{end:.0f}")
    room = int((abs(end - start) + _ARROWHEAD - 4) / _CHARACTER)
    lines = [
        Label(part, label.decided)
        for label in labels
        for part in textwrap.wrap(label.text, room, break_long_words=False)
    ]
    above = len(lines) if len(lines) <= 3 else (len(lines) + 1) // 2
    x = (start + end) / 2
    drawing.labels.append(Written(tuple(lines[:above]), x, source.middle - 6 - (above - 1) * LINE))
    if lines[above:]:
        drawing.labels.append(Written(tuple(lines[above:]), x, source.middle + 15))


def _draw_roads(drawing: Drawing, channels: list[list[list[_Road]]], lane_y: dict[_Road, float]) -> None:
    ports = _ports(drawing.boxes, channels)
    for lanes in channels:
        roads = [road for lane in lanes for road in lane]
        risers = [
            (ports[road, name], min(lane_y[road], edge), max(lane_y[road], edge))
            for road in roads
            for name in road.ends
            for edge in [_edge(drawing.boxes[name], road)]
        ]
        for road in roads:
            for source in road.sources:
                drawing.detours.append(_way(drawing.boxes, road, source, ports, lane_y[road]))
            drawing.labels.append(_road_label(road, [ports[road, name] for name in road.ends], lane_y[road], risers))


def _ports(boxes: dict[str, Box], channels: list[list[list[_Road]]]) -> dict[tuple[_Road, str], float]:
    """The x at which each road leaves or enters each box, so that roads on one side of a box don't cross."""
    sides: dict[tuple[str, bool], list[tuple[int, int, _Road]]] = defaultdict(list)
    for lanes in channels:
        for number, lane in enumerate(lanes):
            for road in lane:
                for name in road.ends:
                    above = boxes[name].row >= road.channel
                    sides[name, above].append(
                        (_turn(boxes, road, name), len(lanes) - number if above else number, road)
                    )
    x: dict[tuple[_Road, str], float] = {}
    for (name, _), found in sides.items():
        # The farther lane must pass outside the nearer one: on the left side near comes first, on the right far.
        found.sort(key=lambda item: (item[0], -item[1] if item[0] > 0 else item[1]))
        for place, (_, _, road) in enumerate(found, start=1):
            x[road, name] = boxes[name].x + BOX_WIDTH * place / (len(found) + 1)
    return x


def _turn(boxes: dict[str, Box], road: _Road, name: str) -> int:
    """Whether the road goes off to the left (-1), straight (0) or to the right (1) of the box."""
    others = road.sources if name == road.target else (road.target,)
    away = sum(boxes[other].column for other in others) / len(others) - boxes[name].column
    return (away > 0) - (away < 0)


def _edge(box: Box, road: _Road) -> float:
    return box.y if box.row >= road.channel else box.y + BOX_HEIGHT


def _way(boxes: dict[str, Box], road: _Road, source: str, ports: dict[tuple[_Road, str], float], lane: float) -> str:
    x, end_x = ports[road, source], ports[road, road.target]
    start, end = _edge(boxes[source], road), _edge(boxes[road.target], road)
    down, out = (1 if lane > start else -1), (1 if end > lane else -1)
    end -= out * _ARROWHEAD
    corner = min(_CORNER, abs(end_x - x) / 2)
    if corner < 1:
        return f"M{x:.0f} {start:.0f}V{end:.0f}"
    aside = corner if end_x > x else -corner
    return (
        f"M{x:.0f} {start:.0f}V{lane - down * corner:.0f}Q{x:.0f} {lane:.0f} {x + aside:.0f} {lane:.0f}"
        f"H{end_x - aside:.0f}Q{end_x:.0f} {lane:.0f} {end_x:.0f} {lane + out * corner:.0f}V{end:.0f}"
    )


def _road_label(road: _Road, xs: Sequence[float], lane: float, risers: Iterable[tuple[float, float, float]]) -> Written:
    """Above the lane, in its widest stretch that no other line crosses."""
    low, high = min(xs), max(xs)
    top = lane - len(road.labels) * LINE - 2
    if high - low < 2 * _CORNER:
        return Written(road.labels, high + 7, top + LINE - 2, beside=True)
    crossed = sorted({x for x, start, end in risers if low < x < high and start < lane - 1 and end > top})
    stretches = zip([low, *crossed], [*crossed, high], strict=True)
    left, right = max(stretches, key=lambda stretch: stretch[1] - stretch[0])
    return Written(road.labels, (left + right) / 2, top + LINE - 3)
