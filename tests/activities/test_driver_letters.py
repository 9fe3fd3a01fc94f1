"""Drivers' notices in both languages, formatted as people there write dates, energy and money (N, C1)."""

from typing import Any

import pytest

from activities import driver_letters
from activities.driver_letters import MAILS, TEXTS
from activities.letters import Unwritable
from models.clock import utc_now
from models.rules.authorisation import TokenVerdict
from models.rules.driver_notice import DriverChannel as C
from models.rules.driver_notice import DriverNoticeKind as K
from models.rules.events import Language
from models.rules.text_message import SmsAnswer
from models.tables.driver_notice import DriverNotice

pytestmark = pytest.mark.step("N", "C1")
DATA = {
    "subscription": "SUB-2026-000017",
    "session": "CS-2026-000042",
    "station": "NL-STM-000003",
    "place": "Damrak 1, Amsterdam",
    "started_at": "2026-11-30T22:30:00+00:00",
    "ended_at": "2026-12-01T00:15:00+00:00",
    "energy_wh": 1_012_340,
    "gross": "1234.5000",
    "vat": "214.2500",
    "currency": "EUR",
    "held": "30.0000",
    "card": "NL-2",
    "old": "NL-1",
    "reason": "lost",
}
GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà€[]{}^~|\\"
)
"""GSM 03.38 with its extension: any other letter makes a text twice as dear."""


def written(kind: str, channel: C, language: Language, **changes: Any) -> tuple[str, str]:
    row = DriverNotice(
        about="x",
        kind=kind,
        channel=channel,
        language=language,
        zone="Europe/Amsterdam",
        data=DATA | changes,
        due_at=utc_now(),
        tried_until=utc_now(),
        correlation_id="test",
    )
    return driver_letters.written(row, "Test Charging")


def test_there_are_words_for_each_kind_in_each_language_and_for_no_other() -> None:
    for language in Language:
        assert set(MAILS[language]) == set(K)
        assert set(TEXTS[language]) == set(K) | set(SmsAnswer)


@pytest.mark.parametrize("kind", K)
@pytest.mark.parametrize("channel", C)
def test_each_is_said_in_two_languages(kind: K, channel: C) -> None:
    (subject, one), (_, other) = (written(kind, channel, language) for language in Language)
    assert one != other
    assert "{" not in subject + one + other
    assert "None" not in subject + one + other
    assert (subject == "") == (channel is C.SMS)


@pytest.mark.parametrize("kind", K)
@pytest.mark.parametrize("language", Language)
def test_a_text_takes_two_parts_at_most(kind: K, language: Language) -> None:
    _, text = written(kind, C.SMS, language)
    assert set(text) <= GSM_7
    assert len(text) <= 306


def test_the_end_of_a_session_tells_date_place_energy_and_price_as_people_there_write_them() -> None:
    subject, english = written(K.SESSION_ENDED, C.MAIL, Language.ENGLISH)
    assert subject == "CS-2026-000042: you charged 1,012.34 kWh for €1,234.50"
    for said in ("Damrak 1, Amsterdam", "30 Nov 2026 23:30", "1 Dec 2026 01:15", "1,012.34 kWh", "€1,234.50"):
        assert said in english
    _, dutch = written(K.SESSION_ENDED, C.MAIL, Language.DUTCH)
    for said in ("30 nov 2026 23:30", "1 dec 2026 01:15", "1.012,34 kWh", "€\N{NO-BREAK SPACE}1.234,50"):
        assert said in dutch
    _, text = written(K.SESSION_ENDED, C.SMS, Language.DUTCH)
    assert text == ("Test Charging: 30 nov 23:30-01:15, Damrak 1, Amsterdam: 1.012,34 kWh, € 1.234,50. CS-2026-000042")


def test_another_currency_is_told_as_it_is() -> None:
    _, text = written(K.SESSION_ENDED, C.SMS, Language.ENGLISH, currency="JPY", gross="1235.0000")
    assert "JP¥1,235." in text


def test_what_its_data_do_not_hold_is_not_made_up() -> None:
    with pytest.raises(Unwritable):
        written(K.SESSION_ENDED, C.MAIL, Language.ENGLISH, started_at="yesterday")
    with pytest.raises(Unwritable):
        written("no_such_kind", C.SMS, Language.ENGLISH)


@pytest.mark.step("C3")
@pytest.mark.parametrize("answer", SmsAnswer)
def test_each_answer_is_said_in_two_languages_in_a_text_of_two_parts_at_most(answer: SmsAnswer) -> None:
    data = {"stations": "NL-STM-000003, NL-STM-000004", "available": "12.5000", "why": "no_credit"}
    one, other = (written(answer, C.SMS, language, **data)[1] for language in Language)
    assert one != other
    for text in (one, other):
        assert set(text) <= GSM_7
        assert 10 < len(text) <= 306
        assert "{" not in text


@pytest.mark.step("C3")
@pytest.mark.parametrize("language", Language)
def test_each_reason_for_a_refusal_has_words_of_its_own(language: Language) -> None:
    refusing = set(TokenVerdict) - {TokenVerdict.ACCEPTED}
    texts = {written(SmsAnswer.START_REFUSED, C.SMS, language, why=verdict.value)[1] for verdict in refusing}
    assert len(texts) == len(refusing)
    assert not any(text.endswith(": .") for text in texts)


@pytest.mark.step("S7")
@pytest.mark.parametrize(("language", "said"), [(Language.ENGLISH, "free of charge"), (Language.DUTCH, "gratis")])
def test_what_is_not_billed_is_said_to_be_free_and_of_no_price(language: Language, said: str) -> None:
    for kind in (K.SESSION_ENDED, K.SESSION_CORRECTED, K.CAR_IDLE, SmsAnswer.STARTS, SmsAnswer.CHARGES):
        channels = (C.SMS,) if isinstance(kind, SmsAnswer) else tuple(C)
        for channel in channels:
            subject, text = written(kind, channel, language, is_billed=False, gross="0.0000", stations="")
            assert "€" not in subject + text
            assert "tari" not in text
            assert (said in (subject + text).lower()) == (kind is not K.CAR_IDLE)
            assert len(text) <= 306 or channel is C.MAIL
