"""What a worker tells its watchers: what waits in the rows, and what became of notices (``docs/OPERATIONS.md``)."""

import asyncio

from prometheus_client import Counter, Gauge

from activities.rounds import go_round
from models.store import figures
from models.store.figures import Figures
from models.usecases.work import Desk

COLLECTED_EVERY_S = 15.0

DELIVERIES = Counter("stationmaster_deliveries_total", "Tries to bring a notice to an endpoint", ["channel", "outcome"])
"""``outcome``: delivered, put_off, refused."""

HANDOVER_WAITING = Gauge("stationmaster_handover_waiting", "Facts that their processes have still to hear")
HANDOVER_LAG = Gauge("stationmaster_handover_lag_seconds", "How long the oldest of them waits")
PROCESSES = Gauge("stationmaster_processes", "Processes under way", ["kind", "stage"])
TASKS = Gauge("stationmaster_tasks", "Open tasks", ["role", "overdue"])
NOTICES_WAITING = Gauge("stationmaster_notices_waiting", "Notices that wait for their endpoint", ["channel"])
ENDPOINTS = Gauge("stationmaster_endpoints", "Endpoints of partners", ["channel", "state"])
STATIONS = Gauge("stationmaster_stations_connected", "Stations whose socket is held", ["node"])
COLLECTED_AT = Gauge("stationmaster_figures_collected_timestamp_seconds", "When these figures were true (Unix time)")


class FiguresRound:
    """Every worker goes its round, so that none has to be there for the others: watchers take the highest."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; while the database is away the figures stay, and their age tells so."""
        await go_round(stop, COLLECTED_EVERY_S, self.collect)

    async def collect(self) -> None:
        now = self._desk.clock()
        async with self._desk.database.transaction() as session:
            collected = await figures.collect(session, now)
        _show(collected)
        COLLECTED_AT.set(now.timestamp())


def _show(collected: Figures) -> None:
    """All at once: a gauge whose last row is gone must not keep its figure."""
    HANDOVER_WAITING.set(collected.handover_waiting)
    HANDOVER_LAG.set(collected.handover_lag_s)
    for gauge in (PROCESSES, TASKS, NOTICES_WAITING, ENDPOINTS, STATIONS):
        gauge.clear()
    for (kind, stage), count in collected.processes.items():
        PROCESSES.labels(kind, stage).set(count)
    for (role, overdue), count in collected.tasks.items():
        TASKS.labels(role, str(overdue).lower()).set(count)
    for channel, count in collected.notices_waiting.items():
        NOTICES_WAITING.labels(channel).set(count)
    for (channel, state), count in collected.endpoints.items():
        ENDPOINTS.labels(channel, state).set(count)
    for node, count in collected.stations.items():
        STATIONS.labels(node).set(count)
