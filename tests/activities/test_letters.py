"""Every event has a letter in every language, whatever of its data is missing (N)."""

from zoneinfo import ZoneInfo

import pytest

from activities.letters import Unwritable, dutch, english, written
from models.rules.events import Event, Language

pytestmark = pytest.mark.step("N")
ZONE = ZoneInfo("Europe/Amsterdam")
EVERYTHING = {
    "reference": "PR-1",
    "requester_reference": "CITY-7",
    "reason": "No room",
    "stage": "rejected",
    "tariff": "TRF-NIGHT",
    "valid_from": "2026-12-01T00:00:00+00:00",
    "title": "Decide on the placement request",
    "due_at": "2026-12-01T16:00:00+00:00",
    "planned_for": "2026-12-03",
    "station": "NL*STM*1",
    "subscriber": "SUB-1",
    "document": "https://api.example/v1/documents/1/content",
    "remarks": 2,
}


@pytest.mark.parametrize("letters", [english.LETTERS, dutch.LETTERS], ids=["en", "nl"])
def test_there_is_a_letter_for_each_event_and_no_other(letters: dict[str, tuple[str, str]]) -> None:
    assert set(letters) == set(Event)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("event", Event)
def test_each_letter_can_be_written_from_all_the_data_and_from_the_reference_alone(
    event: Event, language: Language
) -> None:
    full, bare = written(event, EVERYTHING, language, ZONE), written(event, {"reference": "PR-1"}, language, ZONE)
    for subject, text in (full, bare):
        assert "\n" not in subject
        assert 5 < len(subject) < 120
        assert len(text) > 20
        assert "{" not in subject + text
    assert "None" not in full[0] + full[1]
    if event is not Event.ENDPOINT_TESTED:
        assert all("PR-1" in subject for subject, _ in (full, bare))


def test_the_same_is_said_in_two_languages() -> None:
    for event in Event:
        one, other = (written(event, EVERYTHING, language, ZONE) for language in Language)
        assert one[0] != other[0], event
        assert one[1] != other[1], event


def test_reason_and_references_stand_in_the_letter_only_where_there_are_some() -> None:
    _, full = written("placement.rejected", EVERYTHING, Language.ENGLISH, ZONE)
    assert "Reason: No room" in full
    assert "Your reference: CITY-7" in full
    data = {"reference": "PR-1", "reason": None, "requester_reference": None}
    _, bare = written("placement.rejected", data, Language.ENGLISH, ZONE)
    assert "eason" not in bare
    assert "Your reference" not in bare


def test_an_instant_is_told_in_the_zone_of_the_place() -> None:
    _, text = written("task.overdue", EVERYTHING, Language.DUTCH, ZONE)
    assert "2026-12-01 17:00" in text


def test_a_plan_says_day_hours_and_request_as_far_as_they_are_known() -> None:
    hours = {"starts_at": "2026-12-03T08:00:00+00:00", "ends_at": "2026-12-03T11:00:00+00:00"}
    data = {"reference": "WO-1", "placement_request": "PR-1", "planned_for": "2026-12-03"}
    _, full = written("work_order.planned", {**data, **hours}, Language.ENGLISH, ZONE)
    assert "Work order WO-1 is planned for 2026-12-03, from 09:00 to 12:00." in full
    assert "Placement request: PR-1" in full
    _, day = written("work_order.rescheduled", data, Language.DUTCH, ZONE)
    assert "Werkopdracht WO-1 is opnieuw ingepland op 2026-12-03." in day


def test_one_remark_is_not_several() -> None:
    one, two = (
        written("sat.returned", {**EVERYTHING, "remarks": count}, Language.ENGLISH, ZONE)[1] for count in (1, 2)
    )
    assert "one remark:" in one
    assert "2 remarks:" in two


def test_an_event_without_a_letter_is_told_by_its_name() -> None:
    assert written("invoice.issued", {"reference": "INV-1"}, Language.DUTCH, ZONE)[0] == "INV-1: invoice.issued"


def test_data_that_a_letter_can_not_be_written_from_are_said_to_be_so() -> None:
    with pytest.raises(Unwritable, match=r"task\.overdue"):
        written("task.overdue", {"reference": "T", "due_at": "tomorrow"}, Language.ENGLISH, ZONE)
