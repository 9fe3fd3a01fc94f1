"""Who may charge where: the whole table of facts (P13, P15, P19; C1, C2, C5)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.authorisation import (
    SESSIONS_AT_ONCE,
    Holder,
    KnownToken,
    Shown,
    Station,
    TokenKind,
    TokenVerdict,
    decide,
    to_start,
    to_stop,
)
from models.rules.commissioning import CommissioningStage
from models.rules.group import Group, Limits, StationAccess, Used
from models.rules.subscriber import Payment, SubscriberStage
from models.rules.vend import Vend

V = TokenVerdict
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LEAST = Decimal(5)
CARD, OTHER, SOMEBODY, OURS, THEIRS = (UUID(int=number) for number in range(1, 6))
ACTIVE = Station(CommissioningStage.ACTIVE, None)

tokens = st.builds(
    KnownToken,
    id=st.sampled_from([CARD, OTHER]),
    kind=st.sampled_from(TokenKind),
    is_blocked=st.booleans(),
    expires_at=st.none() | st.sampled_from([NOW - timedelta(days=1), NOW, NOW + timedelta(seconds=1)]),
)
stations = st.builds(
    Station,
    stage=st.sampled_from(CommissioningStage),
    test_token_id=st.sampled_from([None, CARD]),
    access=st.sampled_from(StationAccess),
    group_id=st.sampled_from([None, THEIRS]),
    is_open=st.booleans(),
    vend=st.just(Vend.CONTRACT),
)
"""Others stand in test_vend.py."""
CLOSED = ACTIVE._replace(access=StationAccess.CLOSED, group_id=THEIRS)
groups = st.none() | st.builds(
    Group,
    id=st.sampled_from([OURS, THEIRS]),
    tag=st.just("TAXI"),
    zone=st.just("Europe/Amsterdam"),
    currency=st.just("EUR"),
    limits=st.builds(Limits, st.none() | st.integers(0, 2), st.none() | st.integers(0, 2), st.none()),
    card_limits=st.builds(Limits, st.none() | st.integers(0, 2), st.none(), st.none() | st.just(Decimal(1))),
    used=st.builds(Used, st.integers(0, 3), st.just(Decimal(0))),
    card_used=st.builds(Used, st.just(0), st.sampled_from([Decimal(0), Decimal(1)])),
    places=st.frozensets(st.sampled_from(["a", "b", "c"])),
)
holders = st.none() | st.builds(
    Holder,
    id=st.just(SOMEBODY),
    stage=st.sampled_from(SubscriberStage),
    payment=st.sampled_from(Payment),
    available=st.none() | st.sampled_from([Decimal(-1), Decimal(0), LEAST - Decimal("0.01"), LEAST, Decimal(100)]),
    running=st.integers(0, 3),
)


def card(**changes: Any) -> KnownToken:
    return KnownToken(CARD, TokenKind.CARD, is_blocked=False)._replace(**changes)


def holder(**changes: Any) -> Holder:
    rich = Holder(SOMEBODY, SubscriberStage.ACTIVE, Payment.PREPAID, Decimal(100))
    return rich._replace(**changes)


def verdict(known: KnownToken | None = None, station: Station = ACTIVE, who: Holder | None = None) -> V:
    return decide(known or card(), station, NOW, holder=who, least=LEAST)[0]


@pytest.mark.step("C1", "C5")
@given(tokens, stations, holders)
def test_a_card_is_accepted_where_nothing_stands_against_it_and_only_there(
    known: KnownToken, station: Station, who: Holder | None
) -> None:
    judged, is_test = decide(known, station, NOW, holder=who, least=LEAST)
    if known.kind is TokenKind.TEST:
        own = known.id == station.test_token_id
        stands = own and station.stage is CommissioningStage.TEST_CHARGING
        assert is_test == own
    else:
        is_public = station.access is StationAccess.PUBLIC
        stands = station.stage is CommissioningStage.ACTIVE and station.is_open and is_public
        paid = who is None or (who.available is not None and who.available >= LEAST)
        free = who is None or (who.stage is SubscriberStage.ACTIVE and who.running < SESSIONS_AT_ONCE)
        stands = stands and paid and free
        assert not is_test
    valid = not known.is_blocked and (known.expires_at is None or known.expires_at > NOW)
    assert (judged is V.ACCEPTED) == (stands and valid)


@given(stations, holders)
def test_an_unknown_token_is_invalid_everywhere(station: Station, who: Holder | None) -> None:
    assert decide(None, station, NOW, holder=who, least=LEAST) == (V.INVALID, False)


@given(tokens, stations, holders)
def test_no_reason_is_given_that_is_not_so(known: KnownToken, station: Station, who: Holder | None) -> None:
    judged, _ = decide(known, station, NOW, holder=who, least=LEAST)
    closed = who is not None and who.stage is SubscriberStage.CLOSED
    assert judged is not V.EXPIRED or closed or (known.expires_at is not None and known.expires_at <= NOW)
    assert judged is not V.NOT_AT_THIS_LOCATION or station.access is StationAccess.CLOSED
    assert judged is not V.NOT_AT_THIS_TIME or not station.is_open
    assert judged is not V.NO_CREDIT or (who is not None and (who.available is None or who.available < LEAST))
    assert judged is not V.CONCURRENT or (who is not None and who.running >= SESSIONS_AT_ONCE)


@pytest.mark.step("S6")
@given(tokens, stations, holders, groups)
def test_what_is_accepted_for_a_group_is_so_at_its_place_and_within_its_limits(
    known: KnownToken, station: Station, who: Holder | None, group: Group | None
) -> None:
    """And where no group says anything, the verdict is what it is without one."""
    judged, is_test = decide(known, station, NOW, holder=who, group=group, least=LEAST)
    if group is None:
        assert judged is decide(known, station, NOW, holder=who, least=LEAST)[0]
    if is_test or judged is not V.ACCEPTED:
        return
    assert station.access is StationAccess.PUBLIC or (group is not None and group.id == station.group_id)
    if group is not None and who is not None:
        assert who.running < (SESSIONS_AT_ONCE if group.card_limits.sessions is None else group.card_limits.sessions)
        assert group.limits.energy_wh is None or group.used.energy_wh < group.limits.energy_wh
        assert group.card_limits.amount is None or group.card_used.amount < group.card_limits.amount


@pytest.mark.step("S6")
@given(holders, groups, st.sampled_from(["a", "b"]))
def test_only_a_start_is_refused_because_others_of_the_group_charge(
    who: Holder | None, group: Group | None, place: str
) -> None:
    who = who and who._replace(running=0)
    shown = Shown(card(), who, frozenset(), group)
    judged = to_start(shown, ACTIVE, NOW, place, LEAST)
    alone = decide(card(), ACTIVE, NOW, holder=who, group=group, least=LEAST)[0]
    most = None if group is None else group.limits.sessions
    busy = group is not None and most is not None and len(group.places - {place}) >= most
    assert judged.verdict is (V.CONCURRENT if busy and alone is V.ACCEPTED else alone)
    assert to_stop(shown, ACTIVE, NOW).verdict is V.ACCEPTED


@pytest.mark.step("P19")
@given(st.sampled_from(CommissioningStage))
def test_an_ordinary_card_charges_on_an_active_station_only(stage: CommissioningStage) -> None:
    assert (verdict(station=Station(stage, None)) is V.ACCEPTED) == (stage is CommissioningStage.ACTIVE)


@pytest.mark.step("C1")
@pytest.mark.parametrize(
    ("stage", "judged"),
    [
        (SubscriberStage.REQUESTED, V.INVALID),
        (SubscriberStage.ACTIVE, V.ACCEPTED),
        (SubscriberStage.SUSPENDED, V.BLOCKED),
        (SubscriberStage.CLOSING, V.BLOCKED),
        (SubscriberStage.CLOSED, V.EXPIRED),
        (SubscriberStage.REJECTED, V.INVALID),
    ],
)
def test_a_subscription_charges_while_it_is_active(stage: SubscriberStage, judged: TokenVerdict) -> None:
    assert verdict(who=holder(stage=stage)) is judged


@pytest.mark.step("C5")
@pytest.mark.parametrize("payment", Payment)
def test_without_the_least_amount_to_spend_nobody_begins(payment: Payment) -> None:
    assert verdict(who=holder(payment=payment, available=LEAST)) is V.ACCEPTED
    assert verdict(who=holder(payment=payment, available=LEAST - Decimal("0.0001"))) is V.NO_CREDIT
    assert verdict(who=holder(payment=payment, available=None)) is V.NO_CREDIT


@pytest.mark.step("C1")
def test_what_the_driver_can_mend_at_once_is_told_last() -> None:
    """A card that is blocked is not said to be short of money, nor one that is short to be charging elsewhere."""
    poor = holder(available=Decimal(0), running=9)
    assert verdict(card(is_blocked=True), who=poor) is V.BLOCKED
    assert verdict(station=CLOSED, who=poor) is V.NOT_AT_THIS_LOCATION
    assert verdict(who=poor) is V.NO_CREDIT
    assert verdict(who=holder(running=1)) is V.CONCURRENT
