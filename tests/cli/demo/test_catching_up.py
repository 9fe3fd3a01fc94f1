"""What the checker says of the receiver that was down (N)."""

from typing import Any

import pytest

from cli.demo.catching_up import caught_up
from cli.demo.story import Story
from cli.demo.waiting import DemoFailed

FIRST, SECOND = "notice-1", "notice-2"


def call(webhook_id: str, answered: int = 204, *, verified: bool = True) -> dict[str, Any]:
    return {"webhook_id": webhook_id, "answered": answered, "verified": verified}


class Answers:
    """Stands where a caller stands, and knows the end of the story."""

    def __init__(self, *calls: dict[str, Any], state: str = "ok") -> None:
        self.calls = list(calls)
        self.state = state

    async def get(self, path: str, **_query: str | int) -> Any:
        if path.endswith("/calls"):
            return self.calls
        if path.endswith("/notices"):
            return {"items": [{"id": SECOND}, {"id": FIRST}]}
        return {"state": self.state}


async def said(answers: Answers) -> str:
    story = Story("AB12CD", "secret")
    story.archive.endpoint_ids["webhook"] = "e-1"
    return await caught_up(story, answers, answers)  # type: ignore[arg-type]


@pytest.mark.step("N")
async def test_what_came_again_at_once_after_a_crash_does_not_spoil_the_order() -> None:
    again = Answers(call(FIRST, 503), call(FIRST), call(FIRST), call(SECOND))
    assert "2 notices in order" in await said(again)


@pytest.mark.step("N")
async def test_a_receiver_that_caught_up_in_order_passes() -> None:
    assert "2 notices in order" in await said(Answers(call(FIRST, 503), call(FIRST), call(SECOND)))


@pytest.mark.step("N")
@pytest.mark.parametrize(
    "answers",
    [
        Answers(call(FIRST, 503), call(SECOND), call(FIRST)),
        Answers(call(FIRST, 503), call(FIRST)),
        Answers(call(FIRST, 503), call(FIRST), call(SECOND), call(FIRST)),
        Answers(call(FIRST, 503), call(FIRST), call(SECOND, verified=False)),
        Answers(call(FIRST), call(SECOND)),
        Answers(call(FIRST, 503), call(SECOND, 503), call(FIRST), call(SECOND)),
        Answers(call(FIRST, 503), call(FIRST), call(SECOND), state="failing"),
    ],
    ids=["overtaken", "lost", "again, and late", "badly signed", "never down", "not held back", "not recovered"],
)
async def test_anything_else_is_found(answers: Answers) -> None:
    with pytest.raises(DemoFailed):
        await said(answers)
