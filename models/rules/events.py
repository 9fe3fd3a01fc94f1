"""What partners can be told, by name: the types of our webhooks, each with a letter in every language."""

from enum import StrEnum


class Event(StrEnum):
    PLACEMENT_APPROVED = "placement.approved"
    PLACEMENT_REJECTED = "placement.rejected"
    PLACEMENT_LOCATION_REJECTED = "placement.location_rejected"
    PLACEMENT_LOCATION_PROPOSED = "placement.location_proposed"
    PLACEMENT_PENDING_GRID_INSTALLATION = "placement.pending_grid_installation"
    PLACEMENT_IN_INSTALLATION = "placement.in_installation"
    PLACEMENT_ACCEPTED = "placement.accepted"
    PLACEMENT_OPERATING = "placement.operating"
    PLACEMENT_WITHDRAWN = "placement.withdrawn"
    PLACEMENT_CANCELLED = "placement.cancelled"
    WORK_ORDER_CREATED = "work_order.created"
    WORK_ORDER_PLANNED = "work_order.planned"
    WORK_ORDER_RESCHEDULED = "work_order.rescheduled"
    WORK_ORDER_CANCELLED = "work_order.cancelled"
    WORK_ORDER_CLOSED = "work_order.closed"
    SAT_RETURNED = "sat.returned"
    SAT_APPROVED = "sat.approved"
    STATION_LIVE = "station.live"
    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_CHANGED = "customer.changed"
    CUSTOMER_ERASED = "customer.erased"
    SUBSCRIBER_REQUESTED = "subscriber.requested"
    SUBSCRIBER_ACTIVATED = "subscriber.activated"
    SUBSCRIBER_REJECTED = "subscriber.rejected"
    SUBSCRIBER_FAILED = "subscriber.failed"
    SUBSCRIBER_CARD_REPLACED = "subscriber.card_replaced"
    SUBSCRIBER_TARIFF_CHANGED = "subscriber.tariff_changed"
    SUBSCRIBER_SUSPENDED = "subscriber.suspended"
    SUBSCRIBER_RESUMED = "subscriber.resumed"
    SUBSCRIBER_CLOSING = "subscriber.closing"
    SUBSCRIBER_CLOSED = "subscriber.closed"
    TASK_DUE_SOON = "task.due_soon"
    TASK_OVERDUE = "task.overdue"
    ENDPOINT_TESTED = "endpoint.tested"
    """Sent because somebody wants to see it arrive."""


class Language(StrEnum):
    """In which letters are written."""

    ENGLISH = "en"
    DUTCH = "nl"
