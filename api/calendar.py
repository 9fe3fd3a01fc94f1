"""Planned work orders as a calendar that others subscribe to (iCalendar, RFC 5545; published by RFC 5546 §3.2.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from models.rules.work_order import WorkOrderStage
from models.store.plans import FeedItem

PRODUCT = "-//Stationmaster//Work orders 1//EN"
REFRESH = timedelta(minutes=15)


@dataclass(frozen=True)
class Publisher:
    """Who publishes the calendar: the operator, by its mail address; ``api_url`` leads to the work orders."""

    name: str
    email: str
    api_url: str


def calendar_of(items: Sequence[FeedItem], name: str, publisher: Publisher) -> bytes:
    """The same items give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for item in items:
        calendar.add_component(_event(item, publisher))
    return bytes(calendar.to_ical())


def _event(item: FeedItem, publisher: Publisher) -> Event:
    order, plan, place = item.order, item.plan, item.place
    cancelled = order.stage is WorkOrderStage.CANCELLED
    changed_at = (order.cancelled_at if cancelled else None) or plan.created_at
    address = f"{place.street} {place.house_number}, {place.postal_code} {place.city}, {place.country}"
    event = Event()
    event.add("uid", str(order.id))
    event.add("sequence", plan.number - 1 + cancelled)
    # RFC 5545 asks for the instant of writing; ours is that of the change, so that what did not change is the same.
    event.add("dtstamp", _utc(changed_at))
    event.add("last-modified", _utc(changed_at))
    event.add("created", _utc(order.created_at))
    if plan.starts_at is not None and plan.ends_at is not None:
        event.add("dtstart", _utc(plan.starts_at))
        event.add("dtend", _utc(plan.ends_at))
    else:
        event.add("dtstart", plan.planned_for)
        event.add("dtend", plan.planned_for + timedelta(days=1))
    stations = f"{item.stations} station" + ("" if item.stations == 1 else "s")
    event.add("summary", f"{order.reference}: {stations}, {place.street} {place.house_number}, {place.city}")
    event.add("location", address)
    event.add("geo", (place.latitude, place.longitude))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("description", _description(item))
    event.add("url", f"{publisher.api_url}/v1/work-orders/{order.reference}")
    event.add("organizer", _organiser(publisher))
    return event


def _description(item: FeedItem) -> str:
    said = {"Crew": item.crew, "Note": item.plan.note, "Changed because": item.plan.reason}
    lines = [f"{label}: {text}" for label, text in said.items() if text]
    return "\n".join([f"Work order {item.order.reference}", *lines])


def _organiser(publisher: Publisher) -> vCalAddress:
    address = vCalAddress(f"mailto:{publisher.email}")
    address.params["CN"] = vText(publisher.name)
    return address


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo("UTC")).replace(microsecond=0)
