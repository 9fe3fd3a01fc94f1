"""What a state machine described as data promises, shown on a small one."""

from dataclasses import replace
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import StageDoesNotAllow
from models.rules.machine import Event, Machine, State


class Door(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    LOCKED = "locked"
    BRICKED_UP = "bricked_up"


class Act(StrEnum):
    CLOSE = "close"
    PUSH = "push"
    LOCK = "lock"
    UNLOCK = "unlock"
    BRICK_UP = "brick_up"


DOOR = Machine(
    name="door",
    initial=Door.OPEN,
    states=(
        State(Door.OPEN, "Open", 0, waits_for="the wind"),
        State(Door.CLOSED, "Closed", 1),
        State(Door.LOCKED, "Locked", 2),
        State(Door.BRICKED_UP, "Bricked up", 3, terminal=True),
    ),
    events=(
        Event(Act.CLOSE, "closed by the wind", "fact"),
        Event(Act.PUSH, "pushed", "decision"),
        Event(Act.LOCK, "locked", "decision"),
        Event(Act.UNLOCK, "unlocked", "decision"),
        Event(Act.BRICK_UP, "bricked up", "decision"),
    ),
    transitions={
        (Door.OPEN, Act.CLOSE): Door.CLOSED,
        (Door.CLOSED, Act.PUSH): Door.OPEN,
        (Door.CLOSED, Act.LOCK): Door.LOCKED,
        (Door.LOCKED, Act.UNLOCK): Door.CLOSED,
        (Door.LOCKED, Act.BRICK_UP): Door.BRICKED_UP,
    },
)


@given(st.lists(st.sampled_from(Act)))
def test_a_walk_stays_inside_the_table_whatever_is_tried(events: list[Act]) -> None:
    state = DOOR.initial
    for event in events:
        if DOOR.allows(state, event):
            state = DOOR.next(state, event)
            continue
        with pytest.raises(StageDoesNotAllow):
            DOOR.next(state, event)
    assert state in {known.name for known in DOOR.states}


@given(st.sampled_from(Door), st.sampled_from(Act))
def test_what_is_allowed_what_is_listed_and_what_moves_are_the_same(state: Door, event: Act) -> None:
    listed = event in DOOR.allowed(state)
    assert listed == DOOR.allows(state, event) == ((state, event) in DOOR.transitions)
    assert listed == (event in DOOR.allowed(state, DOOR.event(event).kind))
    assert DOOR.is_terminal(state) == (not DOOR.allowed(state))


def test_a_refused_decision_names_the_decisions_that_are_possible() -> None:
    with pytest.raises(StageDoesNotAllow) as refused:
        DOOR.next(Door.CLOSED, Act.BRICK_UP)
    assert refused.value.detail == (
        "'brick_up' is not possible while the door is 'closed'; possible now: 'push', 'lock'"
    )
    assert refused.value.facts == {"state": "closed", "event": "brick_up", "allowed": ["push", "lock"]}


def test_a_refused_decision_tells_whom_the_process_waits_for_when_nobody_can_decide() -> None:
    with pytest.raises(StageDoesNotAllow, match=r"possible now: no decision \(waiting for: the wind\)"):
        DOOR.next(Door.OPEN, Act.LOCK)


def test_a_refusal_after_the_end_says_that_it_ended() -> None:
    with pytest.raises(StageDoesNotAllow, match="possible now: nothing, it has ended"):
        DOOR.next(Door.BRICKED_UP, Act.PUSH)


def test_the_table_can_not_be_changed_after_the_machine_is_made() -> None:
    table = dict(DOOR.transitions)
    machine = replace(DOOR, transitions=table)
    table.clear()
    assert machine.allows(Door.OPEN, Act.CLOSE)
    with pytest.raises(TypeError):
        machine.transitions[Door.OPEN, Act.LOCK] = Door.LOCKED  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"states": DOOR.states[:-1]}, "used but not declared: bricked_up"),
        ({"events": DOOR.events[1:]}, "used but not declared: close"),
        ({"states": (*DOOR.states, DOOR.states[0])}, "declared twice: open; .*: column 0 row 0"),
        ({"events": (*DOOR.events, DOOR.events[0])}, "declared twice: close"),
        (
            {"transitions": {k: v for k, v in DOOR.transitions.items() if k[1] is not Act.CLOSE}},
            "declared but never used: close; .*without a way out: open; never reached: bricked_up, closed, locked",
        ),
        (
            {"transitions": {**DOOR.transitions, (Door.BRICKED_UP, Act.PUSH): Door.OPEN}},
            "terminal, yet left by a transition: bricked_up",
        ),
        (
            {"states": (*DOOR.states[:-1], replace(DOOR.states[-1], terminal=False))},
            "not terminal, yet without a way out: bricked_up",
        ),
        (
            {"states": (*DOOR.states[:-1], replace(DOOR.states[-1], column=2))},
            "at a place that is taken: column 2 row 0",
        ),
    ],
)
def test_an_inconsistent_table_is_refused_when_it_is_made(changes: dict[str, object], finding: str) -> None:
    with pytest.raises(ValueError, match=finding):
        replace(DOOR, **changes)  # type: ignore[arg-type]
