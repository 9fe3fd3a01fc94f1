"""A car charges while it is registered and its subscription is active, and is removed for good (S9)."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import StageDoesNotAllow
from models.rules.subscriber import SubscriberStage
from models.rules.vehicle import VEHICLE, VehicleEvent, VehicleState, may_charge

pytestmark = pytest.mark.step("S9")


def test_it_charges_for_an_active_subscription_alone() -> None:
    charges = [
        (is_registered, stage)
        for is_registered, stage in product((True, False), SubscriberStage)
        if may_charge(is_registered=is_registered, subscription=stage)
    ]
    assert charges == [(True, SubscriberStage.ACTIVE)]


@given(st.lists(st.sampled_from(VehicleEvent)))
def test_nothing_happens_to_a_car_after_its_end(events: list[VehicleEvent]) -> None:
    state = VEHICLE.initial
    for event in events:
        if state is VehicleState.REMOVED:
            with pytest.raises(StageDoesNotAllow):
                VEHICLE.next(state, event)
        else:
            state = VEHICLE.next(state, event)
    assert (state is VehicleState.REMOVED) == (VehicleEvent.REMOVE in events)
