"""Sessions from started to settled, through the whole house: how many a minute, and what each costs of Temporal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench import empty, histories
from bench.handover import all_heard
from bench.house import House, standing
from bench.ocpp_rows import fill
from bench.report import Report
from bench.session_load import Drivers, charged
from cli.demo.waiting import until
from models.usecases.session import workflow_id

ACTIONS_AT_MOST = 25
_TARIFF = {
    "currency": "EUR",
    "tax_included": "YES",
    "elements": [
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.59, "vat": 21, "step_size": 1},
                {"type": "PARKING_TIME", "price": 3, "vat": 21, "step_size": 60},
            ]
        }
    ],
}
_READINGS, _FLAT_OUT_WH = 8, 2_500
_PACE_S, _PACED_WH = 0.5, 7_500
"""60 kWh: more than what is held at first pays for."""
_SETTLED = sa.text("""
    SELECT s.reference, extract(epoch FROM s.created_at), extract(epoch FROM s.settled_at)
    FROM charging_session s JOIN cdr c ON c.session_id = s.id
    WHERE s.stage = 'settled' AND c.gross > 0 ORDER BY s.id
""")


@dataclass(frozen=True)
class Size:
    """At so many stations at once, ``each`` of them for so many drivers; ``paced`` stations take their time before."""

    stations: int = 100
    each: int = 6
    paced: int = 20


SMOKE = Size(stations=10, each=2, paced=2)


@dataclass(frozen=True)
class Settled:
    """``began`` and ``ended`` by the clock of the house, in s: when the first one began, and the last was settled."""

    references: Sequence[str]
    began: float
    ended: float

    @property
    def per_minute(self) -> float:
        return len(self.references) / (self.ended - self.began) * 60


async def measure(folder: Path, size: Size, report: Report) -> None:
    """On a house of its own. Each driver pays ahead, so that money is held for each session and guarded."""
    paced = Drivers(size.paced, 1, _READINGS, _PACED_WH, pause_s=_PACE_S)
    at_once = Drivers(size.stations, size.each, _READINGS, _FLAT_OUT_WH, first=paced.sessions)
    async with standing(folder) as house, empty.worker(house.temporal):
        await _populated(house, max(size.stations, size.paced), paced.sessions + at_once.sessions)
        usual = await _actions(house, await _settled(house, paced, 0))
        taken = await _settled(house, at_once, paced.sessions)
        hurried = await _actions(house, taken)
        await all_heard(house)
        steps = round(hurried["activities"])
        floor = await empty.per_minute(house.temporal, steps, at_once.sessions)
    report.rate(
        f"Sessions from started to settled, {size.stations} at once (empty workflows of {steps} steps)",
        taken.per_minute,
        floor,
        "a minute",
    )
    kinds = ", ".join(f"{count:.1f} {kind}" for kind, count in sorted(usual.items()))
    report.count("Temporal actions per session", usual.total(), kinds, at_most=ACTIONS_AT_MOST)
    report.notes.append(
        f"Actions are those of {paced.sessions} sessions whose stations pause before each message, so that a process "
        f"hears of everything by itself, and whose holds are extended; in a hurry it is {hurried.total():.1f}."
    )


async def _populated(house: House, stations: int, drivers: int) -> None:
    await fill(house.deployment.postgres.url(), stations, drivers, drivers)
    await house.finance.post("/v1/tariffs", {"code": "BENCH", "name": "Bench", "tariff": _TARIFF})
    await house.finance.post("/v1/tariffs/BENCH/assignments", {})


async def _settled(house: House, drivers: Drivers, before: int) -> Settled:
    """``before``: so many sessions were settled before. Waits in the rows."""
    await charged(house.deployment.ports["csms"], drivers)

    async def there() -> Settled | None:
        async with house.database.transaction() as session:
            rows = (await session.execute(_SETTLED)).all()[before:]
        if len(rows) < drivers.sessions:
            return None
        return Settled([row[0] for row in rows], float(min(row[1] for row in rows)), float(max(row[2] for row in rows)))

    return await until(f"{drivers.sessions} sessions to be settled", there)


async def _actions(house: House, settled: Settled) -> Counter[str]:
    """Of one session on average, by kind."""
    counted = await histories.counted(house.temporal, [workflow_id(each) for each in settled.references])
    del counted["events"]
    return Counter({kind: count / len(settled.references) for kind, count in counted.items()})
