"""What is wanted of the stations of a product, or of one station, and how far each has come with it (L5)."""

from dataclasses import asdict
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.access import Access, require
from api.etags import IfMatch, Precondition
from api.v1.shapes import sample
from api.v1.stations import found
from api.v1.wanted_shapes import (
    RollOutShape,
    SettingOfProductShape,
    SettingProgressShape,
    WantedBy,
    WantedFirmwareShape,
    WantedListShape,
    WantedOfProductShape,
    WantedOfStationShape,
    WantedSettingShape,
    firmware_progress,
    list_progress,
    progress_shape,
    setting_shape,
)
from models.errors import NotFound
from models.messages.commands import ConfigurationKey
from models.messages.wanted import Owner, WantedValue
from models.rules.access import Permission
from models.store import assets, tenders
from models.store import wanted as store
from models.tables.asset import Asset
from models.usecases import upkeep, upkeep_configuration, upkeep_firmware, wanting
from models.usecases.work import Work

products = APIRouter(prefix="/products/{code}/wanted")
stations = APIRouter(prefix="/stations/{name}/wanted")

Configuring = Annotated[Access, require(Permission.STATIONS_CONFIGURE)]
Operating = Annotated[Access, require(Permission.STATIONS_COMMAND)]
Maintaining = Annotated[Access, require(Permission.STATIONS_MAINTAIN)]
Value = Annotated[WantedValue, sample(value="60")]


@products.get("", summary="What is wanted of every station of the product")
async def show_of_product(code: str, access: Operating) -> WantedOfProductShape:
    async with access.reading() as session:
        owner = await product_of(session, code)
        settings = await store.settings_of(session, owner)
        stand = {} if owner.product_id is None else await store.counts_by_setting(session, owner.product_id)
        wish = await store.firmware_of(session, owner)
        counts = None if wish is None else await store.firmware_counts(session, wish)
        cards = await store.list_of(session, owner)
    return WantedOfProductShape(
        configuration=[
            SettingOfProductShape(**dict(setting_shape(row)), stations=stand.get(row.name, {})) for row in settings
        ],
        firmware=None if wish is None else WantedFirmwareShape.model_validate(wish),
        roll_out=None if wish is None or counts is None else RollOutShape(**asdict(counts), halted_at=wish.halted_at),
        list=None if cards is None else WantedListShape.model_validate(cards),
    )


@products.get("/configuration/{key:path}", summary="What every station of the product is to have for a key")
async def show_setting_of_product(code: str, key: ConfigurationKey, access: Operating) -> WantedSettingShape:
    async with access.reading() as session:
        return await _setting(session, await product_of(session, code), key)


@products.put("/configuration/{key:path}", summary="Want a setting of every station of the product")
async def want_of_product(
    code: str, key: ConfigurationKey, body: Value, access: Configuring, condition: IfMatch
) -> WantedSettingShape:
    """Active stations are brought to it whenever they can be reached; one that is wanted otherwise itself is left."""
    async with access.work() as work:
        owner = await lock_product(work, code)
        return await _want(work, owner, key, body, condition, f"/v1/products/{quote(code)}")


@products.delete("/configuration/{key:path}", status_code=204, summary="Want a setting no more")
async def forget_of_product(code: str, key: ConfigurationKey, access: Configuring, condition: IfMatch) -> None:
    """It stays at the stations as it is."""
    async with access.work() as work:
        await _forget(work, await lock_product(work, code), key, condition)


@stations.get("", summary="Everything that is wanted of the station, and how far it has come with it")
async def show_of_station(name: str, access: Maintaining) -> WantedOfStationShape:
    async with access.work() as work:
        session = work.session
        asset = await found(session, access, name)
        wish = await store.firmware_for(session, asset)
        known = await store.known_firmware(session, asset.id)
        cards = await store.list_for(session, asset)
        tokens = await store.tokens_for(session, asset) or ()
        has = await store.known_list(session, asset.id)
        return WantedOfStationShape(
            configuration=await _progress(work, asset),
            firmware=None if wish is None else firmware_progress(wish, known, upkeep_firmware.running(asset)),
            list=None if cards is None else list_progress(cards, tokens, has),
        )


@stations.post("/check", status_code=202, summary="Ask the station at once for what is wanted of it")
async def check(name: str, access: Maintaining) -> None:
    """Every setting and the version of its list are read, and what it has refused is tried again, without its wait.

    It is so as soon as the station is connected; without this, stations are asked once a day and after each boot.
    """
    async with access.work() as work:
        await upkeep.check(work, (await found(work.session, access, name)).id)


@stations.get("/configuration/{key:path}", summary="What this station itself is to have for a key")
async def show_setting_of_station(name: str, key: ConfigurationKey, access: Maintaining) -> WantedSettingShape:
    async with access.reading() as session:
        return await _setting(session, owner_of(await found(session, access, name)), key)


@stations.put("/configuration/{key:path}", summary="Want a setting of this station, whatever its product's is")
async def want_of_station(
    name: str, key: ConfigurationKey, body: Value, access: Configuring, condition: IfMatch
) -> WantedSettingShape:
    """It is brought to it whenever it can be reached, from its activation on."""
    async with access.work() as work:
        owner = await lock_station(work, access, name)
        return await _want(work, owner, key, body, condition, f"/v1/stations/{quote(name)}")


@stations.delete("/configuration/{key:path}", status_code=204, summary="Want it as of every station of the product")
async def forget_of_station(name: str, key: ConfigurationKey, access: Configuring, condition: IfMatch) -> None:
    """Where nothing is wanted of its product, it stays at the station as it is."""
    async with access.work() as work:
        await _forget(work, await lock_station(work, access, name), key, condition)


async def product_of(session: AsyncSession, code: str) -> Owner:
    """Raises NotFound."""
    product = await tenders.product_by_code(session, code)
    if product is None:
        raise NotFound(f"There is no product '{code}'")
    return Owner(product.code, product_id=product.id)


async def lock_product(work: Work, code: str) -> Owner:
    """Whoever else wants something of it waits until the transaction ends. Raises NotFound."""
    product = await tenders.lock_product(work.session, code)
    if product is None:
        raise NotFound(f"There is no product '{code}'")
    return Owner(product.code, product_id=product.id)


def owner_of(asset: Asset) -> Owner:
    return Owner(asset.name, asset_id=asset.id)


async def lock_station(work: Work, access: Access, name: str) -> Owner:
    """As ``lock_product``. Raises NotFound."""
    asset = await found(work.session, access, name)
    return owner_of(await assets.lock(work.session, asset.id))


async def _want(
    work: Work, owner: Owner, key: str, body: WantedValue, condition: Precondition, place: str
) -> WantedSettingShape:
    await _check(work, owner, key, condition)
    made = await wanting.set_setting(work, owner, key, body.value)
    return condition.answered(setting_shape(made), f"{place}/wanted/configuration/{quote(key, safe='')}")


async def _forget(work: Work, owner: Owner, key: str, condition: Precondition) -> None:
    await _check(work, owner, key, condition)
    await wanting.remove_setting(work, owner, key)


async def _check(work: Work, owner: Owner, key: str, condition: Precondition) -> None:
    row = await store.setting_of(work.session, owner, key)

    async def shown() -> WantedSettingShape:
        return await _setting(work.session, owner, key)

    if row is None:
        condition.check_new()
    else:
        await condition.check(shown)


async def _setting(session: AsyncSession, owner: Owner, key: str) -> WantedSettingShape:
    row = await store.setting_of(session, owner, key)
    if row is None:
        raise NotFound(f"No setting '{key}' is wanted of {owner.reference}")
    return setting_shape(row)


async def _progress(work: Work, asset: Asset) -> list[SettingProgressShape]:
    known = {row.name: row for row in await store.known_settings(work.session, asset.id)}
    owners: dict[WantedBy, Owner] = {
        "station": owner_of(asset),
        "product": Owner(asset.name, product_id=asset.product_id),
    }
    said = {
        (row.name.casefold(), row.value): whose
        for whose, owner in reversed(owners.items())
        for row in await store.settings_of(work.session, owner)
    }
    return [
        progress_shape(setting, said.get((setting.name.casefold(), setting.wanted), "vend"), known.get(setting.name))
        for setting in await upkeep_configuration.settings_of(work, asset)
    ]


router = APIRouter(tags=["wanted"])
router.include_router(products)
router.include_router(stations)
