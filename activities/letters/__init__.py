"""The words of our mails: one text per event and language, as data beside the code."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined, TemplateError

from activities.letters import dutch, english
from models.rules.events import Language

_ENVIRONMENT = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - plain text
_LETTERS = {Language.ENGLISH: english.LETTERS, Language.DUTCH: dutch.LETTERS}
_GAP = re.compile(r"\n{3,}")
_INSTANTS = ("due_at", "starts_at", "ends_at")
_MAY_BE_LEFT_OUT = dict.fromkeys(
    (
        *(
            "reference",
            "requester_reference",
            "reason",
            "document",
            "remarks",
            "station",
            "subscriber",
            "tariff",
            "title",
        ),
        *("placement_request", "planned_for", *_INSTANTS),
    )
)
_BY_ITSELF = ("{{ reference or '' }}: {{ event }}", "{{ event }} {{ reference or '' }}\n")
"""For an event that has no letter."""


class Unwritable(Exception):  # noqa: N818 - a fact, named as one
    """The letter asks for what the event's data do not hold."""


def written(event: str, data: dict[str, Any], language: Language, zone: ZoneInfo) -> tuple[str, str]:
    """Subject and text of the mail that tells of the event; instants are told in the zone. Raises Unwritable."""
    subject, text = _LETTERS[language].get(event, _BY_ITSELF)
    said = {**_MAY_BE_LEFT_OUT, **data, "event": event}
    try:
        said |= {name: _local(said[name], zone) for name in _INSTANTS}
        return (
            " ".join(_ENVIRONMENT.from_string(subject).render(said).split()),
            _GAP.sub("\n\n", _ENVIRONMENT.from_string(text).render(said).strip()) + "\n",
        )
    except (TemplateError, ValueError, TypeError) as error:
        raise Unwritable(f"The letter about {event} can't be written: {error}.") from error


def _local(instant: str | None, zone: ZoneInfo) -> str | None:
    return None if instant is None else f"{datetime.fromisoformat(instant).astimezone(zone):%Y-%m-%d %H:%M}"
