"""What people want of stations: settled for a product or for one station, told to the stations some at a time (L5)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.errors import InvalidInput, LimitReached, NotFound
from models.messages.wanted import NewFirmware, NewList, Owner
from models.rules.command import secret_in
from models.store import assets, list_choice
from models.store import wanted as store
from models.tables.base import new_id
from models.tables.wanted import WantedFirmware, WantedList, WantedSetting
from models.usecases import timeline, upkeep
from models.usecases.work import Work

SETTINGS_LIMIT = 200
TOLD_AT_ONCE = 50
"""So many stations are locked at a time while they are told."""


async def set_setting(work: Work, owner: Owner, name: str, value: str) -> WantedSetting:
    """From now on the stations are to have it so; the owner's row is locked. Raises InvalidInput, LimitReached."""
    _check(name, value)
    row = await store.setting_of(work.session, owner, name)
    if row is None:
        if len(await store.settings_of(work.session, owner)) >= SETTINGS_LIMIT:
            raise LimitReached(f"{SETTINGS_LIMIT} settings are wanted of {owner.reference} already; remove some")
        row = WantedSetting(
            product_id=owner.product_id,
            asset_id=owner.asset_id,
            name=name,
            value=value,
            changed_by=work.actor.name,
            changed_at=work.now,
        )
        work.session.add(row)
    if row.value != value or row.name != name:
        row.value, row.name, row.changed_by, row.changed_at = value, name, work.actor.name, work.now
    await work.session.flush()
    await tell(work, owner)
    _record(work, owner, "setting wanted", setting=name, value=value)
    return row


async def remove_setting(work: Work, owner: Owner, name: str) -> None:
    """It stays at the stations as it is, and is nothing to us any more. Raises NotFound."""
    row = await store.setting_of(work.session, owner, name)
    if row is None:
        raise NotFound(f"No setting '{name}' is wanted of {owner.reference}")
    await work.session.delete(row)
    await work.session.flush()
    await tell(work, owner)
    _record(work, owner, "setting wanted no more", setting=row.name)


async def set_firmware(work: Work, owner: Owner, new: NewFirmware) -> WantedFirmware:
    """From now on the stations are to run it; a roll-out begins from its first wave. Raises InvalidInput."""
    secret = secret_in({"location": new.location})
    if secret is not None:
        raise InvalidInput(secret[1], field="/location")
    row = await store.firmware_of(work.session, owner, lock=True)
    said = {**new.model_dump(), "changed_by": work.actor.name, "changed_at": work.now, "halted_at": None}
    if row is None:
        row = WantedFirmware(product_id=owner.product_id, asset_id=owner.asset_id, round=new_id(), **said)
        work.session.add(row)
    else:
        row.sqlmodel_update({**said, "round": new_id()})
    await work.session.flush()
    await tell(work, owner)
    _record(work, owner, "firmware wanted", version=new.version)
    return row


async def remove_firmware(work: Work, owner: Owner) -> None:
    """What is under way goes on at the stations. Raises NotFound."""
    row = await store.firmware_of(work.session, owner, lock=True)
    if row is None:
        raise NotFound(f"No firmware is wanted of {owner.reference}")
    await work.session.delete(row)
    await work.session.flush()
    await tell(work, owner)
    _record(work, owner, "firmware wanted no more", version=row.version)


async def set_list(work: Work, owner: Owner, new: NewList) -> WantedList:
    """From now on the stations are to know these cards; the owner's row is locked. Raises InvalidInput."""
    tokens = sorted({token.upper() for token in new.tokens})
    unknown = await store.unknown_tokens(work.session, tokens)
    if unknown:
        place = next(index for index, token in enumerate(new.tokens) if token.upper() in unknown)
        detail = "This is no ordinary card of ours, and no registered car; add it first, or leave it out"
        raise InvalidInput(detail, field=f"/tokens/{place}")
    row = await store.list_of(work.session, owner)
    said: dict[str, Any] = {
        "tokens": tokens,
        "all_cards": new.all_cards,
        "chosen": new.chosen,
        "changed_by": work.actor.name,
        "changed_at": work.now,
    }
    if row is None:
        row = WantedList(product_id=owner.product_id, asset_id=owner.asset_id, **said)
        work.session.add(row)
    else:
        row.sqlmodel_update(said)
    await work.session.flush()
    await tell(work, owner)
    _record(work, owner, "local list wanted", cards=len(tokens), all_cards=new.all_cards, chosen=new.chosen)
    return row


async def remove_list(work: Work, owner: Owner) -> None:
    """The stations keep the list that they have. Raises NotFound."""
    row = await store.list_of(work.session, owner)
    if row is None:
        raise NotFound(f"No local list is wanted of {owner.reference}")
    await work.session.delete(row)
    await work.session.flush()
    await tell(work, owner)
    _record(work, owner, "local list wanted no more")


async def tell(work: Work, owner: Owner) -> None:
    """One station hears of it at once; those of a product as the workers get round to it."""
    if owner.asset_id is not None:
        await upkeep.tell(work, await assets.lock(work.session, owner.asset_id), upkeep.CHANGED)
    elif owner.product_id is not None:
        await store.spread_to(work.session, owner.product_id, work.correlation_id)


async def tell_of_tokens(work: Work, tokens: Sequence[str]) -> None:
    """These cards or cars may charge now, or may not any more: stations whose local lists have them, or might, hear of
    it."""
    await list_choice.concern(work.session, tokens, work.now)
    for product_id in await store.products_listing(work.session, tokens):
        await store.spread_to(work.session, product_id, work.correlation_id)


async def tell_concerned(work: Work) -> int:
    """Tell the next stations whose lists a card concerns; how many they were."""
    told = await list_choice.concerned(work.session, TOLD_AT_ONCE)
    for asset_id in told:
        await upkeep.tell(work, await assets.lock(work.session, asset_id), upkeep.CHANGED)
        await list_choice.note_told(work.session, asset_id)
    return len(told)


async def tell_of_group(work: Work, group_id: UUID) -> None:
    """Others belong to the group now: its stations hear of it, whose lists begin with its cards."""
    for product_id in await store.products_of_group(work.session, group_id):
        await store.spread_to(work.session, product_id, work.correlation_id)


async def spread(work: Work, product_id: UUID) -> int:
    """Tell the next stations of a product; how many they were. 0: all are told, or somebody else is at it."""
    row = await store.take_spread(work.session, product_id)
    if row is None:
        return 0
    told = await store.stations_of(work.session, product_id, after=row.after, limit=TOLD_AT_ONCE)
    for asset_id in told:
        await upkeep.tell(work, await assets.lock(work.session, asset_id), upkeep.CHANGED)
    await store.note_spread(work.session, product_id, row.after, told[-1] if len(told) == TOLD_AT_ONCE else None)
    return len(told)


def _check(name: str, value: str) -> None:
    secret = secret_in({"key": name, "value": value})
    if secret is not None:
        place, remedy = secret
        raise InvalidInput(remedy, field="/value" if place == "/value" else "key")


def _record(work: Work, owner: Owner, what: str, **detail: Any) -> None:
    subject, subject_id = ("station", owner.asset_id) if owner.asset_id else ("product", owner.product_id)
    assert subject_id is not None  # noqa: S101 - an owner is of one or the other
    timeline.record(work, subject, subject_id, what, of=owner.reference, **detail)
