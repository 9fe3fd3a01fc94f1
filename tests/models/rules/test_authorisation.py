"""Who may charge where: test cards in the test, ordinary cards when the station is active (P13, P15, P19)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.authorisation import TokenKind, TokenVerdict, verdict
from models.rules.commissioning import CommissioningStage

stages = st.sampled_from(CommissioningStage)
kinds = st.sampled_from(TokenKind)


@pytest.mark.step("P19")
@given(stages)
def test_an_ordinary_card_charges_on_an_active_station_only(stage: CommissioningStage) -> None:
    accepted = verdict(TokenKind.CARD, blocked=False, stage=stage) is TokenVerdict.ACCEPTED
    assert accepted == (stage is CommissioningStage.ACTIVE)


@pytest.mark.step("P15")
@given(stages)
def test_a_test_card_charges_in_the_test_charge_only(stage: CommissioningStage) -> None:
    accepted = verdict(TokenKind.TEST, blocked=False, stage=stage) is TokenVerdict.ACCEPTED
    assert accepted == (stage is CommissioningStage.TEST_CHARGING)


@given(stages, st.booleans())
def test_an_unknown_token_is_invalid_everywhere(stage: CommissioningStage, blocked: bool) -> None:
    assert verdict(None, blocked=blocked, stage=stage) is TokenVerdict.INVALID


@given(kinds, stages)
def test_a_blocked_token_charges_nowhere(kind: TokenKind, stage: CommissioningStage) -> None:
    assert verdict(kind, blocked=True, stage=stage) is TokenVerdict.BLOCKED
