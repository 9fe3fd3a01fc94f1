"""Processes that began with earlier code go on with this one: saved histories are replayed."""

import dataclasses
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

import worker

FOLDER = Path(__file__).parents[1] / "histories"
SAVED = sorted(FOLDER.glob("*.json"))
READABLE = dataclasses.replace(
    pydantic_data_converter, failure_converter_class=DefaultFailureConverterWithEncodedAttributes
)
"""As the product's converter, without its keys."""


def replayer(converter: DataConverter = READABLE) -> Replayer:
    return Replayer(workflows=worker.WORKFLOWS, workflow_runner=worker.runner(), data_converter=converter)


def saved(name: str, **changed: str) -> WorkflowHistory:
    text = (FOLDER / f"{name}.json").read_text()
    for before, after in changed.items():
        assert f'"{before}"' in text
        text = text.replace(f'"{before}"', f'"{after}"')
    return WorkflowHistory.from_json(name, text)


def test_there_is_a_history_of_every_process() -> None:
    kinds = {path.stem.partition("-")[0] for path in SAVED}
    assert kinds == {
        "placement",
        "installation",
        "commissioning",
        "command",
        "station",
        "subscriber",
        "session",
        "delivery",
        "deadlines",
    }


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
async def test_a_saved_history_is_replayed_by_the_code_of_today(path: Path) -> None:
    replayed = await replayer().replay_workflow(saved(path.stem))
    assert replayed.replay_failure is None


async def test_a_history_that_no_longer_fits_is_noticed() -> None:
    with pytest.raises(NondeterminismError):
        await replayer().replay_workflow(saved("placement-straight", approve_placement="renamed_since"))
