"""Our notices to drivers in English."""

from collections.abc import Mapping

from models.rules.driver_notice import DriverNoticeKind as K

FOOT = "\n\nYour subscription: {{ subscription }}\n\nKind regards,\n{{ operator }}\n"

_SESSION = (
    "Place: {{ place }} (station {{ station }})\n"
    "From: {{ started_at | moment }}\n"
    "To: {{ ended_at | moment }}\n"
    "Energy: {{ energy_wh | kwh }}\n"
    "Price: {% if is_billed %}{{ gross | money(currency) }}, VAT of {{ vat | money(currency) }} included"
    "{% else %}free of charge{% endif %}\n"
)
_SUM = "{% if is_billed %}{{ gross | money(currency) }}{% else %}free of charge{% endif %}"
_REASONS = (
    "{% if reason == 'lost' %}since it was lost{% elif reason == 'stolen' %}since it was stolen"
    "{% elif reason == 'damaged' %}since it was damaged{% endif %}"
)

MAILS: Mapping[str, tuple[str, str]] = {
    K.SUBSCRIPTION_OPENED: (
        "{{ subscription }}: your subscription is active",
        "Your subscription is active, and your card {{ card }} works from now on.\n",
    ),
    K.CARD_REPLACED: (
        "{{ subscription }}: you have another card",
        "Card {{ old }} is replaced by card {{ card }} " + _REASONS + ".\n"
        "The old one is refused everywhere from now on; the new one works.\n",
    ),
    K.CARD_BLOCKED: (
        "{{ subscription }}: a card of yours is blocked",
        "Card {{ card }} is blocked " + _REASONS + ": it is refused everywhere from now on.\n",
    ),
    K.SESSION_ENDED: (
        "{{ session }}: you charged {{ energy_wh | kwh }} {% if is_billed %}for {% endif %}" + _SUM,
        "You have charged.\n\n" + _SESSION,
    ),
    K.SESSION_CORRECTED: (
        "{{ session }}: the price is corrected",
        "Your station told us late when this session ended. What we told you of it before is replaced by this:\n\n"
        + _SESSION,
    ),
    K.CAR_IDLE: (
        "{{ session }}: your car is charged",
        (
            "Your car at {{ place }} (station {{ station }}) takes no more energy. Please make room for others"
            "{% if is_billed %}: where the tariff says so, the time that it stays is charged"
            "{% endif %}.\n"
        ),
    ),
    K.CREDIT_LOW: (
        "{{ session }}: your balance is running out",
        (
            "Your session at {{ place }} (station {{ station }}) can cost {{ held | money(currency) }} in all: that is"
            " your whole balance. Top it up, or charging is stopped when it is used up.\n"
        ),
    ),
    K.CREDIT_SPENT: (
        "{{ session }}: charging is stopped",
        "Your balance is used up: charging at {{ place }} (station {{ station }}) is stopped.\n",
    ),
}

TEXTS: Mapping[str, str] = {
    K.SUBSCRIPTION_OPENED: (
        "{{ operator }}: your subscription {{ subscription }} is active, and card {{ card }} works from now on. To"
        " charge without it, text us START and the name that is written on a station."
    ),
    K.CARD_REPLACED: "{{ operator }}: card {{ old }} is refused from now on; card {{ card }} works instead.",
    K.CARD_BLOCKED: "{{ operator }}: card {{ card }} is blocked.",
    K.SESSION_ENDED: (
        "{{ operator }}: {{ started_at | day }} {{ started_at | clock }}-{{ ended_at | clock }}, {{ place }}:"
        " {{ energy_wh | kwh }}, " + _SUM + ". {{ session }}"
    ),
    K.SESSION_CORRECTED: ("{{ operator }}: {{ session }} is corrected: {{ energy_wh | kwh }}, " + _SUM + "."),
    K.CAR_IDLE: (
        "{{ operator }}: your car at {{ place }} is charged. Please make room"
        "{% if is_billed %}; the time that it stays may be charged{% endif %}."
    ),
    K.CREDIT_LOW: (
        "{{ operator }}: charging at {{ place }} can cost {{ held | money(currency) }} in all, your whole balance. Top"
        " up, or it is stopped then."
    ),
    K.CREDIT_SPENT: "{{ operator }}: your balance is used up. Charging at {{ place }} is stopped.",
}
