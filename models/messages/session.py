"""Where a charging session stands, as its process needs to know it."""

from datetime import datetime

from models.messages.base import Progress


class SessionProgress(Progress):
    """``look_at``: when to look at it again though nobody rings; None: at once. ``is_to_stop``: its station is told
    so next.
    """

    station: str
    look_at: datetime | None = None
    is_to_stop: bool = False
