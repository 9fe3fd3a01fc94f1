"""A charging session, from its start to its bill data record, as one table (C1, C2, C5, C6, B1)."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from enum import StrEnum

from models.rules.access import Role
from models.rules.authorisation import TokenVerdict
from models.rules.machine import Event, Machine, State


class SessionStage(StrEnum):
    CHARGING = "charging"
    IDLE = "idle"
    STOPPED = "stopped"
    SET_ASIDE = "set_aside"
    PROVISIONAL = "provisional"
    SETTLED = "settled"
    CORRECTED = "corrected"
    UNBILLED = "unbilled"
    WAIVED = "waived"


class SessionEvent(StrEnum):
    WENT_ON = "went_on"
    WENT_IDLE = "went_idle"
    STOPPED = "stopped"
    GIVEN_UP = "given_up"
    SETTLED = "settled"
    SETTLED_FROM_FACTS = "settled_from_facts"
    STOP_CAME = "stop_came"
    STOP_NEVER_CAME = "stop_never_came"
    NOBODY = "nobody"
    SET_ASIDE = "set_aside"
    BILL = "bill"
    WAIVE = "waive"


class Flag(StrEnum):
    """What is out of the ordinary about a session, for people and for reports."""

    OFFLINE = "offline"
    """Some of it was told when it was over: the station had no connection."""
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a word for people
    """Its token was not accepted, and yet energy may have flowed."""
    MISSING_STOP = "missing_stop"
    """It was closed from the facts, since its stop did not come."""
    NOT_COVERED = "not_covered"
    """It cost more than was available: the rest is a debt."""
    CUT_OFF = "cut_off"
    """Its station was told to stop it, since nothing more was covered."""
    NO_TARIFF = "no_tariff"
    """No tariff in its account's currency held when it started: it is settled once one is assigned for that time."""
    NOBODY = "nobody"
    """Its token belongs to no subscription: there is nobody to bill."""
    WRONG_CLOCK = "wrong_clock"
    """Its station's clock was off by months or more: its instants are put right."""
    UNKNOWN_TIME = "unknown_time"
    """Nor was it heard of while it took place: it is set aside until a person says when it began."""
    CLOSED_SINCE = "closed_since"
    """Its subscription was closed and settled before it was told."""


S, E = SessionStage, SessionEvent
_RUNNING = (S.CHARGING, S.IDLE)

SESSION = Machine(
    name="session",
    initial=S.CHARGING,
    states=(
        State(S.CHARGING, "Charging", column=0, waits_for="station"),
        State(S.IDLE, "Charged, the car keeps the place", column=0, row=1, waits_for="driver"),
        State(S.STOPPED, "Stopped", column=1, waits_for="Stationmaster"),
        State(S.SET_ASIDE, "Set aside for a person", column=1, row=1, waits_for="whoever has its task"),
        State(S.SETTLED, "Settled", column=2, terminal=True),
        State(S.PROVISIONAL, "Settled from the facts", column=2, row=1, waits_for="the stop"),
        State(S.CORRECTED, "Corrected by its stop", column=3, terminal=True),
        State(S.UNBILLED, "On record, with nobody to bill", column=0, row=2, terminal=True),
        State(S.WAIVED, "Left unbilled", column=1, row=2, terminal=True),
    ),
    events=(
        Event(E.WENT_IDLE, "car takes no more"),
        Event(E.WENT_ON, "car takes energy again"),
        Event(E.STOPPED, "station tells the stop"),
        Event(E.GIVEN_UP, "no sign of it for long", kind="step"),
        Event(E.SETTLED, "priced and booked", kind="step"),
        Event(E.SETTLED_FROM_FACTS, "priced and booked without its stop", kind="step"),
        Event(E.STOP_CAME, "station tells the stop at last", kind="step"),
        Event(E.STOP_NEVER_CAME, "the stop is not waited for any more", kind="step"),
        Event(E.NOBODY, "its token is nobody's", kind="step"),
        Event(E.SET_ASIDE, "a person is to decide", kind="step"),
        Event(E.BILL, "bill it", kind="decision"),
        Event(E.WAIVE, "leave it unbilled", kind="decision"),
    ),
    transitions={
        (S.CHARGING, E.WENT_IDLE): S.IDLE,
        (S.IDLE, E.WENT_ON): S.CHARGING,
        **{(stage, E.STOPPED): S.STOPPED for stage in _RUNNING},
        **{(stage, E.GIVEN_UP): S.STOPPED for stage in _RUNNING},
        (S.CHARGING, E.NOBODY): S.UNBILLED,
        (S.STOPPED, E.SETTLED): S.SETTLED,
        (S.STOPPED, E.SET_ASIDE): S.SET_ASIDE,
        (S.SET_ASIDE, E.BILL): S.STOPPED,
        (S.SET_ASIDE, E.WAIVE): S.WAIVED,
        (S.STOPPED, E.SETTLED_FROM_FACTS): S.PROVISIONAL,
        (S.PROVISIONAL, E.STOP_CAME): S.CORRECTED,
        (S.PROVISIONAL, E.STOP_NEVER_CAME): S.SETTLED,
    },
)
RUNNING = frozenset(_RUNNING)
"""While it is at one of these, its token is charging."""

SILENT_FOR = timedelta(hours=24)
"""After so long without a sign of it a session is closed from the facts: no station keeps silent about one so long."""
STOP_WAITED_FOR = timedelta(days=30)
"""A stop that comes later than that, of a session that was closed without it, changes no bill any more."""
TARIFF_LOOKED_FOR_AFTER = timedelta(hours=6)
HEARD_LATE_AFTER = timedelta(minutes=5)
"""A start that is told so long after its instant was kept back by a station without a connection."""
DECISION_LOOKED_FOR_AFTER = timedelta(days=30)
"""Whoever decides is heard at once."""
REMOTE_VALID_S = 60
"""So long a station that is not connected is waited for, when somebody wants to charge there now."""
CHARGES = "session_charges"
IDLES = "session_idles"
NEARS_ITS_HOLD = "session_nears_its_hold"
STOPPED = "session_stopped"
"""What a session's process is told; each is a bell, and the rows say what is so."""


BY_MONEY = frozenset({TokenVerdict.NO_CREDIT, TokenVerdict.CONCURRENT})
"""Whoever is refused by these owes what they have charged all the same: it was their card."""


def questions(flags: Collection[str], verdict: str, shown: str) -> list[tuple[Role, str]]:
    """What a person is to decide before a session is billed, and who; none: it is billed without. ``verdict`` is on
    what was shown: a card or a vehicle."""
    late_and_invalid = Flag.OFFLINE in flags and Flag.INVALID_TOKEN in flags and verdict not in BY_MONEY
    then = f"its {shown} was {verdict} when it was shown"
    since = "it was charged off-line, and its subscription has been closed since"
    asked = (
        (Flag.UNKNOWN_TIME in flags, Role.OPERATIONS, "say when it began: its station's clock was wrong"),
        (late_and_invalid, Role.CUSTOMER_CARE, f"say whether it is billed: {then}"),
        (Flag.CLOSED_SINCE in flags, Role.FINANCE, f"say whether it is billed: {since}"),
    )
    return [(role, what) for is_asked, role, what in asked if is_asked]


def flagged(flags: Iterable[str], flag: Flag) -> list[str]:
    """With this one too, once."""
    return list(dict.fromkeys([*flags, flag.value]))
