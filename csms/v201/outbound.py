"""Commands to stations by OCPP 2.0.1, and their answers as outcomes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from csms import charging_profiles, local_list, settings
from csms.asking import ReadAnswer, Request, Requests, UnsayableError, Wording, called
from csms.frames import Payload
from csms.outcome import Outcome, Result
from csms.parts import Room, cut
from csms.protocol import MakeCall
from csms.v201 import variables
from csms.v201.actions import TO_STATION
from csms.v201.answers import READERS
from csms.v201.dialect import Dialect
from csms.v201.model_requests import monitor_of
from csms.v201.requests import REQUESTS, listed_of
from models.messages import commands
from models.messages.commands import Purpose, StationCall

Item = TypeVar("Item")
CLEARED = (Purpose.STATION, Purpose.DEFAULT, Purpose.TRANSACTION)


@dataclass(frozen=True, slots=True)
class MoreToSay:
    """What a dialect has for stations beyond 2.0.1."""

    actions: frozenset[str] = frozenset()
    requests: Requests = field(default_factory=dict)
    purposes: tuple[Purpose, ...] = ()


class Outbound:
    def __init__(self, dialect: Dialect, more: MoreToSay | None = None) -> None:
        more = more or MoreToSay()
        self._purposes = (*CLEARED, *more.purposes)
        self.wording = Wording(dialect.version, TO_STATION | more.actions, {**REQUESTS, **more.requests}, READERS)

    async def execute(self, make_call: MakeCall, command: StationCall) -> Outcome:
        """Sends the command and reads the answer. Raises NotSentError only."""
        return await _Asking(self.wording, self._purposes, make_call).execute(command)


class _Asking:
    """One command to one station, as the calls that it takes."""

    def __init__(self, wording: Wording, purposes: tuple[Purpose, ...], make_call: MakeCall) -> None:
        self._wording = wording
        self._purposes = purposes
        self._make_call = make_call

    async def execute(self, command: StationCall) -> Outcome:
        special = _IN_CALLS.get(type(command))
        return await (self._ask(command) if special is None else special(self, command))

    async def read_configuration(self, command: commands.ReadConfiguration) -> Outcome:
        """All that there is comes as a report, whose parts the station sends afterwards."""
        return await (variables.read(self._call, command) if command.keys else self._ask(command))

    async def change_configuration(self, command: commands.ChangeConfiguration) -> Outcome:
        return await settings.change(command, partial(variables.change, self._call), self.execute)

    async def set_key(self, command: commands.SetKey) -> Outcome:
        password = variables.named(variables.AUTHORIZATION_VARIABLE)
        return await variables.set_one(self._call, password, command.key.get_secret_value())

    async def set_profile(self, command: commands.SetChargingProfile) -> Outcome:
        return await charging_profiles.set_profile(command, self._ask)

    async def clear_profile(self, command: commands.ClearChargingProfile) -> Outcome:
        return await (self._clear_all() if command == commands.ClearChargingProfile() else self._ask(command))

    async def send_local_list(self, command: commands.SendLocalList) -> Outcome:
        return await local_list.send(command, self._list_room, self._ask, listed_of)

    async def set_monitoring(self, command: commands.SetMonitoring) -> Outcome:
        def part_of(monitors: tuple[commands.Monitor, ...]) -> StationCall:
            return commands.SetMonitoring(monitors=monitors)

        return await self._in_parts(command.monitors, "SetVariableMonitoring", monitor_of, part_of)

    async def clear_monitoring(self, command: commands.ClearMonitoring) -> Outcome:
        def part_of(monitors: tuple[int, ...]) -> StationCall:
            return commands.ClearMonitoring(monitors=monitors)

        return await self._in_parts(command.monitors, "ClearVariableMonitoring", lambda each: {"id": each}, part_of)

    async def _ask(self, command: StationCall) -> Outcome:
        return await self._wording.ask(self._make_call, command)

    async def _call(self, request: Request, read: ReadAnswer) -> Outcome:
        return await called(self._make_call, request, read)

    async def _list_room(self) -> Room:
        """Part 2 §D01.FR.11."""
        return await variables.room_of(self._call, "LocalAuthListCtrlr")

    async def _clear_all(self) -> Outcome:
        """§K10.FR.02: something has to be named, so each purpose is. Found where one of them had a profile."""
        outcomes = [await self._ask(commands.ClearChargingProfile(purpose=each)) for each in self._purposes]
        unclear = [each for each in outcomes if each.result not in {Result.ACCEPTED, Result.NOT_FOUND}]
        cleared = [each for each in outcomes if each.result is Result.ACCEPTED]
        return [*unclear, *cleared, *outcomes][0]

    async def _in_parts(
        self,
        items: Sequence[Item],
        action: str,
        written: Callable[[Item], Payload],
        command_of: Callable[[tuple[Item, ...]], StationCall],
    ) -> Outcome:
        """The results of all parts; the outcome is the first that is not accepted."""
        room = await variables.room_of(self._call, "MonitoringCtrlr", action) if len(items) > 1 else Room()
        try:
            parts = cut(items, room, written)
        except UnsayableError as cause:
            return cause.outcome
        outcomes = [await self._ask(command_of(part)) for part in parts]
        worst = next((each for each in outcomes if each.result is not Result.ACCEPTED), outcomes[0])
        results = [result for each in outcomes for result in each.data.get("monitors", ())]
        return Outcome(worst.result, worst.detail, data={"monitors": results} if results else {})


_IN_CALLS: dict[type, Callable[[_Asking, Any], Awaitable[Outcome]]] = {
    commands.ReadConfiguration: _Asking.read_configuration,
    commands.ChangeConfiguration: _Asking.change_configuration,
    commands.SetKey: _Asking.set_key,
    commands.SetChargingProfile: _Asking.set_profile,
    commands.ClearChargingProfile: _Asking.clear_profile,
    commands.SendLocalList: _Asking.send_local_list,
    commands.SetMonitoring: _Asking.set_monitoring,
    commands.ClearMonitoring: _Asking.clear_monitoring,
}
"""What may take more than one call."""
