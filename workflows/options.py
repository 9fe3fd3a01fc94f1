"""Every timeout and every retry has its name here."""

from datetime import timedelta

from temporalio.common import RetryPolicy

STEP_LIMIT = timedelta(seconds=10)
STEP_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)
)
"""A step of our own is tried until the database is back; business facts are never retried."""

REPORT_LIMIT = timedelta(minutes=10)
REPORT_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=10)
)
"""A report that can't be drawn is tried until it can; engineers get a task after some tries."""
REPORT_HEARTBEAT_WITHIN = timedelta(seconds=10)
"""A worker that dies over a report is missed so soon, however many photos there are to draw."""

WELCOME_LIMIT = timedelta(minutes=2)
WELCOME_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=30)
)
"""A mail server or document store that is away is tried until it is back."""
CARD_LOOKED_FOR_AFTER = timedelta(hours=6)
"""Whoever imports cards rings; a card that came back to the pool some other way is found so soon."""

GRID_CALL_LIMIT = timedelta(seconds=30)
GRID_CALL_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=30)
)
"""A grid operator that is away is tried until it is back; operations sees since when."""

DRAIN_LIMIT = timedelta(minutes=3)
"""A batch begins no call after half a minute; the last one may be a mail."""
DRAIN_HEARTBEAT_WITHIN = timedelta(seconds=10)
"""A worker that dies over a batch is missed so soon."""

DELIVERY_LIMIT = timedelta(minutes=1)
DELIVERY_GIVEN_UP_AFTER = timedelta(days=3)
DELIVERY_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=2), backoff_coefficient=2, maximum_interval=timedelta(hours=1)
)
"""Of processes that the first release began; by now the waits between tries stand in models/rules/delivery.py."""

COMMAND_LIMIT = timedelta(seconds=70)
"""A command may wait for its turn at the station for half a minute, and for its answer for another."""
COMMAND_HEARTBEAT_WITHIN = timedelta(seconds=6)
"""A node that dies over a command is missed so soon."""
COMMAND_PICKED_UP_WITHIN = timedelta(seconds=5)
COMMAND_RETRY = RetryPolicy(maximum_attempts=1)
"""A command that failed is sent again by the process, after a fresh look for the station's node."""

NODE_SEARCHED_AGAIN_AFTER = timedelta(seconds=2)
STATION_LOOKED_FOR_AFTER = timedelta(minutes=1)
"""A station that connects is told of at once; this is for what nobody tells."""
COMMAND_TRIED_AGAIN_WITHIN = timedelta(seconds=10)
"""The longest wait between two tries while the rows say that a node holds the station."""
STATION_SHORTEST_NAP = timedelta(seconds=1)
"""The clocks of workers and of Temporal may differ a little."""
SESSION_SHORTEST_NAP = timedelta(seconds=1)
"""So too between two looks at a charging session."""
BOOT_ASKED_AGAIN_AFTER = timedelta(seconds=30)
"""A station that is connected but was up before its test began boots again when it is asked to."""
CONFIGURATION_LIMIT = timedelta(minutes=5)
SELF_CHECK_LIMIT = timedelta(minutes=2)
TEST_CHARGE_STOP_LIMIT = timedelta(minutes=2)

REMINDING_LIMIT = timedelta(minutes=2)
DEADLINES_LOOKED_AT_AFTER = timedelta(minutes=30)
"""A deadline that is set is heard of so soon; none is shorter than a working day."""
DEADLINES_SHORTEST_NAP = timedelta(seconds=1)
RING_LIMIT = timedelta(seconds=2)

WORKER_SHUTDOWN_GRACE = timedelta(seconds=10)

DECISION_PATIENCE = timedelta(seconds=10)
"""How long a decision waits for a step that is being taken before it is judged by what is known."""
