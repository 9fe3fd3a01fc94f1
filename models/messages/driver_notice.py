"""How a subscriber wants to be told (N)."""

from typing import Annotated

from pydantic import AfterValidator, Field

from models.messages.base import Message
from models.rules.driver_notice import QUIET_SINCE, QUIET_UNTIL, DriverChannel, DriverNoticeKind
from models.rules.tariff import LocalTime


def _distinct(said: tuple[DriverChannel, ...]) -> tuple[DriverChannel, ...]:
    if len(set(said)) != len(said):
        raise ValueError("Name each channel once")
    return said


Channels = Annotated[tuple[DriverChannel, ...], Field(max_length=2), AfterValidator(_distinct)]


class NoticeWishes(Message):
    """``channels`` by kind of notice: none where it is empty, as usual where the kind is not named. Texts that can wait
    are held back in the quiet hours; both times alike: there are none."""

    channels: dict[DriverNoticeKind, Channels] = Field(default_factory=dict)
    quiet_since: LocalTime = QUIET_SINCE
    quiet_until: LocalTime = QUIET_UNTIL
