"""What drivers mean by their texts, however they spell it (C3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.text_message import FORGIVEN_FROM, WORDS, Word, read, squeezed

pytestmark = pytest.mark.step("C3")
NAME = "NL-STM-000003"
SPELLED = "NLSTM000003"
VERBS = st.sampled_from(sorted(WORDS))
SEPARATORS = st.text(" \t\n.,;:-_/!*", min_size=1, max_size=3)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize(
    ("text", "word", "station"),
    [
        ("START NL-STM-000003", Word.START, SPELLED),
        ("start nl stm 000003", Word.START, SPELLED),
        ("  Start:  NL*STM*000003 !", Word.START, SPELLED),
        ("nl-stm-000003", Word.START, SPELLED),
        ("NLSTM3", Word.START, SPELLED),
        ("strat nl-stm-3", Word.START, SPELLED),
        ("start laden bij NL-STM-OOOOO3 aub", Word.START, SPELLED),
        ("Laden NL-STM-000003", Word.START, SPELLED),
        ("Please start charging at NL-STM-000003", Word.START, SPELLED),
        ("ＳＴＡＲＴ NL-STM-000003", Word.START, SPELLED),  # noqa: RUF001 - as some phones write
        ("start NL*STM*E000003*1", Word.START, "NLSTME0000031"),
        ("start", Word.START, None),
        ("stop", Word.STOP, None),
        ("S T O P", Word.STOP, None),
        ("Sotp!", Word.STOP, None),
        ("stóp", Word.STOP, None),
        ("stop laden", Word.STOP, None),
        ("STOP NL-STM-000003", Word.STOP, SPELLED),
        ("einde", Word.STOP, None),
        ("Klaar.", Word.STOP, None),
        ("kunt u stoppen", Word.STOP, None),
        ("Statsu", Word.STATUS, None),
        ("saldo?", Word.STATUS, None),
        ("hulp", Word.HELP, None),
        ("?", Word.HELP, None),
        ("", Word.UNKNOWN, None),
        ("thanks", Word.UNKNOWN, None),
        ("\N{THUMBS UP SIGN}", Word.UNKNOWN, None),
    ],
)
def test_what_people_write_is_understood(text: str, word: Word, station: str | None) -> None:
    said = read(text)
    assert said.word is word
    assert (station in said.stations) if station else said.stations == ()


@given(st.text(max_size=1600))
def test_whatever_comes_is_read_as_something(text: str) -> None:
    said = read(text)
    assert said.word in Word
    assert all(each.isascii() and each.isalnum() and each == each.upper() for each in said.stations)
    assert read(text.upper()).word is said.word or not text.isascii()


@given(VERBS, SEPARATORS, SEPARATORS, st.data())
def test_case_blanks_and_signs_change_nothing(verb: str, before: str, between: str, data: st.DataObject) -> None:
    cased = "".join(data.draw(st.sampled_from([each.lower(), each.upper()])) for each in verb)
    assert read(before + cased + between).word is WORDS[verb]
    if WORDS[verb] in {Word.START, Word.STOP}:
        assert SPELLED in read(f"{cased}{between}{NAME.lower()}").stations


@given(VERBS.filter(lambda verb: len(verb) >= FORGIVEN_FROM), st.data())
def test_one_slip_of_the_finger_never_makes_something_else_of_a_word(verb: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(verb) - 1))
    letter = data.draw(st.sampled_from(LETTERS))
    slips = [
        verb[:place] + verb[place + 1 :],
        verb[:place] + letter + verb[place + 1 :],
        verb[:place] + letter + verb[place:],
        verb[:place] + verb[place : place + 2][::-1] + verb[place + 2 :],
    ]
    for slip in slips:
        assert read(slip).word in {WORDS[verb], Word.UNKNOWN} or slip in WORDS


@given(
    st.just("AT") | st.text(LETTERS, min_size=2, max_size=3),
    st.text(LETTERS, min_size=2, max_size=4),
    st.integers(0, 999_999),
)
def test_a_station_is_found_by_its_name_with_its_zeros_or_without(country: str, operator: str, number: int) -> None:
    name = f"{country}-{operator}-{number:06d}"
    for spelled in (name, f"{country} {operator} {number}", f"{country}{operator}{number:06d}".lower()):
        assert squeezed(name) in read(f"start {spelled}").stations
