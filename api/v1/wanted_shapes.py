"""What is wanted of stations, and how far each has come, as the API shows it."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.v1.shapes import Shape, example
from models.rules.wanted import Setting, SettingState
from models.tables.wanted import StationSetting, WantedSetting

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


class WantedSettingShape(Shape):
    model_config = example(**_SETTING)

    key: str
    value: str
    changed_by: str
    changed_at: datetime


class SettingProgressShape(Shape):
    """``actual`` is what the station told last, null where it has not or keeps it to itself."""

    model_config = example(**_PROGRESS)

    key: str
    wanted: str
    of: Literal["product", "station"] = Field(description="What is wanted of the station itself comes first")
    state: SettingState
    actual: str | None
    detail: str
    refusals: int = Field(description="So often in a row the station has refused; each time it is left alone longer")
    since: datetime | None
    read_at: datetime | None
    try_again_at: datetime | None


class WantedOfProductShape(Shape):
    model_config = example(configuration=[_SETTING])

    configuration: list[WantedSettingShape]


class WantedOfStationShape(Shape):
    """Everything that is wanted of the station, by its product or for itself, and how far it has come with it."""

    model_config = example(configuration=[_PROGRESS])

    configuration: list[SettingProgressShape]


def setting_shape(row: WantedSetting) -> WantedSettingShape:
    return WantedSettingShape(key=row.name, value=row.value, changed_by=row.changed_by, changed_at=row.changed_at)


def progress_shape(
    setting: Setting, of: Literal["product", "station"], known: StationSetting | None
) -> SettingProgressShape:
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
