"""Drivers of the benchmark charge as drivers do: one after the other, each by a card of its own."""

import asyncio
import json
from typing import Any

from bench.ocpp_load import Seen, Station, token_of
from bench.session_load import Drivers, Saying


class Answered(Station):
    """Is answered at once, and has its transaction by that."""

    def __init__(self, number: int, saying: Saying) -> None:
        super().__init__(number, Seen(), saying)
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.transaction = b"7"
        self._saying = saying

    def say(self) -> None:
        call = self._saying(self)
        if call is not None:
            self.said.append((call[0], json.loads(call[1])))
            self.say()


async def charged(drivers: Drivers, number: int) -> list[tuple[str, dict[str, Any]]]:
    saying = Saying(drivers)
    station = Answered(number, saying)
    station.say()
    async with asyncio.timeout(5):
        while not saying.done:  # noqa: ASYNC110 - told by a plain counter
            await asyncio.sleep(0.01)
    return station.said


async def test_each_driver_has_a_card_of_its_own_and_the_meter_goes_on_from_one_to_the_next() -> None:
    said = await charged(Drivers(stations=3, each=2, readings=4, step_wh=500, first=10), 2)
    starts = [body for action, body in said if action == "StartTransaction"]
    stops = [body for action, body in said if action == "StopTransaction"]
    assert [(each["idTag"], each["meterStart"]) for each in starts] == [(token_of(14), 0), (token_of(15), 2000)]
    assert [(each["idTag"], each["meterStop"]) for each in stops] == [(token_of(14), 2000), (token_of(15), 4000)]
    assert sum(action == "MeterValues" for action, _ in said) == 8


async def test_a_station_that_takes_its_time_pauses_before_each_message() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    said = await charged(Drivers(stations=1, each=1, readings=2, step_wh=500, pause_s=0.01), 0)
    assert loop.time() - began >= 0.01 * len(said)
