"""Drivers are told what concerns them: one notice for each fact and channel, in the transaction of the fact (N)."""

from collections.abc import Mapping
from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.messages.driver_notice import NoticeWishes
from models.rules.driver_notice import (
    QUIET_SINCE,
    QUIET_UNTIL,
    DriverChannel,
    DriverNoticeKind,
    channels,
    not_before,
    tried_until,
)
from models.store import driver_notices, sites
from models.tables.base import new_id
from models.tables.driver_notice import DriverNotice, NoticeChoice
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber
from models.usecases import timeline
from models.usecases.work import Work

SUBJECT = "subscriber"


async def tell(work: Work, subscriber_id: UUID, kind: DriverNoticeKind, fact: str, data: Mapping[str, Any]) -> None:
    """``fact`` is the reference of what has happened: told again, it is told once. ``data`` tells nothing personal."""
    subscriber = await work.session.get_one(Subscriber, subscriber_id)
    choice = await driver_notices.choice_of(work.session, subscriber_id)
    chosen = None if choice is None else choice.channels.get(kind.value)
    has_phone = subscriber.phone is not None and bool(work.terms.sms_number)
    wanted = None if chosen is None else [DriverChannel(each) for each in chosen]
    by = channels(kind, wanted, has_phone=has_phone)
    rows = [_row(work, subscriber, kind, channel, fact, data, _quiet(choice)) for channel in by]
    await driver_notices.queue(work.session, rows)


def _row(
    work: Work,
    subscriber: Subscriber,
    kind: DriverNoticeKind,
    channel: DriverChannel,
    fact: str,
    data: Mapping[str, Any],
    quiet: tuple[time, time],
) -> DriverNotice:
    due_at = not_before(kind, channel, work.now, ZoneInfo(subscriber.zone), quiet)
    return DriverNotice(
        id=new_id(),
        about=f"{kind}:{fact}",
        subscriber_id=subscriber.id,
        kind=kind,
        channel=channel,
        language=subscriber.language,
        zone=subscriber.zone,
        data={**data, "subscription": subscriber.reference},
        due_at=due_at,
        tried_until=tried_until(kind, channel, due_at),
        correlation_id=work.correlation_id,
    )


async def tell_of_session(
    work: Work, session: ChargingSession, kind: DriverNoticeKind, data: Mapping[str, Any], *, number: int = 1
) -> None:
    """Whoever's session it is; nobody, where it is nobody's. ``number`` tells its notices of one kind apart."""
    if session.subscriber_id is None:
        return
    station, place = await sites.whereabouts(work.session, session.asset_id)
    said = {
        "session": session.reference,
        "station": station,
        "place": f"{place.street} {place.house_number}, {place.city}" if place else station,
        "started_at": session.started_at.isoformat(),
        "is_billed": session.vend.is_billed,
    }
    await tell(work, session.subscriber_id, kind, f"{session.reference}:{number}", {**said, **data})


def wishes(choice: NoticeChoice | None) -> NoticeWishes:
    """What a subscriber has chosen, or what is usual."""
    since, until = _quiet(choice)
    by_kind = {} if choice is None else choice.channels
    said = {DriverNoticeKind(kind): tuple(DriverChannel(each) for each in by) for kind, by in by_kind.items()}
    return NoticeWishes(channels=said, quiet_since=since, quiet_until=until)


async def choose(work: Work, subscriber: Subscriber, wanted: NoticeWishes) -> None:
    """From the next fact on; what waits already is sent as it was queued. The choice's row, if any, is locked."""
    choice = await driver_notices.choice_of(work.session, subscriber.id, lock=True)
    if choice is None:
        choice = NoticeChoice(
            subscriber_id=subscriber.id, quiet_since=QUIET_SINCE, quiet_until=QUIET_UNTIL, changed_at=work.now
        )
        work.session.add(choice)
    choice.channels = {kind.value: [each.value for each in by] for kind, by in wanted.channels.items()}
    choice.quiet_since, choice.quiet_until, choice.changed_at = wanted.quiet_since, wanted.quiet_until, work.now
    await work.session.flush()
    timeline.record(work, SUBJECT, subscriber.id, "notices chosen", subscriber=subscriber.reference)


def _quiet(choice: NoticeChoice | None) -> tuple[time, time]:
    return (QUIET_SINCE, QUIET_UNTIL) if choice is None else (choice.quiet_since, choice.quiet_until)
