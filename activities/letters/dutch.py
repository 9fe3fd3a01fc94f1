"""Our letters in Dutch."""

from models.rules.events import Event

_FOOT = """
{% if requester_reference %}
Uw kenmerk: {{ requester_reference }}
{% endif %}
Ons kenmerk: {{ reference }}
"""
_REASON = "{% if reason %}\n\nReden: {{ reason }}\n{% endif %}\n"

_WHEN = (
    "{% if planned_for %} op {{ planned_for }}{% endif %}"
    "{% if starts_at %}, van {{ starts_at[-5:] }}{% if ends_at %} tot {{ ends_at[-5:] }}{% endif %}{% endif %}.\n"
)
_FOR_REQUEST = (
    "{% if placement_request %}\n\nPlaatsingsaanvraag: {{ placement_request }}"
    "{% if requester_reference %} (uw kenmerk {{ requester_reference }}){% endif %}{% endif %}\n"
)

LETTERS: dict[str, tuple[str, str]] = {
    Event.PLACEMENT_APPROVED: (
        "{{ reference }}: uw plaatsingsaanvraag is goedgekeurd",
        "Wij hebben uw plaatsingsaanvraag goedgekeurd en bij de netbeheerder een aansluiting aangevraagd.\n" + _FOOT,
    ),
    Event.PLACEMENT_REJECTED: (
        "{{ reference }}: uw plaatsingsaanvraag is afgewezen",
        "Wij kunnen het laadstation waar u om vroeg niet plaatsen.\n" + _REASON + _FOOT,
    ),
    Event.PLACEMENT_LOCATION_REJECTED: (
        "{{ reference }}: de netbeheerder heeft de locatie afgewezen",
        "De netbeheerder kan op deze locatie geen laadstation aansluiten.\n"
        + _REASON
        + "\nWij zoeken een andere locatie en laten u weten welke het wordt.\n"
        + _FOOT,
    ),
    Event.PLACEMENT_LOCATION_PROPOSED: (
        "{{ reference }}: er is een andere locatie voorgesteld",
        "Wij hebben de netbeheerder een andere locatie voorgelegd.\n" + _FOOT,
    ),
    Event.PLACEMENT_PENDING_GRID_INSTALLATION: (
        "{{ reference }}: de netaansluiting is ingepland",
        "De netbeheerder heeft de aansluiting van uw laadstation ingepland.\n" + _FOOT,
    ),
    Event.PLACEMENT_IN_INSTALLATION: (
        "{{ reference }}: de installatie begint",
        "De werkopdracht voor uw laadstation ligt bij de installateur.\n" + _FOOT,
    ),
    Event.PLACEMENT_ACCEPTED: (
        "{{ reference }}: de opleveringstest is goedgekeurd",
        "Het laadstation is geïnstalleerd en de opleveringstest is goedgekeurd.\n"
        "{% if document %}\n\nHet rapport kunt u ophalen op\n{{ document }}\n{% endif %}\n" + _FOOT,
    ),
    Event.PLACEMENT_OPERATING: (
        "{{ reference }}: uw laadstation is in gebruik",
        "Uw laadstation staat aan: vanaf nu kan er worden geladen.\n" + _FOOT,
    ),
    Event.PLACEMENT_WITHDRAWN: (
        "{{ reference }}: uw plaatsingsaanvraag is ingetrokken",
        "De plaatsingsaanvraag is ingetrokken. Wat daarvoor in gang was gezet, wordt teruggedraaid.\n"
        + _REASON
        + _FOOT,
    ),
    Event.PLACEMENT_CANCELLED: (
        "{{ reference }}: uw plaatsingsaanvraag is geannuleerd",
        "Wij hebben uw plaatsingsaanvraag geannuleerd. Wat daarvoor in gang was gezet, wordt teruggedraaid.\n"
        + _REASON
        + _FOOT,
    ),
    Event.WORK_ORDER_CREATED: (
        "{{ reference }}: nieuwe werkopdracht voor installatie",
        "Er is een nieuwe werkopdracht voor installatie voor u: {{ reference }}.\n",
    ),
    Event.WORK_ORDER_PLANNED: (
        "{{ reference }}: het werk is ingepland",
        "Werkopdracht {{ reference }} is ingepland" + _WHEN + _FOR_REQUEST,
    ),
    Event.WORK_ORDER_RESCHEDULED: (
        "{{ reference }}: het werk is verzet",
        "Werkopdracht {{ reference }} is opnieuw ingepland" + _WHEN + _REASON + _FOR_REQUEST,
    ),
    Event.WORK_ORDER_CANCELLED: (
        "{{ reference }}: werkopdracht geannuleerd",
        "Werkopdracht {{ reference }} is geannuleerd: doet u er alstublieft niets meer aan, en lever de hardware in die"
        " u ervoor hebt meegekregen.\n" + _REASON,
    ),
    Event.WORK_ORDER_CLOSED: (
        "{{ reference }}: werkopdracht afgesloten",
        "Elk laadstation van werkopdracht {{ reference }} staat aan. Dank u wel.\n",
    ),
    Event.SAT_RETURNED: (
        "{{ reference }}: de opleveringstest moet worden gecorrigeerd",
        (
            "De opleveringstest van {{ reference }} is teruggestuurd met"
            " {% if remarks == 1 %}één opmerking{% elif remarks %}{{ remarks }} opmerkingen{% else %}opmerkingen"
            "{% endif %}:"
            " corrigeert u de test en stuur hem opnieuw in.\n"
        ),
    ),
    Event.SAT_APPROVED: (
        "{{ reference }}: de opleveringstest is goedgekeurd",
        (
            "De opleveringstest van werkopdracht {{ reference }} is goedgekeurd.\n"
            "{% if document %}\n\nHet rapport kunt u ophalen op\n{{ document }}\n{% endif %}\n"
        ),
    ),
    Event.STATION_LIVE: (
        "{{ reference }}: laadstation {{ station }} staat aan",
        "Laadstation {{ station }} van werkopdracht {{ reference }} is geactiveerd.\n",
    ),
    Event.CUSTOMER_CREATED: (
        "{{ reference }}: een nieuwe klant",
        "Klant {{ reference }} is ingevoerd.\n",
    ),
    Event.CUSTOMER_CHANGED: (
        "{{ reference }}: een klant is gewijzigd",
        "De gegevens van klant {{ reference }} zijn gewijzigd.\n",
    ),
    Event.CUSTOMER_ERASED: (
        "{{ reference }}: een klant is gewist",
        "Klant {{ reference }} is gewist: wis alstublieft ook wat u van deze klant bewaart.\n",
    ),
    Event.SUBSCRIBER_REQUESTED: (
        "{{ reference }}: het abonnement is aangevraagd",
        "Abonnement {{ reference }} is aangevraagd.\n",
    ),
    Event.SUBSCRIBER_ACTIVATED: (
        "{{ reference }}: het abonnement is actief",
        "Abonnement {{ reference }} is actief.\n",
    ),
    Event.SUBSCRIBER_REJECTED: (
        "{{ reference }}: het abonnement is afgewezen",
        "Abonnement {{ reference }} is afgewezen.\n",
    ),
    Event.SUBSCRIBER_FAILED: (
        "{{ reference }}: het abonnement is niet tot stand gekomen",
        "Abonnement {{ reference }} is niet tot stand gekomen.\n",
    ),
    Event.CARD_ASSIGNED: (
        "{{ reference }}: een pas is toegewezen",
        "Pas {{ reference }} is toegewezen{% if subscriber %} aan abonnement {{ subscriber }}{% endif %}.\n",
    ),
    Event.CARD_BLOCKED: (
        "{{ reference }}: een pas is geblokkeerd",
        "Pas {{ reference }} is geblokkeerd{% if reason %} ({{ reason }}){% endif %}.\n",
    ),
    Event.VEHICLE_REGISTERED: (
        "{{ reference }}: een voertuig is aangemeld",
        "Voertuig {{ reference }} is aangemeld voor abonnement {{ subscriber }}.\n",
    ),
    Event.VEHICLE_REMOVED: (
        "{{ reference }}: een voertuig is afgemeld",
        "Voertuig {{ reference }} is afgemeld{% if reason %} ({{ reason }}){% endif %}.\n",
    ),
    Event.SUBSCRIBER_CARD_REPLACED: (
        "{{ reference }}: het abonnement heeft een andere kaart",
        "Abonnement {{ reference }} heeft een andere kaart.\n",
    ),
    Event.SUBSCRIBER_TARIFF_CHANGED: (
        "{{ reference }}: het abonnement heeft een ander tarief",
        "Abonnement {{ reference }} heeft een ander tarief{% if tariff %}, {{ tariff }}{% endif %}.\n",
    ),
    Event.SUBSCRIBER_SUSPENDED: (
        "{{ reference }}: het abonnement is opgeschort",
        "Abonnement {{ reference }} is opgeschort.\n",
    ),
    Event.SUBSCRIBER_RESUMED: (
        "{{ reference }}: het abonnement is hervat",
        "Abonnement {{ reference }} is hervat.\n",
    ),
    Event.SUBSCRIBER_CLOSING: (
        "{{ reference }}: het abonnement wordt beëindigd",
        "Abonnement {{ reference }} wordt beëindigd.\n",
    ),
    Event.SUBSCRIBER_CLOSED: (
        "{{ reference }}: het abonnement is beëindigd",
        "Abonnement {{ reference }} is beëindigd.\n",
    ),
    Event.TASK_DUE_SOON: (
        "{{ reference }}: een taak moet binnenkort klaar zijn",
        (
            "{{ title or 'Een taak' }} ({{ reference }}) moet "
            "{% if due_at %}uiterlijk {{ due_at }}{% else %}binnenkort{% endif %} klaar zijn.\n"
        ),
    ),
    Event.TASK_OVERDUE: (
        "{{ reference }}: een taak is te laat",
        (
            "{{ title or 'Een taak' }} ({{ reference }}) had "
            "{% if due_at %}uiterlijk {{ due_at }}{% else %}al{% endif %} klaar moeten zijn."
            " Wilt u ervoor zorgen?\n"
        ),
    ),
    Event.ENDPOINT_TESTED: (
        "Een test: berichten komen hier aan",
        "Iemand van uw organisatie heeft om dit bericht gevraagd, om te zien of onze berichten aankomen.\n",
    ),
}
