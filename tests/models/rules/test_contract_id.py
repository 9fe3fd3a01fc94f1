"""Contract ids of ISO 15118, eMI3 and DIN SPEC 91286: one contract has one form, and a check digit has to fit (S9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.contract_id import compact, din_check_digit, forms, iso_check_digit

pytestmark = pytest.mark.step("S9")

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ISO = {
    "NN123ABCDEFGHI": "T",
    "FRXYZ123456789": "2",
    "ITA1B2C3E4F5G6": "4",
    "ESZU8WOX834H1D": "R",
    "PT73902837ABCZ": "Z",
    "DE83DUIEN83QGZ": "D",
    "DE83DUIEN83ZGQ": "M",
    "DE8AA001234567": "0",
    "NLTNM000722345": "X",
}
"""As eMI3, and those who have built by it, publish them."""
DIN = {"INTNM000071": "9", "INTNM000110": "X", "INTNM000124": "0", "INTNM000114": "6", "INTNM000191": "5"}
contracts = st.builds(
    lambda party, instance: "NL" + party + instance,
    st.text(SIGNS, min_size=3, max_size=3),
    st.text(SIGNS, min_size=9, max_size=9),
)
places = st.integers(0, 13)


@pytest.mark.parametrize(("contract", "digit"), ISO.items())
def test_the_check_digit_of_iso_is_as_published(contract: str, digit: str) -> None:
    assert iso_check_digit(contract) == digit
    assert compact(contract + digit) == contract


@pytest.mark.parametrize(("contract", "digit"), DIN.items())
def test_the_check_digit_of_din_is_as_published(contract: str, digit: str) -> None:
    assert din_check_digit(contract) == digit


@pytest.mark.parametrize(
    "said",
    [
        "NL-TNM-C00122045-K",
        "nl-tnm-c00122045-k",
        "NLTNMC00122045K",
        "NLTNMC00122045",
        " NL TNM C00122045 ",
        "NL-TNM-012204-5",
        "NL*TNM*012204*5",
        "nltnm012204",
    ],
)
def test_every_form_and_spelling_of_a_contract_is_the_same(said: str) -> None:
    assert compact(said) == "NLTNMC00122045"


@pytest.mark.parametrize("said", ["NL-TNM-C00122045-J", "NL-TNM-012204-6", "NL-TNM-000122045-K"])
def test_a_check_digit_that_does_not_fit_is_refused_with_what_to_do(said: str) -> None:
    with pytest.raises(ValueError, match="does not fit the rest"):
        compact(said)


@pytest.mark.parametrize("said", ["", "NL", "NL-T|M-000122045", "N1-TNM-000122045", "NL-TNM-0001220455-UU", "٣" * 14])
def test_what_is_no_contract_id_is_refused_with_an_example(said: str) -> None:
    with pytest.raises(ValueError, match="NL-TNM-C00122045-K"):
        compact(said)


@given(contracts)
def test_every_form_of_a_contract_leads_back_to_it(contract: str) -> None:
    assert {compact(form) for form in forms(contract)} == {contract}


@given(contracts, places, st.sampled_from(SIGNS))
def test_one_wrong_sign_never_has_the_same_check_digit(contract: str, place: int, sign: str) -> None:
    wrong = contract[:place] + sign + contract[place + 1 :]
    assert (iso_check_digit(wrong) == iso_check_digit(contract)) == (wrong == contract)


@given(contracts, st.integers(0, 12))
def test_two_signs_that_changed_places_never_have_the_same_check_digit(contract: str, place: int) -> None:
    swapped = contract[:place] + contract[place + 1] + contract[place] + contract[place + 2 :]
    assert (iso_check_digit(swapped) == iso_check_digit(contract)) == (swapped == contract)
