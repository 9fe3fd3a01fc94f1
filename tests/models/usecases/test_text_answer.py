"""What a station makes of a command is answered to whoever texted it, and to nobody else (C3)."""

import pytest

from models.messages.command import NewCommand
from models.rules.text_message import SmsAnswer as A
from models.tables.driver_notice import DriverNotice
from models.usecases import command
from tests.charging import Clock, Street
from tests.models.usecases.test_text_message import PHONE, answered, kinds, street, text

__all__ = ["street"]
pytestmark = pytest.mark.step("C3")


async def test_a_command_that_nobody_texted_is_answered_to_nobody(street: Street) -> None:
    await street.driver(phone=PHONE)
    new = NewCommand(kind="start_charging", arguments={"token": "04NL1"}, valid_s=60)
    await street.do(lambda work: command.ask(work, street.asset.id, new))
    await answered(street, "accepted")
    assert await street.rows(DriverNotice) == []


async def test_a_station_that_refuses_to_stop_is_told_and_a_second_outcome_changes_nothing(
    street: Street, clock: Clock
) -> None:
    await street.driver(phone=PHONE)
    await street.start()
    await text(street, "STOP")
    await answered(street, "rejected")
    assert await kinds(street) == [A.STOP_FAILED]
    (told,) = await street.rows(DriverNotice)
    assert (told.due_at, told.data["station"]) == (clock.now, street.asset.name)
