"""How a subscriber wants to be told (N)."""

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, Field

from models.messages.base import Message
from models.rules.driver_notice import QUIET_SINCE, QUIET_UNTIL, DriverChannel, DriverNoticeKind


def _distinct(said: tuple[DriverChannel, ...]) -> tuple[DriverChannel, ...]:
    if len(set(said)) != len(said):
        raise ValueError("Name each channel once")
    return said


def _local(said: time) -> time:
    if said.tzinfo is not None or said.microsecond:
        raise ValueError("A time of day by the subscriber's clock, to the second and without a zone: 22:00")
    return said


Channels = Annotated[tuple[DriverChannel, ...], Field(max_length=2), AfterValidator(_distinct)]
TimeOfDay = Annotated[time, AfterValidator(_local)]


class NoticeWishes(Message):
    """``channels`` by kind of notice: none where it is empty, as usual where the kind is not named. Texts that can wait
    are held back in the quiet hours; both times alike: there are none."""

    channels: dict[DriverNoticeKind, Channels] = Field(default_factory=dict)
    quiet_since: TimeOfDay = QUIET_SINCE
    quiet_until: TimeOfDay = QUIET_UNTIL
