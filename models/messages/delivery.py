"""Messages of the delivery process."""

from models.messages.base import Message


class Delivery(Message):
    """What became of the oldest waiting notice; ``empty`` where the endpoint has got everything."""

    empty: bool
