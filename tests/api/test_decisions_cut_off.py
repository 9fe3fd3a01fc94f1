"""Temporal dies while a decision waits for its answer: nobody knows yet whether it was carried out (rule 2)."""

import pytest
from temporalio.service import RPCError, RPCStatusCode

from tests.api.road import PLACEMENTS, Road


@pytest.mark.step("P3", "H1")
@pytest.mark.parametrize("status", [RPCStatusCode.UNKNOWN, RPCStatusCode.INTERNAL])
async def test_a_decision_whose_connection_breaks_is_put_off_and_counts_once_when_it_is_sent_again(
    road: Road, status: RPCStatusCode
) -> None:
    await road.submit()
    path = f"{PLACEMENTS}/{road.reference}/approve"
    headers = {**road.world.operations.headers, "Idempotency-Key": "approval-1"}
    road.processes.fails_with = RPCError("transport error", status, b"")
    answer = await road.api.post(path, headers=headers)
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/process-not-ready"
    assert "may still be carried out" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0
    road.processes.fails_with = None
    assert (await road.api.post(path, headers=headers)).is_success
    assert (await road.api.post(path, headers=headers)).is_success
    timeline = await road.call(road.world.operations, "GET", f"{PLACEMENTS}/{road.reference}/timeline")
    assert [item["what"] for item in timeline["items"]].count("approve") == 1
