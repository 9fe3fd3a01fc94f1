"""What drivers are told, by which channel and when; and how long a notice to a driver is tried (N)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class DriverChannel(StrEnum):
    MAIL = "mail"
    SMS = "sms"


class DriverNoticeKind(StrEnum):
    SUBSCRIPTION_OPENED = "subscription_opened"
    CARD_REPLACED = "card_replaced"
    CARD_BLOCKED = "card_blocked"
    SESSION_ENDED = "session_ended"
    SESSION_CORRECTED = "session_corrected"
    CAR_IDLE = "car_idle"
    CREDIT_LOW = "credit_low"
    """What a prepaid session may still use is all that the account has."""
    CREDIT_SPENT = "credit_spent"
    """A session is stopped, since nothing more is covered."""


class DriverNoticeState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    """Taken up; a worker that died meanwhile leaves it so, and it is taken up again."""
    SENT = "sent"
    """Taken by the mail server, which is all that is known of mail, or by the SMS provider."""
    DELIVERED = "delivered"
    FAILED = "failed"


K, C, S = DriverNoticeKind, DriverChannel, DriverNoticeState

BY_DEFAULT: Mapping[DriverNoticeKind, Sequence[DriverChannel]] = {
    # The welcome kit goes by mail at the same moment.
    K.SUBSCRIPTION_OPENED: (C.SMS,),
    K.CARD_REPLACED: (C.MAIL,),
    K.CARD_BLOCKED: (C.MAIL,),
    K.SESSION_ENDED: (C.MAIL, C.SMS),
    K.SESSION_CORRECTED: (C.MAIL,),
    K.CAR_IDLE: (C.SMS,),
    K.CREDIT_LOW: (C.SMS,),
    K.CREDIT_SPENT: (C.SMS,),
}
URGENT = frozenset({K.CAR_IDLE, K.CREDIT_LOW, K.CREDIT_SPENT})
"""Of these a driver wants to know while something can be done: they pass quiet hours, and are soon of no use."""
QUIET_SINCE, QUIET_UNTIL = time(22), time(7)
"""By the subscriber's clock, where they have not chosen others."""

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
_TRIED_FOR = {C.MAIL: timedelta(days=3), C.SMS: timedelta(days=1)}
_URGENT_TRIED_FOR = timedelta(minutes=30)
_DOUBLINGS = 12

CUT_OFF_AFTER = timedelta(minutes=2)
"""What has been under way for so long was left by a worker that died: no call takes as long."""
ASKED_AFTER = timedelta(minutes=5)
"""The provider tells what becomes of a message; where it keeps silent it is asked."""
FORGOTTEN_AFTER = timedelta(days=1)
"""By then the provider knows no more than that it was sent."""
_FINAL = frozenset({S.DELIVERED, S.FAILED})


def channels(
    kind: DriverNoticeKind, chosen: Sequence[DriverChannel] | None, *, has_phone: bool
) -> Sequence[DriverChannel]:
    """By which to tell; ``chosen`` is what the subscriber wants for the kind, none where that is empty, and ``None``
    where they have not said. A text that has no phone to go to goes by mail."""
    wanted = BY_DEFAULT[kind] if chosen is None else chosen
    reached = [C.MAIL if channel is C.SMS and not has_phone else channel for channel in wanted]
    if kind is K.SUBSCRIPTION_OPENED and chosen is None and not has_phone:
        return ()
    return tuple(dict.fromkeys(reached))


def not_before(
    kind: DriverNoticeKind | None, channel: DriverChannel, now: datetime, zone: ZoneInfo, quiet: tuple[time, time]
) -> datetime:
    """Now, or the end of the quiet hours: a text wakes people, a mail does not. ``kind`` None: an answer."""
    if channel is C.MAIL or kind is None or kind in URGENT:
        return now
    since, until = quiet
    local = now.astimezone(zone)
    is_quiet = since <= local.time() < until if since <= until else not until <= local.time() < since
    if not is_quiet:
        return now
    ends_on = local.date() + timedelta(days=0 if local.time() < until else 1)
    # Where the clock is changed meanwhile, it is the end by the new clock.
    return max(now, datetime.combine(ends_on, until, zone).astimezone(UTC))


def tried_until(kind: DriverNoticeKind | None, channel: DriverChannel, due_at: datetime) -> datetime:
    """From then on it is of no use; ``kind`` None: an answer."""
    is_urgent = kind is None or kind in URGENT
    return due_at + (_URGENT_TRIED_FOR if is_urgent else _TRIED_FOR[channel])


def wait(attempts: int, asked_s: float | None) -> timedelta:
    """Until the next try, after so many; ``asked_s`` is what the other side asked for."""
    doublings: int = min(max(attempts, 1) - 1, _DOUBLINGS)
    doubled = FIRST_WAIT * (1 << doublings)
    return max(min(doubled, LONGEST_WAIT), timedelta(seconds=min(asked_s or 0.0, LONGEST_WAIT.total_seconds())))


def moved(state: DriverNoticeState, told: DriverNoticeState) -> DriverNoticeState:
    """What is told may come late, twice and before its turn: a state that is final stays, and none goes back."""
    return state if state in _FINAL or (state, told) == (S.SENT, S.SENDING) else told
