"""Stories that Hypothesis makes up of a state machine's rules, each a test of its own on real servers."""

from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def play(machine: type[RuleBasedStateMachine], stories: int, steps: int, **given: Any) -> None:
    """So many stories of so many steps, by a machine with what it is given; the same ones in every run, so that a
    failure can be followed. None is made shorter: on servers that takes as long as many stories."""
    run_state_machine_as_test(
        type(f"{machine.__name__}Here", (machine,), given),
        settings=settings(
            max_examples=stories,
            stateful_step_count=steps,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
