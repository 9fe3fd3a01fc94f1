"""The cards of a station's list, chosen for it: when its wish or the cards have changed, and in every night (C2)."""

from datetime import datetime

from models.rules import list_choice as rules
from models.rules import local_list
from models.rules.group import StationAccess
from models.store import list_choice as facts
from models.store import wanted as store
from models.tables.asset import Asset
from models.tables.wanted import StationList, WantedList
from models.usecases.work import Work


async def settle(work: Work, asset: Asset, wish: WantedList | None, row: StationList | None) -> datetime | None:
    """When they are chosen next; where it is time, they are now. None: nothing is to be chosen, or it is not known yet
    how many the station holds."""
    if wish is None or not wish.chosen or row is None or row.room_at is None:
        return None
    if row.choose_at is None or row.choose_at <= work.now:
        row.chosen = list(await _chosen(work, asset, wish, row))
        row.choose_at = rules.next_choice_at(work.now, asset.id, work.terms.zone)
        await work.session.flush()
    return row.choose_at


async def choose_again(work: Work, asset: Asset) -> None:
    """Something has changed that it goes by; until the station is looked at, it keeps what was chosen."""
    row = await store.known_list(work.session, asset.id)
    if row is not None:
        row.choose_at = row.concerned_at = None


async def _chosen(work: Work, asset: Asset, wish: WantedList, row: StationList) -> tuple[str, ...]:
    room = local_list.UNTOLD if row.room is None else row.room
    candidates = await facts.candidates(work.session, asset.id, work.now, room, named=wish.tokens, listed=row.tokens)
    return rules.choose(candidates, room, only_group=asset.access is StationAccess.CLOSED)
