"""What the front counts. Labels are bounded: an action that we do not know is counted as ``unknown``."""

from bisect import bisect_left
from collections import Counter as Counts
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

CONNECTIONS = Gauge("stationmaster_csms_connections", "Open sockets of stations.")
HANDSHAKES_REJECTED = Counter("stationmaster_csms_rejected_handshakes_total", "Handshakes refused.", ["reason"])
REPLACED = Counter("stationmaster_csms_replaced_connections_total", "Sockets replaced by a newer one.", ["old_alive"])
COMMANDS = Counter("stationmaster_csms_commands_total", "Calls to stations.", ["action", "outcome"])
ANSWERING = Histogram("stationmaster_csms_answering_seconds", "From our call to the station's answer.", ["action"])
DROPPED = Counter("stationmaster_csms_dropped_frames_total", "Frames that are no message or too late.", ["cause"])
THROTTLED = Counter("stationmaster_csms_throttled_total", "Messages that had to wait since a station sends too fast.")
BATCHES = Histogram(
    "stationmaster_csms_batch_size",
    "Facts that were committed together.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
)


class Calls(Collector):
    """The calls of stations. The library's own counters take longer for one than some calls do."""

    _BOUNDS = Histogram.DEFAULT_BUCKETS

    def __init__(self) -> None:
        self._answered: Counts[tuple[str, str]] = Counts()
        self._took: dict[str, list[int]] = defaultdict(lambda: [0] * len(self._BOUNDS))
        self._took_s: dict[str, float] = defaultdict(float)

    def count(self, action: str, outcome: str, took_s: float) -> None:
        self._answered[action, outcome] += 1
        self._took[action][bisect_left(self._BOUNDS, took_s)] += 1
        self._took_s[action] += took_s

    def describe(self) -> tuple[CounterMetricFamily, HistogramMetricFamily]:
        """What is told, without figures."""
        return (
            CounterMetricFamily("stationmaster_csms_messages", "Calls by stations.", labels=["action", "outcome"]),
            HistogramMetricFamily(
                "stationmaster_csms_handling_seconds", "From a station's call to our answer.", labels=["action"]
            ),
        )

    def collect(self) -> Iterator[Metric]:
        messages, handling = self.describe()
        for labels, count in tuple(self._answered.items()):
            messages.add_metric(labels, count)
        yield messages
        for action, counts in tuple(self._took.items()):
            bounds = (*map(str, self._BOUNDS[:-1]), "+Inf")
            handling.add_metric([action], list(zip(bounds, accumulate(counts), strict=True)), self._took_s[action])
        yield handling


CALLS = Calls()
REGISTRY.register(CALLS)
