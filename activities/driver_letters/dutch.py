"""Our notices to drivers in Dutch."""

from collections.abc import Mapping

from models.rules.driver_notice import DriverNoticeKind as K

FOOT = "\n\nUw abonnement: {{ subscription }}\n\nMet vriendelijke groet,\n{{ operator }}\n"

_SESSION = (
    "Plaats: {{ place }} (laadstation {{ station }})\n"
    "Van: {{ started_at | moment }}\n"
    "Tot: {{ ended_at | moment }}\n"
    "Energie: {{ energy_wh | kwh }}\n"
    "Prijs: {% if is_billed %}{{ gross | money(currency) }}, inclusief {{ vat | money(currency) }} btw"
    "{% else %}gratis{% endif %}\n"
)
_SUM = "{% if is_billed %}{{ gross | money(currency) }}{% else %}gratis{% endif %}"
_REASONS = (
    "{% if reason == 'lost' %}omdat hij zoek is{% elif reason == 'stolen' %}omdat hij gestolen is"
    "{% elif reason == 'damaged' %}omdat hij beschadigd is{% endif %}"
)

MAILS: Mapping[str, tuple[str, str]] = {
    K.SUBSCRIPTION_OPENED: (
        "{{ subscription }}: uw abonnement is actief",
        "Uw abonnement is actief, en uw laadpas {{ card }} werkt vanaf nu.\n",
    ),
    K.CARD_REPLACED: (
        "{{ subscription }}: u hebt een andere laadpas",
        "Laadpas {{ old }} is vervangen door laadpas {{ card }}, " + _REASONS + ".\n"
        "De oude wordt vanaf nu overal geweigerd; de nieuwe werkt.\n",
    ),
    K.CARD_BLOCKED: (
        "{{ subscription }}: een laadpas van u is geblokkeerd",
        "Laadpas {{ card }} is geblokkeerd, " + _REASONS + ": hij wordt vanaf nu overal geweigerd.\n",
    ),
    K.SESSION_ENDED: (
        (
            "{{ session }}: u hebt {% if is_billed %}{{ energy_wh | kwh }} geladen voor {{ gross | money(currency) }}"
            "{% else %}gratis {{ energy_wh | kwh }} geladen{% endif %}"
        ),
        "U hebt geladen.\n\n" + _SESSION,
    ),
    K.SESSION_CORRECTED: (
        "{{ session }}: de prijs is gecorrigeerd",
        "Het laadstation heeft ons laat verteld wanneer deze sessie eindigde. In plaats van wat wij u eerder schreven,"
        " geldt dit:\n\n" + _SESSION,
    ),
    K.CAR_IDLE: (
        "{{ session }}: uw auto is geladen",
        (
            "Uw auto bij {{ place }} (laadstation {{ station }}) laadt niet meer. Wilt u plaatsmaken voor anderen?"
            "{% if is_billed %} Waar het tarief dat zegt, wordt de tijd dat hij blijft staan in rekening gebracht."
            "{% endif %}\n"
        ),
    ),
    K.CREDIT_LOW: (
        "{{ session }}: uw tegoed raakt op",
        (
            "Uw sessie bij {{ place }} (laadstation {{ station }}) kan in totaal {{ held | money(currency) }} kosten:"
            " dat is uw hele tegoed. Waardeer het op, anders stopt het laden wanneer het op is.\n"
        ),
    ),
    K.CREDIT_SPENT: (
        "{{ session }}: het laden is gestopt",
        "Uw tegoed is op: het laden bij {{ place }} (laadstation {{ station }}) is gestopt.\n",
    ),
}

TEXTS: Mapping[str, str] = {
    K.SUBSCRIPTION_OPENED: (
        "{{ operator }}: uw abonnement {{ subscription }} is actief, en laadpas {{ card }} werkt vanaf nu. Laden"
        " zonder pas? Stuur ons START en de naam die op een laadstation staat."
    ),
    K.CARD_REPLACED: "{{ operator }}: laadpas {{ old }} wordt vanaf nu geweigerd; laadpas {{ card }} werkt.",
    K.CARD_BLOCKED: "{{ operator }}: laadpas {{ card }} is geblokkeerd.",
    K.SESSION_ENDED: (
        "{{ operator }}: {{ started_at | day }} {{ started_at | clock }}-{{ ended_at | clock }}, {{ place }}:"
        " {{ energy_wh | kwh }}, " + _SUM + ". {{ session }}"
    ),
    K.SESSION_CORRECTED: ("{{ operator }}: {{ session }} is gecorrigeerd: {{ energy_wh | kwh }}, " + _SUM + "."),
    K.CAR_IDLE: (
        "{{ operator }}: uw auto bij {{ place }} is geladen. Wilt u plaatsmaken?"
        "{% if is_billed %} Blijven staan kan geld kosten.{% endif %}"
    ),
    K.CREDIT_LOW: (
        "{{ operator }}: laden bij {{ place }} kan in totaal {{ held | money(currency) }} kosten, uw hele tegoed."
        " Waardeer op, anders stopt het dan."
    ),
    K.CREDIT_SPENT: "{{ operator }}: uw tegoed is op. Het laden bij {{ place }} is gestopt.",
}
