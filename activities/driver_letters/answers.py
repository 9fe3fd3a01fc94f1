"""What we answer to drivers' text messages, in English and Dutch (C3). All fit in the letters of a cheap text."""

from collections.abc import Mapping

from models.rules.authorisation import TokenVerdict as V
from models.rules.text_message import SmsAnswer as A

_ENGLISH_WHY: Mapping[str, str] = {
    V.BLOCKED: "your card or your subscription is blocked",
    V.EXPIRED: "your subscription has ended",
    V.INVALID: "it is not in operation",
    V.NO_CREDIT: "your balance is too low: top it up first",
    V.NOT_AT_THIS_LOCATION: "it is not open to you",
    V.NOT_AT_THIS_TIME: "it is not open now",
    V.CONCURRENT: "you are charging already: text STOP first",
}
_DUTCH_WHY: Mapping[str, str] = {
    V.BLOCKED: "uw laadpas of abonnement is geblokkeerd",
    V.EXPIRED: "uw abonnement is beeindigd",
    V.INVALID: "het is niet in gebruik",
    V.NO_CREDIT: "uw tegoed is te laag: waardeer het eerst op",
    V.NOT_AT_THIS_LOCATION: "het is niet voor u opengesteld",
    V.NOT_AT_THIS_TIME: "het is nu niet open",
    V.CONCURRENT: "u laadt al: stuur eerst STOP",
}


def _why(words: Mapping[str, str]) -> str:
    """A template that tells a verdict."""
    return "".join(f"{{% if why == '{verdict}' %}}{said}{{% endif %}}" for verdict, said in words.items())


ENGLISH: Mapping[str, str] = {
    A.STARTS: (
        "{{ station }} starts: plug in if you have not done so yet.{% if not is_billed %} It is free of charge."
        "{% endif %} Text STOP to end it."
    ),
    A.START_REFUSED: "You can't charge at {{ station }}: " + _why(_ENGLISH_WHY) + ".",
    A.START_FAILED: "{{ station }} did not start. Is the cable in, and the place free? Try again, or use your card.",
    A.STATION_UNKNOWN: "We do not know that station. Text START and the name that is written on it, as NL-STM-000003.",
    A.STATION_AWAY: "{{ station }} has no connection now, so we can't start it. Your card may work.",
    A.STOPS: "Charging at {{ station }} stops. The price follows.",
    A.STOP_FAILED: "{{ station }} did not stop. Try again, or show your card there.",
    A.NOTHING_CHARGES: (
        "You are not charging now."
        "{% if available is defined %} You can spend {{ available | money(currency) }}.{% endif %}"
    ),
    A.SEVERAL_CHARGE: "You are charging at {{ stations }}. Text STOP and the name of the one to end.",
    A.CHARGES: (
        "Charging at {{ station }} since {{ started_at | clock }}: {{ energy_wh | kwh }}"
        "{% if not is_billed %}, free of charge{% elif gross is defined %}, {{ gross | money(currency) }} so far"
        "{% endif %}. Text STOP to end it."
    ),
    A.HOW_TO: (
        "{{ operator }}: START and a station's name begins to charge there, STOP ends it, STATUS tells how it stands."
    ),
    A.NOT_UNDERSTOOD: "We did not understand that. Text START and a station's name, STOP, STATUS or HELP.",
    A.STRANGER: "{{ operator }}: we do not know this number. Ask customer care to put it with your subscription.",
}
DUTCH: Mapping[str, str] = {
    A.STARTS: (
        "{{ station }} start: sluit de kabel aan als u dat nog niet hebt gedaan.{% if not is_billed %} Het is gratis."
        "{% endif %} Stuur STOP om te eindigen."
    ),
    A.START_REFUSED: "U kunt niet laden bij {{ station }}: " + _why(_DUTCH_WHY) + ".",
    A.START_FAILED: (
        "{{ station }} is niet gestart. Zit de kabel erin, en is de plaats vrij? Probeer het nog eens, of neem uw pas."
    ),
    A.STATION_UNKNOWN: ("Dat laadstation kennen wij niet. Stuur START en de naam die erop staat: START NL-STM-000003."),
    A.STATION_AWAY: "{{ station }} heeft nu geen verbinding, dus wij kunnen niet starten. Uw pas werkt misschien.",
    A.STOPS: "Het laden bij {{ station }} stopt. De prijs volgt.",
    A.STOP_FAILED: "{{ station }} is niet gestopt. Probeer het nog eens, of toon daar uw pas.",
    A.NOTHING_CHARGES: (
        "U laadt nu niet.{% if available is defined %} U kunt {{ available | money(currency) }} besteden.{% endif %}"
    ),
    A.SEVERAL_CHARGE: "U laadt bij {{ stations }}. Stuur STOP en de naam van waar het moet eindigen.",
    A.CHARGES: (
        "U laadt bij {{ station }} sinds {{ started_at | clock }}: {{ energy_wh | kwh }}{% if not is_billed %}, gratis"
        "{% elif gross is defined %}, tot nu toe {{ gross | money(currency) }}{% endif %}. Stuur STOP om te eindigen."
    ),
    A.HOW_TO: (
        "{{ operator }}: START en de naam van een laadstation begint daar te laden, STOP eindigt het, STATUS zegt hoe"
        " het staat."
    ),
    A.NOT_UNDERSTOOD: "Dat begrijpen wij niet. Stuur START en de naam van een laadstation, STOP, STATUS of HELP.",
    A.STRANGER: "{{ operator }}: dit nummer kennen wij niet. Laat de klantenservice het bij uw abonnement zetten.",
}
