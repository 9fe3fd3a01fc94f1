"""The words of our mails, by event. A text that is not here is written from the event's own name and data."""

from typing import Any

from jinja2 import Environment, StrictUndefined

_ENVIRONMENT = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - plain text

_REQUESTER_FOOT = """
{% if requester_reference %}Your reference: {{ requester_reference }}
{% endif %}Our reference: {{ reference }}
"""

_LETTERS: dict[str, tuple[str, str]] = {
    "placement.approved": (
        "{{ reference }}: your placement request is approved",
        "We have approved your placement request and asked the grid operator for a connection.\n" + _REQUESTER_FOOT,
    ),
    "placement.rejected": (
        "{{ reference }}: your placement request is rejected",
        "We can't place the charging station that you asked for.\n\nReason: {{ reason }}\n" + _REQUESTER_FOOT,
    ),
    "placement.location_rejected": (
        "{{ reference }}: the grid operator rejected the location",
        "The grid operator can't connect a charging station at this location.\n\n"
        "Reason: {{ reason or 'none given' }}\n\n"
        "We look for another one and will tell you.\n" + _REQUESTER_FOOT,
    ),
    "placement.location_proposed": (
        "{{ reference }}: another location is proposed",
        "We have put another location to the grid operator.\n" + _REQUESTER_FOOT,
    ),
    "placement.pending_grid_installation": (
        "{{ reference }}: the grid connection is scheduled",
        "The grid operator has scheduled the connection of your charging station.\n" + _REQUESTER_FOOT,
    ),
    "placement.in_installation": (
        "{{ reference }}: installation begins",
        "The work order for your charging station is with the installer.\n" + _REQUESTER_FOOT,
    ),
    "placement.accepted": (
        "{{ reference }}: the site acceptance test is approved",
        "The charging station is installed and its site acceptance test is approved. The report can be fetched at\n"
        "{{ document }}\n" + _REQUESTER_FOOT,
    ),
    "placement.operating": (
        "{{ reference }}: your charging station is operating",
        "Your charging station is live: drivers can charge there from now on.\n" + _REQUESTER_FOOT,
    ),
    "work_order.created": (
        "{{ reference }}: new installation work order",
        "There is a new installation work order for you: {{ reference }}.\n",
    ),
    "work_order.closed": (
        "{{ reference }}: work order closed",
        "Every station of work order {{ reference }} is live. Thank you.\n",
    ),
    "sat.returned": (
        "{{ reference }}: the acceptance test needs corrections",
        "The acceptance test of {{ reference }} came back with remarks: please correct it and send it again.\n",
    ),
    "sat.approved": (
        "{{ reference }}: the acceptance test is approved",
        "The acceptance test of work order {{ reference }} is approved.\n",
    ),
    "station.live": (
        "{{ reference }}: station {{ station }} is live",
        "Station {{ station }} of work order {{ reference }} has been activated.\n",
    ),
}


def written(event: str, data: dict[str, Any]) -> tuple[str, str]:
    """Subject and text of the mail that tells of the event."""
    subject, text = _LETTERS.get(event, ("{{ reference }}: " + event.replace("_", " "), "{{ reference }}\n"))
    return (
        _ENVIRONMENT.from_string(subject).render(data),
        _ENVIRONMENT.from_string(text).render(data).strip() + "\n",
    )
