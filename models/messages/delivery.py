"""Messages of the delivery process."""

from models.messages.base import Message
from models.rules.delivery import EndpointState


class Delivery(Message):
    """What became of the oldest waiting notice; ``empty`` where there is nothing to do now."""

    empty: bool


class Drained(Message):
    """How the endpoint stands after a batch."""

    state: EndpointState
    more: bool = False
    """The batch was full; others may wait behind it."""
    wait_s: float | None = None
    """Seconds until the next try or look, whatever is queued meanwhile; None: until a notice is queued."""
