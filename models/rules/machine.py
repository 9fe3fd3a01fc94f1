"""A state machine as data: one table that validators, the API's allowed actions and the drawn map all read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, Literal, NoReturn, TypeVar

from models.errors import StageDoesNotAllow

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)

EventKind = Literal["decision", "fact", "step"]
"""Who brings an event about: a person, an outside party or a station, or the process itself."""


@dataclass(frozen=True)
class State(Generic[S]):
    """A stage, with what people read: its name in plain words, its place on the map and who acts next."""

    name: S
    label: str
    column: int
    row: int = 0
    terminal: bool = False
    waits_for: str | None = None


@dataclass(frozen=True)
class Event(Generic[E]):
    """What moves a process on; people read the label."""

    name: E
    label: str
    kind: EventKind = "fact"


@dataclass(frozen=True, eq=False)
class Machine(Generic[S, E]):
    """The states of one process and the table ``(state, event) -> state``.

    ``name`` is what people call the thing that moves ("placement"). An inconsistent table is a ValueError at import.
    """

    name: str
    initial: S
    states: tuple[State[S], ...]
    events: tuple[Event[E], ...]
    transitions: Mapping[tuple[S, E], S]

    def __post_init__(self) -> None:
        # A caller that kept the dictionary can't change the table behind everybody's back.
        object.__setattr__(self, "transitions", MappingProxyType(dict(self.transitions)))
        if problems := _inconsistencies(self):
            raise ValueError(f"The {self.name} machine is inconsistent: " + "; ".join(problems))

    def next(self, state: S, event: E) -> S:
        """The state that the event leads to. Raises StageDoesNotAllow, telling what is possible instead."""
        if (state, event) in self.transitions:
            return self.transitions[state, event]
        raise StageDoesNotAllow(
            f"'{event}' is not possible while the {self.name} is '{state}'; {self._instead(state, event)}",
            state=str(state),
            event=str(event),
            allowed=[str(name) for name in self.allowed(state)],
        )

    def allows(self, state: S, event: E) -> bool:
        return (state, event) in self.transitions

    def allowed(self, state: S, kind: EventKind | None = None) -> tuple[E, ...]:
        """What can happen now, in the order in which the events are declared."""
        return tuple(e.name for e in self.events if (state, e.name) in self.transitions and kind in {None, e.kind})

    def is_terminal(self, state: S) -> bool:
        return self.state(state).terminal

    def state(self, name: S) -> State[S]:
        """What is said of a state. Raises KeyError for a state of another machine."""
        return next((state for state in self.states if state.name == name), None) or _missing(self.name, name)

    def event(self, name: E) -> Event[E]:
        """What is said of an event. Raises KeyError for an event of another machine."""
        return next((event for event in self.events if event.name == name), None) or _missing(self.name, name)

    def _instead(self, state: S, event: E) -> str:
        # Whoever tried to decide is helped by the other decisions, not by what a station may report.
        kind = self.event(event).kind
        if same_kind := self.allowed(state, kind):
            return "possible now: " + ", ".join(f"'{name}'" for name in same_kind)
        if self.is_terminal(state):
            return "possible now: nothing, it has ended"
        waits_for = self.state(state).waits_for
        return f"possible now: no {kind}" + (f" (waiting for: {waits_for})" if waits_for else "")


def _missing(machine: str, name: StrEnum) -> NoReturn:
    raise KeyError(f"The {machine} machine has no '{name}'")


def _inconsistencies(machine: Machine[S, E]) -> list[str]:
    names = {state.name for state in machine.states}
    events = {event.name for event in machine.events}
    used_states = {machine.initial} | {source for source, _ in machine.transitions} | set(machine.transitions.values())
    used_events = {event for _, event in machine.transitions}
    terminal = {state.name for state in machine.states if state.terminal}
    leaving = {source for source, _ in machine.transitions}
    reached = _reachable(machine)
    findings: dict[str, Sequence[str]] = {
        "declared twice": _doubled(s.name for s in machine.states) + _doubled(e.name for e in machine.events),
        "used but not declared": sorted(used_states - names) + sorted(used_events - events),
        "declared but never used": sorted(events - used_events),
        "terminal, yet left by a transition": sorted(terminal & leaving),
        "not terminal, yet without a way out": sorted(names - terminal - leaving),
        "never reached": sorted(names - reached),
        "at a place that is taken": _doubled(f"column {s.column} row {s.row}" for s in machine.states),
    }
    return [f"{finding}: {', '.join(what)}" for finding, what in findings.items() if what]


def _reachable(machine: Machine[S, E]) -> set[S]:
    reached, to_visit = set[S](), [machine.initial]
    while to_visit:
        state = to_visit.pop()
        if state not in reached:
            reached.add(state)
            to_visit += [target for (source, _), target in machine.transitions.items() if source == state]
    return reached


def _doubled(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)
