"""What may stand in the audit trail."""

import pytest

from models.rules.privacy import PERSONAL, SECRET, shown


@pytest.mark.parametrize(
    "name", ["password", "password_hash", "secret", "previous_secret", "key_hash", "proposed_key_hashes", "factory_key"]
)
def test_secrets_are_masked_wherever_they_stand(name: str) -> None:
    assert shown({name: "x"}) == {name: SECRET}
    assert shown({"inner": [{name: "x"}]}) == {"inner": [{name: SECRET}]}


@pytest.mark.parametrize(
    "name", ["idTag", "parentIdTag", "idToken", "groupIdToken", "additionalIdToken", "customer", "customerIdentifier"]
)
def test_what_names_a_person_in_a_message_to_a_station_is_masked(name: str) -> None:
    assert shown({"payload": {"inner": [{name: "04E91C5A"}]}}) == {"payload": {"inner": [{name: PERSONAL}]}}


def test_personal_data_is_masked_by_name_and_by_look() -> None:
    said = shown({"contact": {"name": "R. de Vries"}, "contact_email": "r@v.example", "address": "r@v.example"})
    assert set(said.values()) == {PERSONAL}


def test_what_is_of_the_business_stays() -> None:
    said = {"stage": "submitted", "key_refusal": "Rejected", "hardware_id": "VW-1", "stations": 2, "street": "Dam"}
    assert shown(said) == said
    assert shown({"secret": None}) == {"secret": None}


def test_a_deep_or_long_document_is_cut() -> None:
    deep: dict[str, object] = {}
    for _ in range(100):
        deep = {"deeper": deep}
    assert "..." in str(shown(deep))
    assert len(str(shown({"text": "x" * 100_000, "items": list(range(100_000))}))) < 2_000
