"""Who may charge where, and when: one pure decision (P13, P15, P19; C1, C2, C5, S7)."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from models.rules import group as groups
from models.rules.commissioning import CommissioningStage
from models.rules.group import Group, StationAccess
from models.rules.subscriber import Payment, SubscriberStage
from models.rules.vend import Vend


class TokenKind(StrEnum):
    TEST = "test"
    CARD = "card"
    VEHICLE = "vehicle"


class TokenVerdict(StrEnum):
    """OCPP 2.0.1 §3.7 AuthorizationStatusEnumType, as far as a central system may answer it; each version's front says
    it in its own words."""

    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    INVALID = "invalid"
    NO_CREDIT = "no_credit"
    NOT_AT_THIS_LOCATION = "not_at_this_location"
    NOT_AT_THIS_TIME = "not_at_this_time"
    CONCURRENT = "concurrent"


WHY_NOT = {
    TokenVerdict.BLOCKED: "The card is blocked, or its subscription is suspended or closing",
    TokenVerdict.EXPIRED: "The card or its subscription has ended",
    TokenVerdict.INVALID: "The card may not charge at this station, or the station is not in operation",
    TokenVerdict.NO_CREDIT: "There is not enough on the account to begin with, or a limit of this month is reached",
    TokenVerdict.NOT_AT_THIS_LOCATION: "The station is not open to this card",
    TokenVerdict.NOT_AT_THIS_TIME: "The station is not open to this card at this time",
    TokenVerdict.CONCURRENT: "The card charges elsewhere already, or as many of its group charge as may",
}
"""For people; a station has its own words."""


class KnownToken(NamedTuple):
    id: UUID
    kind: TokenKind
    is_blocked: bool
    expires_at: datetime | None = None
    vehicle_id: UUID | None = None
    """The car that is known by it."""


class Holder(NamedTuple):
    """The subscription that a token belongs to. ``available`` is what its account can still spend; None: it has none.

    ``running`` counts the sessions of the token, or of the car with all its ids, that go on elsewhere. It bears on a
    start only (OCPP 1.6 ed.2 §7.2).
    """

    id: UUID
    stage: SubscriberStage
    payment: Payment
    available: Decimal | None
    running: int = 0


class Shown(NamedTuple):
    """A token with its holder and group; ``places`` are where sessions of it, or of its car, go on, by ``place_of``."""

    token: KnownToken
    holder: Holder | None
    places: frozenset[str]
    group: Group | None = None


class Station(NamedTuple):
    """``group_id`` is the group that it belongs to, ``is_open`` whether it is open at this time."""

    stage: CommissioningStage
    test_token_id: UUID | None
    access: StationAccess = StationAccess.PUBLIC
    group_id: UUID | None = None
    is_open: bool = True
    vend: Vend = Vend.CONTRACT

    @property
    def is_free(self) -> bool:
        """Whether anyone charges there now, with any card or none."""
        return self.vend is Vend.FREE and self.stage is CommissioningStage.ACTIVE


class Judgement(NamedTuple):
    """``is_test``: the token is the station's own test card. ``vend`` is the station's, on whose terms it begins.
    ``session_id`` is of the session that money was set aside for before the start was accepted, by the hold."""

    verdict: TokenVerdict
    is_test: bool
    token_id: UUID | None = None
    holder: Holder | None = None
    group: Group | None = None
    place: str = ""
    session_id: UUID | None = None
    hold_id: UUID | None = None
    vend: Vend = Vend.CONTRACT
    vehicle_id: UUID | None = None


_OF_STAGE = {
    SubscriberStage.ACTIVE: TokenVerdict.ACCEPTED,
    SubscriberStage.SUSPENDED: TokenVerdict.BLOCKED,
    SubscriberStage.CLOSING: TokenVerdict.BLOCKED,
    SubscriberStage.CLOSED: TokenVerdict.EXPIRED,
}
"""Of a subscription at any other stage a token charges as little as an unknown one."""
SESSIONS_AT_ONCE = 1
"""Of one card or car, where its group says nothing else; a car and a card of the same subscription both charge."""


def decide(
    known: KnownToken | None,
    station: Station,
    at: datetime,
    *,
    holder: Holder | None = None,
    group: Group | None = None,
    least: Decimal,
) -> tuple[TokenVerdict, bool]:
    """The verdict on a token at a station, and whether it is that station's own test card.

    The test card of another station is as good as unknown. A token without a holder is one of the house's own, at whose
    cost it charges. ``least`` is what an account must be able to spend before energy flows.

    Where anyone charges, no token is refused, a blocked one neither: whoever shows it could charge without.
    """
    if station.is_free:
        is_test = known is not None and known.kind is TokenKind.TEST and known.id == station.test_token_id
        return (TokenVerdict.ACCEPTED if station.is_open else TokenVerdict.NOT_AT_THIS_TIME), is_test
    if known is None or (known.kind is TokenKind.TEST and known.id != station.test_token_id):
        return TokenVerdict.INVALID, False
    is_test = known.kind is TokenKind.TEST
    if known.is_blocked:
        return TokenVerdict.BLOCKED, is_test
    if known.expires_at is not None and known.expires_at <= at:
        return TokenVerdict.EXPIRED, is_test
    needed = CommissioningStage.TEST_CHARGING if is_test else CommissioningStage.ACTIVE
    if station.stage is not needed:
        return TokenVerdict.INVALID, is_test
    return (TokenVerdict.ACCEPTED if is_test else _at_its_place(station, holder, group, least)), is_test


def to_start(shown: Shown | None, station: Station, at: datetime, place: str, least: Decimal) -> Judgement:
    """A session that goes on at the same place ends where another begins there: it counts no more."""
    if shown is None:
        return Judgement(*decide(None, station, at, least=least), place=place, vend=station.vend)
    token, holder, places, group = shown
    if holder is not None:
        holder = holder._replace(running=len(places - {place}))
    verdict, is_test = decide(token, station, at, holder=holder, group=group, least=least)
    is_counted = verdict is TokenVerdict.ACCEPTED and group is not None and not station.is_free
    if is_counted and group is not None and groups.is_busy(group, place):
        verdict = TokenVerdict.CONCURRENT
    judged = Judgement(verdict, is_test, token.id, holder, group, place, vend=station.vend)
    return judged._replace(vehicle_id=token.vehicle_id)


def to_stop(shown: Shown | None, station: Station, at: datetime) -> Judgement:
    """Whoever stops needs no money, and charges nowhere else by it."""
    token, group = (None, None) if shown is None else (shown.token, shown.group and shown.group.without_limits)
    return Judgement(*decide(token, station, at, group=group, least=Decimal(0)), group=group)


def is_misused(known: KnownToken | None, verdict: TokenVerdict) -> bool:
    """Whether it is a blocked token that was shown, whether or not it charges."""
    return verdict is TokenVerdict.BLOCKED or (known is not None and known.is_blocked)


def makes_a_session(judged: Judgement) -> bool:
    """There is none of a test charge, nor of the house's own cards where others pay."""
    is_somebodys = judged.holder is not None or judged.verdict is not TokenVerdict.ACCEPTED
    return not judged.is_test and (is_somebodys or not judged.vend.is_billed)


def needs_hold(judged: Judgement) -> bool:
    """Whether money is to be set aside before the start is accepted."""
    is_prepaid = judged.holder is not None and judged.holder.payment is Payment.PREPAID
    return judged.verdict is TokenVerdict.ACCEPTED and is_prepaid and judged.vend.is_billed


def needs_turn(judged: Judgement) -> bool:
    """Whether no other start may be accepted at the same moment: both would count as the last that is allowed."""
    is_limited = judged.group is not None and judged.group.limits.sessions is not None
    is_counted = is_limited and judged.vend is not Vend.FREE
    return needs_hold(judged) or (judged.verdict is TokenVerdict.ACCEPTED and is_counted)


def place_of(asset_id: UUID, connector: int | None) -> str:
    return f"{asset_id}/{connector or 0}"


def _at_its_place(station: Station, holder: Holder | None, group: Group | None, least: Decimal) -> TokenVerdict:
    of_stage = TokenVerdict.ACCEPTED if holder is None else _OF_STAGE.get(holder.stage, TokenVerdict.INVALID)
    if of_stage is not TokenVerdict.ACCEPTED:
        return of_stage
    if not groups.admits(station.access, station.group_id, group):
        return TokenVerdict.NOT_AT_THIS_LOCATION
    if not station.is_open:
        return TokenVerdict.NOT_AT_THIS_TIME
    if holder is None:
        return TokenVerdict.ACCEPTED
    if not _has_left(holder, group, least, is_billed=station.vend.is_billed):
        return TokenVerdict.NO_CREDIT
    at_once = SESSIONS_AT_ONCE if group is None or group.card_limits.sessions is None else group.card_limits.sessions
    return TokenVerdict.CONCURRENT if holder.running >= at_once else TokenVerdict.ACCEPTED


def _has_left(holder: Holder, group: Group | None, least: Decimal, *, is_billed: bool) -> bool:
    """Whether the account and the limits of this month let a session begin."""
    is_covered = not is_billed or (holder.available is not None and holder.available >= least)
    return is_covered and (group is None or not groups.is_used_up(group, is_billed=is_billed))
