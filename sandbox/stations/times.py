"""The station's clock and how stations write instants."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Runs as real time does, ``drift_s`` ahead of it. No answer of the central system sets it right."""

    def __init__(self, drift_s: float = 0) -> None:
        self.drift_s = drift_s

    def instant(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.drift_s)

    def now(self) -> str:
        return written(self.instant())


def written(instant: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(text: str) -> datetime:
    """An instant as a central system writes it; without a zone it is UTC. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
