"""What the front counts. Labels are bounded: an action that we do not know is counted as ``unknown``."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

CONNECTIONS = Gauge("stationmaster_csms_connections", "Open sockets of stations.")
HANDSHAKES_REJECTED = Counter("stationmaster_csms_rejected_handshakes_total", "Handshakes refused.", ["reason"])
REPLACED = Counter("stationmaster_csms_replaced_connections_total", "Sockets replaced by a newer one.", ["old_alive"])
MESSAGES = Counter("stationmaster_csms_messages_total", "Calls by stations.", ["action", "outcome"])
HANDLING = Histogram("stationmaster_csms_handling_seconds", "From a station's call to our answer.", ["action"])
COMMANDS = Counter("stationmaster_csms_commands_total", "Calls to stations.", ["action", "outcome"])
ANSWERING = Histogram("stationmaster_csms_answering_seconds", "From our call to the station's answer.", ["action"])
DROPPED = Counter("stationmaster_csms_dropped_frames_total", "Frames that are no message or too late.", ["cause"])
THROTTLED = Counter("stationmaster_csms_throttled_total", "Messages that had to wait since a station sends too fast.")
BATCHES = Histogram(
    "stationmaster_csms_batch_size",
    "Facts that were committed together.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
)


@cache
def handling(action: str) -> Histogram:
    """Looking a label up takes longer than counting."""
    return HANDLING.labels(action)


@cache
def messages(action: str, outcome: str) -> Counter:
    return MESSAGES.labels(action, outcome)
