"""What the checker says of a product's stations, one of which drifted (L5)."""

from typing import Any

import pytest

from cli.demo.keeping import DRIFTED, KEY, WANTED, kept
from cli.demo.story import Hardware, PlacedStation, Story
from cli.demo.waiting import DemoFailed

pytestmark = pytest.mark.step("L5")


class Answers:
    """Stands where callers stand: ``has`` is what each station is set to, ``told`` how often it was told."""

    def __init__(self, *, state: str = "applied", has: str = WANTED, told: tuple[int, int] = (1, 2)) -> None:
        self._state = state
        self._has = has
        self._told = dict(zip(("S-1", "S-2"), told, strict=True))

    async def get(self, path: str, **query: str | int) -> Any:
        if path.endswith("/wanted"):
            return {"configuration": [{"key": KEY, "wanted": WANTED, "of": "product", "state": self._state}]}
        if path.endswith("/messages"):
            name = path.split("/")[3]
            sent = {"payload": {"key": KEY, "value": WANTED}, "answer": {"status": "Accepted"}}
            refused = {**sent, "answer": {"status": "Rejected"}}
            return {"items": [refused, *[sent] * self._told[name]] if query["action"] == "ChangeConfiguration" else []}
        return {"configuration": {KEY: self._has}}


async def said(answers: Answers) -> str:
    story = Story("AB12CD", "secret")
    for name in ("S-1", "S-2"):
        story.stations.append(PlacedStation("line", Hardware(name, name, name, "key", "DUO"), name=name))
    return await kept(story, answers, answers)  # type: ignore[arg-type]


async def test_stations_that_have_what_is_wanted_and_were_told_often_enough_pass() -> None:
    assert await said(Answers()) == "S-1 told 1 times, S-2 told 2 times"


@pytest.mark.parametrize(
    "answers",
    [Answers(state="pending"), Answers(has=DRIFTED), Answers(told=(0, 2)), Answers(told=(1, 1))],
    ids=["not known", "drifted", "never told", "not mended"],
)
async def test_anything_else_is_found(answers: Answers) -> None:
    with pytest.raises(DemoFailed):
        await said(answers)
