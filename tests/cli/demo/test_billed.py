"""What the checker says of drivers' sessions, cards and statements (B1, B8, C5, S4)."""

from typing import Any

import pytest

from cli.demo.billed import billed_once, held_is_settled, replaced, statements, stopped_in_time
from cli.demo.story import Story
from cli.demo.waiting import DemoFailed

pytestmark = pytest.mark.step("B1", "B8", "C5", "S4")

Said = dict[str, Any]
_HELD = {"state": "held", "amount": "5.50", "settled_amount": None}


class Answers:
    """Stands where the API stands, with one session of the driver who pays ahead; ``changed`` is said otherwise."""

    def __init__(self, story: Story, **changed: Said) -> None:
        self._said: dict[str, Said] = {
            "charging-sessions": {
                "id": "S-1",
                "reference": "CS-1",
                "stage": "settled",
                "flags": ["cut_off"],
                "tariff": {"code": story.tariff, "version": 1},
                "hold": {**_HELD, "state": "settled", "settled_amount": "4.81"},
                "records": [
                    {"number": 1, "ledger_transaction_id": "T-1", "price": {"gross": "4.81", "currency": "EUR"}}
                ],
            },
            "processes": {"ended_at": "2026-12-01T12:00:00Z"},
            "transactions": {"session_id": "S-1", "sides": [{"owner_id": "O-1", "amount": "-4.81"}]},
            "accounts": {"balance": "0.69", "held": "0.00"},
            "statement": {"closing_balance": "0.69", "items": _lines("-4.81", "5.50")},
            "subscribers": {"cards": [{"number": card, "state": state} for card, state in _cards(story).items()]},
            "cards": {"items": [{"card": story.daan.card}]},
        }
        for name, change in changed.items():
            self._said[name] = {**self._said[name], **change}

    async def get(self, path: str, **_query: str | int) -> Said:
        *_, before, last = path.split("/")
        return self._said.get(last) or self._said[before]


def _lines(taken: str, paid: str) -> list[Said]:
    booked = {"kind": "settlement", "session_id": "S-1", "amount": taken}
    return [booked, {"kind": "top_up", "session_id": None, "amount": paid}]


def _cards(story: Story) -> dict[str, str]:
    return dict(zip(story.daan.cards, ("blocked", "assigned"), strict=True))


@pytest.fixture
def story() -> Story:
    told = Story("AB12CD", "secret")
    told.petra.subscription, told.petra.account_id, told.petra.sessions = "SUB-1", "A-1", ["CS-1"]
    told.daan.subscription = "SUB-2"
    return told


async def test_what_is_as_it_should_be_passes(story: Story) -> None:
    api: Any = Answers(story)
    assert await billed_once(story, api) == "CS-1 4.81 EUR"
    assert await stopped_in_time(story, api) == "CS-1: 0.69 left"
    assert await held_is_settled(story, api) == "CS-1: 4.81 of 5.50 taken"
    assert await replaced(story, api) == "NL-AB12CD-D1 blocked, NL-AB12CD-D2 assigned"


@pytest.mark.parametrize(
    ("check", "changed"),
    [
        (billed_once, {"charging-sessions": {"stage": "stopped"}}),
        (billed_once, {"charging-sessions": {"records": []}}),
        (billed_once, {"charging-sessions": {"tariff": None}}),
        (billed_once, {"processes": {"ended_at": None}}),
        (billed_once, {"transactions": {"session_id": "S-2"}}),
        (billed_once, {"transactions": {"sides": [{"owner_id": "O-1", "amount": "-4.80"}]}}),
        (stopped_in_time, {"charging-sessions": {"flags": []}}),
        (stopped_in_time, {"charging-sessions": {"flags": ["cut_off", "not_covered"]}}),
        (stopped_in_time, {"accounts": {"balance": "-0.01"}}),
        (held_is_settled, {"accounts": {"held": "0.69"}}),
        (held_is_settled, {"accounts": {"balance": "-0.01"}}),
        (held_is_settled, {"charging-sessions": {"flags": ["cut_off", "not_covered"]}}),
        (held_is_settled, {"charging-sessions": {"hold": _HELD}}),
        (replaced, {"cards": {"items": []}}),
        (replaced, {"subscribers": {"cards": []}}),
        (statements, {"statement": {"closing_balance": "0.70"}}),
        (statements, {"statement": {"items": _lines("-4.81", "5.50")[1:], "closing_balance": "5.50"}}),
    ],
)
async def test_anything_else_is_found(story: Story, check: Any, changed: dict[str, Said]) -> None:
    with pytest.raises(DemoFailed):
        await check(story, Answers(story, **changed))


async def test_a_debt_that_its_session_says_leaves_nothing_held(story: Story) -> None:
    changed = {"charging-sessions": {"flags": ["not_covered"]}, "accounts": {"balance": "-0.01"}}
    assert await held_is_settled(story, Answers(story, **changed)) == "CS-1: 4.81 of 5.50 taken"  # type: ignore[arg-type]


async def test_statements_pass_that_add_up_and_lead_back(story: Story) -> None:
    story.daan.sessions = ["CS-1"]
    said = await statements(story, Answers(story))  # type: ignore[arg-type]
    assert said == "SUB-2: 2 lines, 0.69; SUB-1: 2 lines, 0.69"
