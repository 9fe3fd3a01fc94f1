"""The configuration of one station: what is wanted of it, what it has, and what came of the last try (L5)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from models.messages.station import CommandOutcome
from models.messages.wanted import Owner, Todo
from models.rules import wanted as rules
from models.rules.patience import wait_after
from models.rules.vend import OPTIONAL, Vend, configured
from models.rules.wanted import Change, Next, Read, Seen, Setting
from models.store import assets, vends
from models.store import wanted as store
from models.tables.asset import Asset
from models.tables.wanted import StationSetting, StationUpkeep
from models.usecases.work import Work

_FIELDS = {field.name for field in fields(Setting)}


async def settings_of(work: Work, asset: Asset) -> list[Setting]:
    """What is wanted of the station now, each with what is known of it."""
    known = {row.name: row for row in await store.known_settings(work.session, asset.id)}
    return [_setting(known.get(name), name, value) for name, value in (await _wanted(work, asset)).items()]


async def forget_unwanted(work: Work, asset: Asset) -> None:
    """What is not wanted any more stays at the station as it is, and is nothing to us."""
    names = await _wanted(work, asset)
    for row in await store.known_settings(work.session, asset.id):
        if row.name not in names:
            await work.session.delete(row)


async def complaints(work: Work, asset: Asset) -> list[str]:
    """Why an engineer is to look."""
    refused = [each for each in await settings_of(work, asset) if rules.needs_engineer(each)]
    spared = OPTIONAL if asset.vend is Vend.FREE else frozenset()
    return [f"{each.name}: {each.detail}" for each in refused if each.name not in spared]


async def doubt(work: Work, asset: Asset) -> None:
    """Every setting is read at once, and tried again where it was refused."""
    for row in await store.known_settings(work.session, asset.id):
        row.sqlmodel_update(asdict(rules.doubted(Setting(**row.model_dump(include=_FIELDS)))))


def todo_of(step: Next) -> Todo | None:
    match step:
        case Read(names):
            return Todo(about="configuration", kind="read_configuration", arguments={"keys": list(names)})
        case Change(name, value):
            arguments = {"key": name, "value": value}
            return Todo(about="configuration", kind="change_configuration", arguments=arguments)
        case rules.Reset():
            return Todo(about="configuration", kind="reset", arguments={"kind": "soft"})
        case rules.Rest():
            return None


def seen(upkeep: StationUpkeep, booted_at: datetime | None, *, charging: bool) -> Seen:
    return Seen(booted_at, charging, upkeep.reset_at, upkeep.unread, upkeep.read_again_at)


async def note(work: Work, asset: Asset, upkeep: StationUpkeep, todo: Todo, outcome: CommandOutcome) -> None:
    """What the station said to what it was asked for; of what is wanted otherwise by now, nothing is kept."""
    settings = {setting.name: setting for setting in await settings_of(work, asset)}
    if todo.kind == "reset":
        upkeep.reset_at = work.now
    elif todo.kind == "change_configuration":
        await _note_change(work, asset, settings, todo.arguments, outcome)
    elif outcome.outcome == "accepted":
        await _note_read(work, asset, settings, todo.arguments["keys"], outcome)
        upkeep.read_again_at = None
        upkeep.unread = 0 if len(todo.arguments["keys"]) > 1 else min(upkeep.unread, 1)
    else:
        await _note_unread(work, asset, upkeep, settings, todo.arguments["keys"], outcome)


async def _note_read(
    work: Work, asset: Asset, settings: Mapping[str, Setting], names: Sequence[str], outcome: CommandOutcome
) -> None:
    for name, said in rules.read_off(outcome.data, names).items():
        if name in settings:
            await _keep(work, asset, settings[name], rules.told(settings[name], said, work.now))


async def _note_unread(
    work: Work,
    asset: Asset,
    upkeep: StationUpkeep,
    settings: Mapping[str, Setting],
    names: Sequence[str],
    outcome: CommandOutcome,
) -> None:
    """A station that gives no answer is left alone for a while; one that refuses is asked for one key at a time."""
    upkeep.unread += 1
    if outcome.outcome == "timed_out":
        upkeep.read_again_at = work.now + wait_after(upkeep.unread)
    elif len(names) == 1 and names[0] in settings:
        why = outcome.detail or outcome.outcome.replace("_", " ")
        await _keep(work, asset, settings[names[0]], rules.not_told(settings[names[0]], why, work.now))


async def _note_change(
    work: Work, asset: Asset, settings: Mapping[str, Setting], asked: Mapping[str, Any], outcome: CommandOutcome
) -> None:
    setting = settings.get(asked["key"])
    if setting is not None and setting.wanted == asked["value"]:
        await _keep(work, asset, setting, rules.answered(setting, outcome.outcome, outcome.detail, work.now))


async def _keep(work: Work, asset: Asset, before: Setting, after: Setting) -> None:
    row = await work.session.get(StationSetting, (asset.id, after.name))
    if row is None:
        row = StationSetting(asset_id=asset.id, name=after.name, wanted=after.wanted, at=work.now)
        work.session.add(row)
    if (row.state, row.wanted) != (after.state, after.wanted) or before.state is not after.state:
        row.at = work.now
        detail = {"key": after.name, "state": after.state.value, "detail": after.detail}
        await assets.add_event(work.session, asset, "setting", work.now, detail)
    row.sqlmodel_update(asdict(after))
    await work.session.flush()


async def _wanted(work: Work, asset: Asset) -> dict[str, str]:
    of_product = await store.settings_of(work.session, Owner(asset.name, product_id=asset.product_id))
    of_station = await store.settings_of(work.session, Owner(asset.name, asset_id=asset.id))
    wanted = rules.merged({row.name: row.value for row in of_product}, {row.name: row.value for row in of_station})
    return await _by_its_terms(work, asset, wanted)


async def _by_its_terms(work: Work, asset: Asset, wanted: Mapping[str, str]) -> dict[str, str]:
    """A station that charges anyone does so without a connection too; none of the others is asked for that."""
    was_free = asset.vend is Vend.FREE or await vends.was_free(work.session, asset.id)
    if not was_free:
        return dict(wanted)
    protocol = await vends.protocol_of(work.session, asset.id)
    is_ocpp_2 = protocol is not None and protocol.startswith("ocpp2")
    return configured(wanted, asset.vend, was_free=was_free, is_ocpp_2=is_ocpp_2)


def _setting(row: StationSetting | None, name: str, value: str) -> Setting:
    if row is None or row.wanted != value:
        return Setting(name, value)
    return Setting(**row.model_dump(include=_FIELDS))
