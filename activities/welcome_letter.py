"""The welcome letter that goes with a first card, as PDF, and the mail beside it (S3)."""

from dataclasses import dataclass

from activities.paper import ACCENT, TEXT, Paper
from models.messages.subscriber import WelcomeLetter
from models.rules.events import Language
from models.rules.subscriber import Payment


@dataclass(frozen=True)
class Words:
    """What is said, in one language."""

    title: str
    dear: str
    opening: str
    card: str
    payment: dict[Payment, str]
    lost: str
    regards: str
    page: str
    mail: str


WORDS = {
    Language.ENGLISH: Words(
        title="Welcome",
        dear="Dear {name},",
        opening="Your subscription {reference} is active. With this letter comes your card: it works from now on.",
        card="Card number: {card}",
        payment={
            Payment.PREPAID: "You charge from your prepaid balance: top it up before you set out.",
            Payment.POSTPAID: "What you charge is billed to you each month.",
        },
        lost="Is your card lost or stolen? Tell us at once: we block it, and send you another one.",
        regards="Kind regards,",
        page="Page {} of {}",
        mail="Your card {card} is on its way. The letter that comes with it is attached.",
    ),
    Language.DUTCH: Words(
        title="Welkom",
        dear="Beste {name},",
        opening="Uw abonnement {reference} is actief. Bij deze brief zit uw laadpas: die werkt vanaf nu.",
        card="Pasnummer: {card}",
        payment={
            Payment.PREPAID: "U laadt van uw tegoed: waardeer het op voordat u op weg gaat.",
            Payment.POSTPAID: "Wat u laadt, brengen wij elke maand in rekening.",
        },
        lost="Is uw pas zoek of gestolen? Laat het ons meteen weten: wij blokkeren hem en sturen u een andere.",
        regards="Met vriendelijke groet,",
        page="Pagina {} van {}",
        mail="Uw laadpas {card} is onderweg. De brief die erbij komt, zit bij dit bericht.",
    ),
}


def render(letter: WelcomeLetter) -> bytes:
    """The PDF (A4): the same letter gives the same bytes."""
    words = WORDS[letter.language]
    paper = Paper(
        title=words.title,
        author=letter.operator,
        reference=letter.reference,
        footnote=letter.operator,
        created_at=letter.written_at,
        page=words.page,
    )
    paper.set_lang(letter.language.value)
    paper.ink(ACCENT, 11, "B")
    paper.line_of(letter.operator, 6)
    paper.ln(12)
    for line in (letter.name, *letter.address):
        paper.ink(TEXT, 10.5)
        paper.line_of(line, 5)
    paper.ln(12)
    paper.paragraph(letter.written_on)
    for text in _paragraphs(letter, words):
        paper.paragraph(text, size_pt=10.5)
    return bytes(paper.output())


def mail(letter: WelcomeLetter) -> tuple[str, str]:
    """Subject and text."""
    words = WORDS[letter.language]
    text = "\n\n".join([_said(words.dear, letter), _said(words.mail, letter), words.lost, words.regards])
    return f"{letter.reference}: {words.title}", f"{text}\n{letter.operator}\n"


def _paragraphs(letter: WelcomeLetter, words: Words) -> list[str]:
    said = [words.dear, words.opening, words.card, words.payment[letter.payment], words.lost, words.regards]
    return [*(_said(text, letter) for text in said), letter.operator]


def _said(text: str, letter: WelcomeLetter) -> str:
    return text.format(name=letter.name, reference=letter.reference, card=letter.card)
