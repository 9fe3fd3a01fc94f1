"""Commands to stations by OCPP 2.0.1, and their answers as outcomes."""

from csms.outcome import Outcome, Result
from csms.protocol import MakeCall
from csms.v201.dialect import Dialect
from models.messages.commands import StationCall


class Outbound:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    async def execute(self, _make_call: MakeCall, _command: StationCall) -> Outcome:
        """Sends the command and reads the answer. Raises NotSentError only."""
        return Outcome(Result.NOT_SUPPORTED)
