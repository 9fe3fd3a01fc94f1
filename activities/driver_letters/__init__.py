"""The words of our notices to drivers: a mail and a text per kind and language, as data beside the code (N)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal
from jinja2 import Environment, StrictUndefined, TemplateError

from activities.driver_letters import answers, dutch, english
from activities.letters import Unwritable
from models.rules.driver_notice import DriverChannel
from models.rules.events import Language
from models.tables.driver_notice import DriverNotice

LOCALES = {Language.ENGLISH: "en_GB", Language.DUTCH: "nl_NL"}
MAILS = {Language.ENGLISH: english.MAILS, Language.DUTCH: dutch.MAILS}
TEXTS: Mapping[Language, Mapping[str, str]] = {
    Language.ENGLISH: {**english.TEXTS, **answers.ENGLISH},
    Language.DUTCH: {**dutch.TEXTS, **answers.DUTCH},
}
_FEET = {Language.ENGLISH: english.FOOT, Language.DUTCH: dutch.FOOT}
_SPACES = {0x00A0: " ", 0x202F: " "}
"""No-break spaces, in place of which a text would take twice as many parts."""

_ENVIRONMENT = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - plain text


def written(notice: DriverNotice, operator: str) -> tuple[str, str]:
    """Subject and words; a text has no subject. The same notice gives the same. Raises Unwritable."""
    said = {"is_billed": True, **notice.data, "operator": operator}
    try:
        environment = _speaking(notice.language, ZoneInfo(notice.zone))
        if notice.channel is DriverChannel.SMS:
            return "", _line(environment, TEXTS[notice.language][notice.kind], said).translate(_SPACES)
        subject, text = MAILS[notice.language][notice.kind]
        whole = environment.from_string(text + _FEET[notice.language]).render(said)
        return _line(environment, subject, said), whole.strip() + "\n"
    except (TemplateError, KeyError, ValueError, TypeError, ArithmeticError) as error:
        raise Unwritable(f"The notice {notice.kind} can't be written: {error}.") from error


def _line(environment: Environment, template: str, said: Mapping[str, Any]) -> str:
    return " ".join(environment.from_string(template).render(said).split())


def _speaking(language: Language, zone: ZoneInfo) -> Environment:
    """With the formats of the language; instants are told by the zone's clock."""
    locale = LOCALES[language]

    def local(instant: str) -> datetime:
        return datetime.fromisoformat(instant).astimezone(zone)

    environment = _ENVIRONMENT.overlay()
    environment.filters = {
        **environment.filters,
        "moment": lambda at: format_datetime(local(at), "d MMM y HH:mm", locale=locale),
        "day": lambda at: format_date(local(at), "d MMM", locale=locale),
        "clock": lambda at: format_time(local(at), "HH:mm", locale=locale),
        "kwh": lambda wh: format_decimal(Decimal(wh) / 1000, "#,##0.00", locale=locale) + " kWh",
        "money": lambda amount, currency: format_currency(Decimal(amount), currency, locale=locale),
    }
    return environment
