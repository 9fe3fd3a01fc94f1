"""What a driver means by a text message, however it is spelled (C3)."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple


class Word(StrEnum):
    START = "start"
    STOP = "stop"
    STATUS = "status"
    HELP = "help"
    UNKNOWN = "unknown"


class SmsAnswer(StrEnum):
    """What is answered; each has its words in every language."""

    STARTS = "starts"
    START_REFUSED = "start_refused"
    """By the decision on whether they may charge there: ``why`` is the verdict."""
    START_FAILED = "start_failed"
    STATION_UNKNOWN = "station_unknown"
    STATION_AWAY = "station_away"
    STOPS = "stops"
    STOP_FAILED = "stop_failed"
    NOTHING_CHARGES = "nothing_charges"
    SEVERAL_CHARGE = "several_charge"
    CHARGES = "charges"
    HOW_TO = "how_to"
    NOT_UNDERSTOOD = "not_understood"
    STRANGER = "stranger"


class Said(NamedTuple):
    """``stations`` are the spellings by which the station may be known, in capitals and digits alone; none was named
    where there are none."""

    word: Word
    stations: Sequence[str] = ()


WORDS = {
    **dict.fromkeys(("START", "BEGIN", "CHARGE", "LADEN", "LAAD", "OPLADEN"), Word.START),
    **dict.fromkeys(("STOP", "STOPPEN", "STOPPED", "EINDE", "END", "KLAAR", "DONE"), Word.STOP),
    **dict.fromkeys(("STATUS", "STAND", "SALDO", "BALANCE"), Word.STATUS),
    **dict.fromkeys(("HELP", "HULP", "INFO"), Word.HELP),
}
"""English and Dutch. STOP, END, and others are what Twilio takes for opting out too: see docs/DRIVERS.md."""
_SKIPPED = (
    "AT ON TO BY MY THE PLEASE CHARGING CHARGE SESSION STATION NOW "
    "BIJ OP AAN MET MIJN HET DE AUB LADEN SESSIE PAAL LAADPAAL LAADSTATION NU"
)
SKIPPED = frozenset(_SKIPPED.split())
"""What people say beside what they mean."""
FORGIVEN_FROM = 4
"""A word of fewer letters is too near to others for one wrong letter to be forgiven."""
NUMBER_DIGITS = 6
"""Of the number at the end of a station's name."""

ANSWERED_IN = timedelta(hours=1)
ANSWERED_AT_MOST, STRANGERS_ANSWERED_AT_MOST = 30, 3
"""In that time, so that no two machines answer each other for ever."""

_PARTS = re.compile(r"[A-Z0-9]+")
_NUMBER = re.compile(r"[0-9]+$")
_LIKE_NUMBER = re.compile(r"[0-9OIL]*[0-9][0-9OIL]*$")
_DIGITS = str.maketrans("OIL", "011")
_STATION_LIMIT = 40


def read(text: str) -> Said:
    """The first word says what is wanted; a station's name alone wants to start there."""
    parts = _PARTS.findall(_plain(text))
    if not parts:
        return Said(Word.HELP if "?" in text else Word.UNKNOWN)
    whole = WORDS.get("".join(parts))
    if whole is not None:
        return Said(whole)
    word = _word(parts[0])
    if word is not None:
        return Said(word, _stations(parts[1:]))
    place = next((place for place, part in enumerate(parts) if part in WORDS), None)
    if place is not None:
        return Said(WORDS[parts[place]], _stations(parts[place + 1 :]))
    stations = _stations(parts)
    return Said(Word.START if stations else Word.UNKNOWN, stations)


def squeezed(name: str) -> str:
    """A station's name, or its EVSE's, as spellings are compared: in capitals and digits alone."""
    return "".join(_PARTS.findall(_plain(name)))


def _plain(text: str) -> str:
    """In capitals, without accents, whatever alphabet of signs a phone has put in place of them."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(each for each in apart if not unicodedata.combining(each)).upper()


def _word(part: str) -> Word | None:
    """Itself, or what one slip of the finger has made of it, where that is but one."""
    if part in WORDS:
        return WORDS[part]
    if len(part) < FORGIVEN_FROM - 1 or not part.isalpha():
        return None
    meant = {meaning for word, meaning in WORDS.items() if len(word) >= FORGIVEN_FROM and _is_slip(part, word)}
    return meant.pop() if len(meant) == 1 else None


def _is_slip(part: str, word: str) -> bool:
    """One letter too many, one missing, one wrong, or two that changed places."""
    if abs(len(part) - len(word)) > 1:
        return False
    longer, shorter = (part, word) if len(part) >= len(word) else (word, part)
    if len(longer) > len(shorter):
        return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))
    differs = [place for place in range(len(part)) if part[place] != word[place]]
    if len(differs) != 2:
        return len(differs) == 1
    one, other = differs
    return other == one + 1 and part[one] == word[other] and part[other] == word[one]


def _stations(parts: Sequence[str]) -> Sequence[str]:
    """No station is named where there is no digit: each has a number. A part of its name may be a word that is
    skipped elsewhere, such as AT for Austria."""
    names = ("".join(part for part in parts if part not in SKIPPED), "".join(parts))
    meant = [name for name in names if len(name) <= _STATION_LIMIT and any(each.isdigit() for each in name)]
    return tuple(dict.fromkeys(spelling for name in meant for spelling in _spellings(name)))


def _spellings(name: str) -> Iterator[str]:
    """As it is; with the zeros that people leave out; and with digits in place of letters that look like them."""
    yield name
    for tail in (_NUMBER.search(name), _LIKE_NUMBER.search(name)):
        if tail is not None:
            before, digits = name[: tail.start()], tail[0].translate(_DIGITS)
            yield before + digits
            yield before + digits.lstrip("0").zfill(NUMBER_DIGITS)
