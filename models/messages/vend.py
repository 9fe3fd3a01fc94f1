"""What is said of a station's terms (S7)."""

from models.messages.base import Message
from models.rules.vend import Vend


class StationTerms(Message):
    vend: Vend
