"""The welcome letter: the card's number in the reader's language, the same bytes from the same rows (S3)."""

import io
from datetime import UTC, datetime
from uuid import UUID

import pytest
from pypdf import PdfReader

from activities import welcome_letter
from models.messages.subscriber import WelcomeLetter
from models.rules.events import Language
from models.rules.subscriber import Payment

pytestmark = pytest.mark.step("S3")


def letter(language: Language = Language.ENGLISH, payment: Payment = Payment.POSTPAID) -> WelcomeLetter:
    return WelcomeLetter(
        operator="Test Charging",
        language=language,
        reference="SUB-2026-000017",
        card="NL-0000-4711",
        payment=payment,
        name="Zoë Jansen-Łukasiewicz",
        address=("Dam 1", "1012 JS Amsterdam"),
        email="z@voorbeeld.example",
        subscriber_id=UUID(int=1),
        written_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
        written_on="21 November 2026",
    )


def said(written: WelcomeLetter) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(welcome_letter.render(written))).pages)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("payment", Payment)
def test_letter_and_mail_name_the_card_and_leave_no_gap(language: Language, payment: Payment) -> None:
    written = letter(language, payment)
    subject, mail = welcome_letter.mail(written)
    text = said(written)
    assert all(part in text for part in ("NL-0000-4711", "Zoë Jansen-Łukasiewicz", "1012 JS Amsterdam"))
    assert written.reference in subject
    assert "NL-0000-4711" in mail
    assert "{" not in text + mail + subject


def test_each_language_has_words_of_its_own() -> None:
    english, dutch = (said(letter(language)) for language in Language)
    assert "Page 1 of 1" in english
    assert "Pagina 1 van 1" in dutch


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert welcome_letter.render(letter()) == welcome_letter.render(letter())
