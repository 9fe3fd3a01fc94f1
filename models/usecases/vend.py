"""On what terms a station gives energy: set by operations, or for its group by the super-user (S7)."""

from models.rules.vend import Vend
from models.store import vends
from models.tables.asset import Asset
from models.usecases import timeline, upkeep
from models.usecases.work import Work

SUBJECT = "station"


async def set_terms(work: Work, station: Asset, terms: Vend) -> None:
    """From now on; a session keeps those of its start. The station's row is locked."""
    if station.vend is terms:
        return
    before, station.vend = station.vend, terms
    await vends.begin(work.session, station.id, terms, work.now)
    await upkeep.tell(work, station, upkeep.CHANGED)
    timeline.record(work, SUBJECT, station.id, "terms set", station=station.name, vend=terms.value, before=before.value)
