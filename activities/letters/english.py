"""Our letters in English."""

from models.rules.events import Event

_FOOT = """
{% if requester_reference %}
Your reference: {{ requester_reference }}
{% endif %}
Our reference: {{ reference }}
"""
_REASON = "{% if reason %}\n\nReason: {{ reason }}\n{% endif %}\n"

_WHEN = (
    "{% if planned_for %} for {{ planned_for }}{% endif %}"
    "{% if starts_at %}, from {{ starts_at[-5:] }}{% if ends_at %} to {{ ends_at[-5:] }}{% endif %}{% endif %}.\n"
)
_FOR_REQUEST = (
    "{% if placement_request %}\n\nPlacement request: {{ placement_request }}"
    "{% if requester_reference %} (your reference {{ requester_reference }}){% endif %}{% endif %}\n"
)

LETTERS: dict[str, tuple[str, str]] = {
    Event.PLACEMENT_APPROVED: (
        "{{ reference }}: your placement request is approved",
        "We have approved your placement request and asked the grid operator for a connection.\n" + _FOOT,
    ),
    Event.PLACEMENT_REJECTED: (
        "{{ reference }}: your placement request is rejected",
        "We can't place the charging station that you asked for.\n" + _REASON + _FOOT,
    ),
    Event.PLACEMENT_LOCATION_REJECTED: (
        "{{ reference }}: the grid operator rejected the location",
        "The grid operator can't connect a charging station at this location.\n"
        + _REASON
        + "\nWe look for another one and will tell you.\n"
        + _FOOT,
    ),
    Event.PLACEMENT_LOCATION_PROPOSED: (
        "{{ reference }}: another location is proposed",
        "We have put another location to the grid operator.\n" + _FOOT,
    ),
    Event.PLACEMENT_PENDING_GRID_INSTALLATION: (
        "{{ reference }}: the grid connection is scheduled",
        "The grid operator has scheduled the connection of your charging station.\n" + _FOOT,
    ),
    Event.PLACEMENT_IN_INSTALLATION: (
        "{{ reference }}: installation begins",
        "The work order for your charging station is with the installer.\n" + _FOOT,
    ),
    Event.PLACEMENT_ACCEPTED: (
        "{{ reference }}: the site acceptance test is approved",
        "The charging station is installed and its site acceptance test is approved.\n"
        "{% if document %}\n\nThe report can be fetched at\n{{ document }}\n{% endif %}\n" + _FOOT,
    ),
    Event.PLACEMENT_OPERATING: (
        "{{ reference }}: your charging station is operating",
        "Your charging station is live: drivers can charge there from now on.\n" + _FOOT,
    ),
    Event.PLACEMENT_WITHDRAWN: (
        "{{ reference }}: your placement request is withdrawn",
        "The placement request was withdrawn. What had been set in motion for it is being undone.\n" + _REASON + _FOOT,
    ),
    Event.PLACEMENT_CANCELLED: (
        "{{ reference }}: your placement request is cancelled",
        "We have cancelled your placement request. What had been set in motion for it is being undone.\n"
        + _REASON
        + _FOOT,
    ),
    Event.WORK_ORDER_CREATED: (
        "{{ reference }}: new installation work order",
        "There is a new installation work order for you: {{ reference }}.\n",
    ),
    Event.WORK_ORDER_PLANNED: (
        "{{ reference }}: the work is planned",
        "Work order {{ reference }} is planned" + _WHEN + _FOR_REQUEST,
    ),
    Event.WORK_ORDER_RESCHEDULED: (
        "{{ reference }}: the work is planned anew",
        "Work order {{ reference }} is now planned" + _WHEN + _REASON + _FOR_REQUEST,
    ),
    Event.WORK_ORDER_CANCELLED: (
        "{{ reference }}: work order cancelled",
        "Work order {{ reference }} is cancelled: please do nothing more for it, and return the hardware that you hold"
        " for it.\n" + _REASON,
    ),
    Event.WORK_ORDER_CLOSED: (
        "{{ reference }}: work order closed",
        "Every station of work order {{ reference }} is live. Thank you.\n",
    ),
    Event.SAT_RETURNED: (
        "{{ reference }}: the acceptance test needs corrections",
        (
            "The acceptance test of {{ reference }} came back with"
            " {% if remarks == 1 %}one remark{% elif remarks %}{{ remarks }} remarks{% else %}remarks{% endif %}:"
            " please correct it and send it again.\n"
        ),
    ),
    Event.SAT_APPROVED: (
        "{{ reference }}: the acceptance test is approved",
        (
            "The acceptance test of work order {{ reference }} is approved.\n"
            "{% if document %}\n\nThe report can be fetched at\n{{ document }}\n{% endif %}\n"
        ),
    ),
    Event.STATION_LIVE: (
        "{{ reference }}: station {{ station }} is live",
        "Station {{ station }} of work order {{ reference }} has been activated.\n",
    ),
    Event.CUSTOMER_CREATED: (
        "{{ reference }}: a new customer",
        "Customer {{ reference }} was entered.\n",
    ),
    Event.CUSTOMER_CHANGED: (
        "{{ reference }}: a customer has changed",
        "What we know of customer {{ reference }} has changed.\n",
    ),
    Event.CUSTOMER_ERASED: (
        "{{ reference }}: a customer was erased",
        "Customer {{ reference }} was erased: please erase what you keep of them too.\n",
    ),
    Event.SUBSCRIBER_REQUESTED: (
        "{{ reference }}: the subscription was asked for",
        "Subscription {{ reference }} was asked for.\n",
    ),
    Event.SUBSCRIBER_ACTIVATED: (
        "{{ reference }}: the subscription is active",
        "Subscription {{ reference }} is active.\n",
    ),
    Event.SUBSCRIBER_REJECTED: (
        "{{ reference }}: the subscription is rejected",
        "Subscription {{ reference }} is rejected.\n",
    ),
    Event.SUBSCRIBER_FAILED: (
        "{{ reference }}: the subscription came to nothing",
        "Subscription {{ reference }} came to nothing.\n",
    ),
    Event.CARD_ASSIGNED: (
        "{{ reference }}: a card was assigned",
        "Card {{ reference }} was assigned{% if subscriber %} to subscription {{ subscriber }}{% endif %}.\n",
    ),
    Event.CARD_BLOCKED: (
        "{{ reference }}: a card was blocked",
        "Card {{ reference }} was blocked{% if reason %} ({{ reason }}){% endif %}.\n",
    ),
    Event.VEHICLE_REGISTERED: (
        "{{ reference }}: a vehicle was registered",
        "Vehicle {{ reference }} was registered for subscription {{ subscriber }}.\n",
    ),
    Event.VEHICLE_REMOVED: (
        "{{ reference }}: a vehicle was removed",
        "Vehicle {{ reference }} was removed{% if reason %} ({{ reason }}){% endif %}.\n",
    ),
    Event.SUBSCRIBER_CARD_REPLACED: (
        "{{ reference }}: the subscription has another card",
        "Subscription {{ reference }} has another card.\n",
    ),
    Event.SUBSCRIBER_TARIFF_CHANGED: (
        "{{ reference }}: the subscription has another tariff",
        "Subscription {{ reference }} has another tariff{% if tariff %}, {{ tariff }}{% endif %}.\n",
    ),
    Event.SUBSCRIBER_SUSPENDED: (
        "{{ reference }}: the subscription is suspended",
        "Subscription {{ reference }} is suspended.\n",
    ),
    Event.SUBSCRIBER_RESUMED: (
        "{{ reference }}: the subscription is resumed",
        "Subscription {{ reference }} is resumed.\n",
    ),
    Event.SUBSCRIBER_CLOSING: (
        "{{ reference }}: the subscription is being closed",
        "Subscription {{ reference }} is being closed.\n",
    ),
    Event.SUBSCRIBER_CLOSED: (
        "{{ reference }}: the subscription is closed",
        "Subscription {{ reference }} is closed.\n",
    ),
    Event.TASK_DUE_SOON: (
        "{{ reference }}: a task is due soon",
        (
            "{{ title or 'A task' }} ({{ reference }}) is to be done"
            "{% if due_at %} by {{ due_at }}{% else %} soon{% endif %}.\n"
        ),
    ),
    Event.TASK_OVERDUE: (
        "{{ reference }}: a task is overdue",
        (
            "{{ title or 'A task' }} ({{ reference }}) was to be done"
            "{% if due_at %} by {{ due_at }}{% else %} already{% endif %}. Please see to it.\n"
        ),
    ),
    Event.ENDPOINT_TESTED: (
        "A test: notices arrive here",
        "Somebody of your organisation asked for this message, to see whether our notices arrive.\n",
    ),
}
