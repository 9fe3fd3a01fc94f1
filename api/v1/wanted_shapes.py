"""What is wanted of stations, and how far each has come, as the API shows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from api.v1.shapes import Shape, example
from models.rules.firmware import FirmwareState
from models.rules.local_list import ListState
from models.rules.wanted import Setting, SettingState
from models.tables.base import new_id
from models.tables.wanted import StationFirmware, StationList, StationSetting, WantedFirmware, WantedList, WantedSetting

_SETTING = {
    "key": "HeartbeatInterval",
    "value": "60",
    "changed_by": "Eva Engineer",
    "changed_at": "2026-12-08T10:20:00Z",
}
_PROGRESS = {
    "key": "HeartbeatInterval",
    "wanted": "60",
    "of": "product",
    "state": "refused",
    "actual": "300",
    "detail": "The station says that it can't be changed",
    "refusals": 2,
    "since": "2026-12-08T10:20:00Z",
    "read_at": "2026-12-08T10:22:00Z",
    "try_again_at": "2026-12-08T10:24:00Z",
}
_FIRMWARE = {
    "version": "2.1.0",
    "location": "https://files.example/duo-2.1.0.bin",
    "signing_certificate": None,
    "signature": None,
    "not_before": "2026-12-10T00:00:00Z",
    "from_hour": 1,
    "to_hour": 5,
    "first": 1,
    "share_percent": 10,
    "failure_limit_percent": 20,
    "changed_by": "Eva Engineer",
    "changed_at": "2026-12-08T10:20:00Z",
}
_FIRMWARE_PROGRESS = {
    "version": "2.1.0",
    "of": "product",
    "state": "under_way",
    "running": "1.4.2",
    "word": "Downloading",
    "detail": "",
    "failures": 0,
    "since": "2026-12-10T01:00:00Z",
    "try_again_at": None,
    "halted_at": None,
}
_LIST = {
    "all_cards": False,
    "chosen": True,
    "tokens": [],
    "changed_by": "Eva Engineer",
    "changed_at": "2026-12-08T10:20:00Z",
}
_LIST_PROGRESS = {
    "of": "product",
    "state": "applied",
    "chosen": True,
    "room": 120,
    "wanted": 120,
    "taken": 120,
    "version": 7,
    "detail": "",
    "refusals": 0,
    "since": "2026-12-08T10:20:00Z",
    "read_at": "2026-12-08T10:20:00Z",
    "try_again_at": None,
}


class WantedSettingShape(Shape):
    model_config = example(**_SETTING)

    key: str
    value: str
    changed_by: str
    changed_at: datetime


class SettingOfProductShape(WantedSettingShape):
    model_config = example(**_SETTING, stations={"applied": 118, "refused": 2})

    stations: dict[SettingState, int] = Field(
        description="How many of the product's stations in operation stand how; who was not asked yet is not counted"
    )


WantedBy = Literal["product", "station", "vend"]


class SettingProgressShape(Shape):
    """``actual`` is what the station told last, null where it has not or keeps it to itself."""

    model_config = example(**_PROGRESS)

    key: str
    wanted: str
    of: WantedBy = Field(
        description="What is wanted of the station itself comes first; before it, what its terms (`vend`) ask for"
    )
    state: SettingState
    actual: str | None
    detail: str
    refusals: int = Field(description="So often in a row the station has refused; each time it is left alone longer")
    since: datetime | None
    read_at: datetime | None
    try_again_at: datetime | None


class RollOutShape(Shape):
    """Of the product's stations in operation. ``halted_at``: it has stopped by itself, as too many failed."""

    model_config = example(stations=120, under_way=3, done=12, failed=1, halted_at=None)

    stations: int
    under_way: int
    done: int
    failed: int
    halted_at: datetime | None


class WantedFirmwareShape(Shape):
    model_config = example(**_FIRMWARE)

    version: str
    location: str
    signing_certificate: str | None
    signature: str | None
    not_before: datetime | None
    from_hour: int | None
    to_hour: int | None
    first: int
    share_percent: int
    failure_limit_percent: int
    changed_by: str
    changed_at: datetime


class FirmwareProgressShape(Shape):
    """``running`` is what the station told at its last boot, ``word`` what it told last of the update."""

    model_config = example(**_FIRMWARE_PROGRESS)

    version: str
    of: Literal["product", "station"]
    state: FirmwareState
    running: str | None
    word: str
    detail: str
    failures: int
    since: datetime | None
    try_again_at: datetime | None
    halted_at: datetime | None


class WantedListShape(Shape):
    """``tokens`` are the cards that are named; they come first of all."""

    model_config = example(**_LIST)

    all_cards: bool
    chosen: bool = Field(description="As many more as each station holds: those likeliest to be shown there")
    tokens: list[str]
    changed_by: str
    changed_at: datetime


class ListProgressShape(Shape):
    """How many cards the station is to know, how many it has taken, and as which version."""

    model_config = example(**_LIST_PROGRESS)

    of: Literal["product", "station"]
    state: ListState
    chosen: bool
    room: int | None = Field(description="How many cards its list holds, where it has been asked for that and tells it")
    wanted: int
    taken: int
    version: int
    detail: str
    refusals: int
    since: datetime | None
    read_at: datetime | None
    try_again_at: datetime | None


class WantedOfProductShape(Shape):
    model_config = example(
        configuration=[{**_SETTING, "stations": {"applied": 118}}], firmware=_FIRMWARE, roll_out=None, list=_LIST
    )

    configuration: list[SettingOfProductShape]
    firmware: WantedFirmwareShape | None
    roll_out: RollOutShape | None
    list: WantedListShape | None


class WantedOfStationShape(Shape):
    """Everything that is wanted of the station, by its product or for itself, and how far it has come with it."""

    model_config = example(configuration=[_PROGRESS], firmware=_FIRMWARE_PROGRESS, list=_LIST_PROGRESS)

    configuration: list[SettingProgressShape]
    firmware: FirmwareProgressShape | None
    list: ListProgressShape | None


def setting_shape(row: WantedSetting) -> WantedSettingShape:
    return WantedSettingShape(key=row.name, value=row.value, changed_by=row.changed_by, changed_at=row.changed_at)


def firmware_progress(
    wish: WantedFirmware, known: StationFirmware | None, running: str | None
) -> FirmwareProgressShape:
    row = known if known is not None and known.round == wish.round else None
    runs_it = running == wish.version
    waiting = FirmwareState.WAITING if row is None else row.state
    return FirmwareProgressShape(
        version=wish.version,
        of="station" if wish.asset_id else "product",
        state=FirmwareState.DONE if runs_it else waiting,
        running=running,
        word="" if row is None else row.word,
        detail="" if row is None else row.detail,
        failures=0 if row is None else row.failures,
        since=None if row is None else row.at,
        try_again_at=None if row is None else row.again_at,
        halted_at=wish.halted_at,
    )


def list_progress(wish: WantedList, wanted: Sequence[str], known: StationList | None) -> ListProgressShape:
    row = known or StationList(asset_id=new_id(), at=wish.changed_at)
    is_as_wanted = row.taken > 0 and set(row.tokens) == set(wanted)
    applied = ListState.APPLIED if is_as_wanted else ListState.PENDING
    return ListProgressShape(
        of="station" if wish.asset_id else "product",
        state=ListState.REFUSED if row.state is ListState.REFUSED else applied,
        chosen=wish.chosen,
        room=row.room,
        wanted=len(wanted),
        taken=len(row.tokens),
        version=row.taken,
        detail=row.detail,
        refusals=row.refusals,
        since=None if known is None else known.at,
        read_at=row.read_at,
        try_again_at=row.again_at,
    )


def progress_shape(setting: Setting, of: WantedBy, known: StationSetting | None) -> SettingProgressShape:
    return SettingProgressShape(
        key=setting.name,
        wanted=setting.wanted,
        of=of,
        state=setting.state,
        actual=setting.actual,
        detail=setting.detail,
        refusals=setting.refusals,
        since=None if known is None or known.wanted != setting.wanted else known.at,
        read_at=setting.read_at,
        try_again_at=setting.again_at,
    )
