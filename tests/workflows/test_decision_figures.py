"""Decisions are counted by name and outcome, and their time is kept."""

import pytest
from prometheus_client import REGISTRY

from models.errors import BusinessError
from tests.workflows import walk
from tests.workflows.house import House


def counted(outcome: str) -> float:
    labels = {"name": "approve", "outcome": outcome}
    return REGISTRY.get_sample_value("stationmaster_decisions_total", labels) or 0


def timed() -> float:
    return REGISTRY.get_sample_value("stationmaster_decision_seconds_count", {"name": "approve"}) or 0


async def test_a_decision_counts_as_carried_out_or_under_the_code_of_its_refusal(house: House) -> None:
    done, times = counted("carried_out"), timed()
    await walk.submitted(house)
    await house.decide(house.placement_id, "approve", walk.approval(house))
    assert counted("carried_out") == done + 1
    assert timed() > times
    with pytest.raises(BusinessError) as refusal:
        await house.decide(house.placement_id, "approve", walk.approval(house))
    assert counted(refusal.value.code) >= 1
