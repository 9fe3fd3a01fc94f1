"""Telephone numbers are kept in one form, and what is none is refused."""

import pytest

from models.rules.customer import e164

pytestmark = pytest.mark.step("S1")


@pytest.mark.parametrize("said", ["+31201234567", "+31 20 123 45 67", "+31 (0)20-1234567", "tel:+31-20-123-4567"])
def test_one_number_is_kept_in_one_form_however_it_is_written(said: str) -> None:
    assert e164(said) == "+31201234567"


@pytest.mark.parametrize("said", ["", "020 1234567", "+31 1", "+999 123456789", "a.jansen", "+31201234567890123"])
def test_what_reaches_nobody_is_refused_with_the_remedy(said: str) -> None:
    with pytest.raises(ValueError, match="write it with its country"):
        e164(said)
