"""What a station has signed of a session's energy is judged when it is settled, and kept with it (B1)."""

from models.rules.signed_values import judged, kept, signed_of
from models.store import charging
from models.store import signed_values as store
from models.tables.session import ChargingSession
from models.tables.signed_value import SignedValue
from models.usecases.work import Work


async def keep(work: Work, session: ChargingSession) -> None:
    """Those that are not kept yet: a stop that comes late brings some more.

    A station may tell its key once in a transaction, or once for all: then the last one of its place counts.
    """
    number = session.transaction_number
    readings = (await charging.readings(work.session, [number]))[number]
    told = kept(signed_of((each.sampled_at, each.samples) for each in readings))
    if not told:
        return
    known = {(each.at, each.value) for each in await store.of_session(work.session, session.id)}
    of_transaction = next((each.key for each in told if each.key), None)
    of_place = await store.key_of(work.session, session.asset_id, session.connector)
    for each in told:
        if (each.at, each.value) in known:
            continue
        found = judged(each.value, each.key or of_transaction, of_place)
        work.session.add(
            SignedValue(
                session_id=session.id,
                asset_id=session.asset_id,
                connector=session.connector,
                at=each.at,
                context=each.context,
                value=each.value,
                outcome=found.outcome,
                meter=found.meter,
                key=found.key,
                created_at=work.now,
            )
        )
    await work.session.flush()
