"""What a station signs is judged at settlement and kept with the session, for good (B1)."""

from typing import Any

import pytest

from models.messages.telemetry import Metered
from models.rules.signed_values import Outcome
from models.tables.session import ChargingSession
from models.tables.signed_value import SignedValue
from models.usecases import charging
from tests.charging import Street
from tests.ocmf import METER, Meter

pytestmark = pytest.mark.step("B1")


async def told(street: Street, number: int, minutes: float, value: str, context: str, **signing: str) -> None:
    sample: dict[str, Any] = {"measurand": "Energy.Active.Import.Register", "unit": "Wh", "value": None}
    sample |= {"context": context, "signed": value, "signing": signing}
    await street.do(
        lambda work: charging.meter(
            work,
            Metered(
                street.asset.id,
                "",
                connector=1,
                number=number,
                samples=[(street.later(minutes), sample)],
                register_wh=None,
                frame="[meter]",
                irregularities=[],
            ),
        )
    )


async def test_signed_values_are_judged_by_the_key_that_their_station_tells_once(street: Street) -> None:
    await street.driver("NL-1")
    meter = Meter()
    number, _ = await street.start()
    await told(street, number, 0, meter.signed("1.0"), "Transaction.Begin", public_key=meter.named_key)
    await told(street, number, 30, meter.signed("5.0", 2).replace("5.0", "4.0"), "Trigger")
    await told(street, number, 60, meter.signed("11.0", 3), "Transaction.End")
    await street.stop(number)
    await street.settle(await street.session())
    kept = await street.rows(SignedValue)
    assert [each.outcome for each in kept] == [Outcome.VALID, Outcome.INVALID, Outcome.VALID]
    assert {(each.meter, each.key) for each in kept} == {(METER, meter.key)}
    number, _ = await street.start(minutes=120, meter_start_wh=11_000)
    await told(street, number, 121, meter.signed("12.0", 4), "Transaction.Begin")
    await street.stop(number, 130, 12_000)
    await street.settle((await street.rows(ChargingSession))[-1])
    assert (await street.rows(SignedValue))[-1].outcome is Outcome.VALID


async def test_what_is_not_ocmf_and_what_has_no_key_is_kept_all_the_same(street: Street) -> None:
    await street.driver("NL-1")
    number, _ = await street.start()
    await told(street, number, 0, "<signedMeterValue/>", "Transaction.Begin")
    await told(street, number, 60, Meter().signed("11.0"), "Transaction.End")
    await street.stop(number)
    await street.settle(await street.session())
    assert [each.outcome for each in await street.rows(SignedValue)] == [Outcome.NOT_OCMF, Outcome.KEY_UNKNOWN]
