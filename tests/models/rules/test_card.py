"""A card's table, and when it may charge."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.card import CARD, CardEvent, CardState, may_charge
from models.rules.subscriber import SubscriberStage

pytestmark = pytest.mark.step("S3", "S4")


def test_a_card_charges_only_while_it_is_assigned_to_an_active_subscription() -> None:
    stages = (*SubscriberStage, None)
    charging = [each for each in product(CardState, stages) if may_charge(*each)]
    assert charging == [(CardState.ASSIGNED, SubscriberStage.ACTIVE)]


@given(st.lists(st.sampled_from(CardEvent), max_size=20))
def test_a_card_that_was_blocked_never_charges_again(events: list[CardEvent]) -> None:
    state, blocked = CARD.initial, False
    for event in events:
        if CARD.allows(state, event):
            state = CARD.next(state, event)
            blocked = blocked or event is CardEvent.BLOCK
    assert blocked == (state is CardState.BLOCKED)
