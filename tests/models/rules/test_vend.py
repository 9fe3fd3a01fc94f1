"""What a station's terms do: who charges there, that nothing is billed, and what it is configured with (S7)."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.rules import rating
from models.rules.authorisation import (
    Holder,
    KnownToken,
    Shown,
    Station,
    TokenKind,
    TokenVerdict,
    decide,
    is_misused,
    makes_a_session,
    needs_hold,
    needs_turn,
    to_start,
    to_stop,
)
from models.rules.commissioning import CommissioningStage
from models.rules.group import Group, StationAccess
from models.rules.late_validation import Past, as_of
from models.rules.rated_tariff import ready
from models.rules.rating import Activity, Period
from models.rules.tariff import PlaceKind
from models.rules.vend import NO_CURRENCY, Vend, configured, free_of_charge
from tests.models.rules.test_authorisation import ACTIVE, LEAST, NOW, card, groups, holder, holders, stations, tokens

pytestmark = pytest.mark.step("S7")
V = TokenVerdict
FREE, UNBILLED = ACTIVE._replace(vend=Vend.FREE), ACTIVE._replace(vend=Vend.UNBILLED)
UNKNOWN, ENABLED = "AllowOfflineTxForUnknownId", "AuthCtrlr.Enabled"

shown = st.none() | st.builds(Shown, tokens, holders, st.frozensets(st.sampled_from("abc")), groups)
settings = st.dictionaries(
    st.sampled_from(["allowofflinetxforunknownid", "AuthCtrlr.OfflineTxForUnknownIdEnabled", ENABLED, "Other"]),
    st.sampled_from(["true", "false"]),
)


@given(shown, stations)
def test_a_free_station_in_operation_refuses_nobody(who: Shown | None, station: Station) -> None:
    """Not for money, not for whose card it is, nor for what others of a group do; while it is open at all."""
    free = station._replace(vend=Vend.FREE, stage=CommissioningStage.ACTIVE)
    starts, stops = to_start(who, free, NOW, "a", LEAST), to_stop(who, free, NOW)
    assert {starts.verdict, stops.verdict} == {V.ACCEPTED if free.is_open else V.NOT_AT_THIS_TIME}
    if who is not None:
        assert (starts.token_id, starts.holder and starts.holder.id) == (who.token.id, who.holder and who.holder.id)


@given(shown, stations)
def test_a_station_that_is_not_in_operation_is_as_by_contract(who: Shown | None, station: Station) -> None:
    assume(station.stage is not CommissioningStage.ACTIVE)
    told = [to_start(who, station._replace(vend=vend), NOW, "a", LEAST)[:2] for vend in Vend]
    assert told[0] == told[1] == told[2]


@given(shown, stations, st.sampled_from([Vend.FREE, Vend.UNBILLED]))
def test_where_nothing_is_billed_nothing_is_held_and_every_charge_but_a_test_is_a_session(
    who: Shown | None, station: Station, vend: Vend
) -> None:
    there = station._replace(vend=vend, stage=CommissioningStage.ACTIVE, is_open=True, access=StationAccess.PUBLIC)
    judged = to_start(who, there, NOW, "a", LEAST)
    assert judged.vend is vend
    assert not needs_hold(judged)
    assert makes_a_session(judged) is not judged.is_test
    assert not (needs_turn(judged) and vend is Vend.FREE)


@given(tokens, stations, holders, groups)
def test_at_an_unbilled_station_the_same_charge_as_if_they_had_money(
    known: KnownToken, station: Station, who: Holder | None, group: Group | None
) -> None:
    """Limits in Wh count, those of amounts don't."""
    rich = who and who._replace(available=Decimal(100))
    unspent = group and group._replace(
        limits=group.limits._replace(amount=None), card_limits=group.card_limits._replace(amount=None)
    )
    unbilled = decide(known, station._replace(vend=Vend.UNBILLED), NOW, holder=who, group=group, least=LEAST)
    assert unbilled == decide(known, station, NOW, holder=rich, group=unspent, least=LEAST)


def test_an_unbilled_station_knows_whom_it_takes_and_holds_no_money() -> None:
    poor = holder(available=None)
    assert not needs_hold(to_start(Shown(card(), poor, frozenset()), UNBILLED, NOW, "a", LEAST))
    assert needs_hold(to_start(Shown(card(), holder(), frozenset()), ACTIVE, NOW, "a", LEAST))
    assert decide(card(), UNBILLED, NOW, holder=poor, least=LEAST) == (V.ACCEPTED, False)
    assert decide(None, UNBILLED, NOW, least=LEAST) == (V.INVALID, False)
    assert decide(card(is_blocked=True), UNBILLED, NOW, holder=poor, least=LEAST) == (V.BLOCKED, False)


def test_a_lost_card_that_charges_at_a_free_station_is_misused_all_the_same() -> None:
    lost = card(is_blocked=True)
    assert is_misused(lost, decide(lost, FREE, NOW, least=LEAST)[0])
    assert not is_misused(card(), V.ACCEPTED)
    assert not is_misused(None, V.ACCEPTED)


def test_the_stations_own_test_card_makes_no_session_of_a_driver() -> None:
    test = card(kind=TokenKind.TEST)
    own = FREE._replace(test_token_id=test.id)
    assert decide(test, own, NOW, least=LEAST) == (V.ACCEPTED, True)
    assert decide(test, own._replace(stage=CommissioningStage.TEST_CHARGING), NOW, least=LEAST) == (V.ACCEPTED, True)
    assert decide(test, FREE, NOW, least=LEAST) == (V.ACCEPTED, False)


@given(shown, st.sampled_from(Vend), st.sampled_from(Vend))
def test_what_is_told_late_has_the_terms_of_then(who: Shown | None, now: Vend, then: Vend) -> None:
    judged = to_start(who, ACTIVE._replace(vend=now), NOW, "a", LEAST)
    past = None if who is None else Past(who.token, who.holder)
    found = as_of(judged, past, NOW - timedelta(days=1), then)
    assert found.vend is then
    if then is Vend.FREE:
        assert found.verdict is V.ACCEPTED
    elif who is None:
        assert found.verdict is V.INVALID


@given(st.integers(0, 10**6), st.integers(0, 10**4), st.sampled_from(["EUR", "JPY", NO_CURRENCY]))
def test_free_of_charge_is_nothing_whatever_was_used(energy_wh: int, minutes: int, currency: str) -> None:
    periods = (Period(NOW, Activity.CHARGING, energy_wh), Period(NOW + timedelta(hours=1), Activity.PARKED, 0))
    ended_at: datetime = NOW + timedelta(hours=1, minutes=minutes)
    session = rating.Session(periods, ended_at, ZoneInfo("Europe/Amsterdam"), PlaceKind.PUBLIC)
    price = rating.price(ready(free_of_charge(currency)), session)
    assert price.currency == currency
    assert {price.net, price.vat, price.gross, price.rounding} == {Decimal(0)}


@given(settings, st.booleans())
def test_a_free_station_is_to_charge_anyone_without_a_connection_whatever_is_wanted_besides(
    wanted: dict[str, str], is_ocpp_2: bool
) -> None:
    found = configured(wanted, Vend.FREE, was_free=True, is_ocpp_2=is_ocpp_2)
    switched = {name.casefold(): value for name, value in found.items()}
    assert switched[UNKNOWN.casefold()] == "true"
    assert "authctrlr.offlinetxforunknownidenabled" not in switched  # the same one by its other name
    assert switched.get(ENABLED.casefold()) == ("false" if is_ocpp_2 else wanted.get(ENABLED))
    assert found.get("Other") == wanted.get("Other")


@given(settings, st.booleans(), st.sampled_from([Vend.CONTRACT, Vend.UNBILLED]))
def test_what_was_free_is_taken_back_unless_it_is_wanted_and_what_never_was_is_left(
    wanted: dict[str, str], is_ocpp_2: bool, vend: Vend
) -> None:
    assert configured(wanted, vend, was_free=False, is_ocpp_2=is_ocpp_2) == wanted
    found = configured(wanted, vend, was_free=True, is_ocpp_2=is_ocpp_2)
    assert wanted.items() <= found.items()
    added = {name: found[name] for name in found.keys() - wanted.keys()}
    says = {name.casefold() for name in wanted} & {UNKNOWN.casefold(), "authctrlr.offlinetxforunknownidenabled"}
    expected = {} if says else {UNKNOWN: "false"}
    if is_ocpp_2 and ENABLED not in wanted:
        expected[ENABLED] = "true"
    assert added == expected
