"""What is wanted of stations, by product or by station, and how far each station has come with it (L5)."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.firmware import FirmwareState
from models.rules.local_list import ListState
from models.rules.wanted import SettingState
from models.tables.base import UUID, Instant, Json, datetime, identity, now_column, text_state

_OF_ONE = "num_nonnulls(product_id, asset_id) = 1"
_NONE_YET = {"server_default": sa.text("'[]'")}


class WantedSetting(SQLModel, table=True):
    """One configuration key, wanted of every station of a product or of one station."""

    __tablename__ = "wanted_configuration"
    __table_args__ = (
        sa.UniqueConstraint("product_id", "name"),
        sa.UniqueConstraint("asset_id", "name"),
        sa.CheckConstraint(_OF_ONE, name="of_one"),
    )

    id: UUID = identity()
    product_id: UUID | None = Field(default=None, foreign_key="product.id")
    asset_id: UUID | None = Field(default=None, foreign_key="asset.id")
    name: str = Field(sa_type=sa.Text)
    """The key, in the station's words: of OCPP 1.6, or a variable of OCPP 2."""
    value: str = Field(sa_type=sa.Text)
    changed_by: str = Field(sa_type=sa.Text)
    changed_at: datetime = Field(sa_type=Instant)


class WantedSpread(SQLModel, table=True):
    """Something else is wanted of a product's stations; they are told in the order of their ids, some at a time."""

    __tablename__ = "wanted_spread"

    product_id: UUID = Field(foreign_key="product.id", primary_key=True)
    after: UUID | None = None
    """The last station that was told."""
    correlation_id: str = Field(sa_type=sa.Text)
    created_at: datetime = now_column()


class StationUpkeep(SQLModel, table=True):
    """How the bringing about goes at one station; there is a row as soon as its process has begun."""

    __tablename__ = "station_upkeep"

    asset_id: UUID = Field(foreign_key="asset.id", primary_key=True)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    """From then on its process has something for it to do, and hears of its connecting. None: nothing is wanted."""
    reset_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it was last reset so that what it has taken holds."""
    unread: int = 0
    read_again_at: datetime | None = Field(default=None, sa_type=Instant)


class StationSetting(SQLModel, table=True):
    """One wanted key at one station, as ``models.rules.wanted.Setting`` has it."""

    __tablename__ = "station_setting"

    asset_id: UUID = Field(foreign_key="asset.id", primary_key=True)
    name: str = Field(sa_type=sa.Text, primary_key=True)
    wanted: str = Field(sa_type=sa.Text)
    state: SettingState = Field(default=SettingState.PENDING, sa_type=text_state(SettingState, "state"))
    actual: str | None = Field(default=None, sa_type=sa.Text)
    detail: str = Field(default="", sa_type=sa.Text)
    refusals: int = 0
    read_at: datetime | None = Field(default=None, sa_type=Instant)
    changed_at: datetime | None = Field(default=None, sa_type=Instant)
    again_at: datetime | None = Field(default=None, sa_type=Instant)
    at: datetime = Field(sa_type=Instant)
    """Since when it stands so."""


class WantedFirmware(SQLModel, table=True):
    """The firmware that every station of a product is to run, or one station."""

    __tablename__ = "wanted_firmware"
    __table_args__ = (
        sa.UniqueConstraint("product_id"),
        sa.UniqueConstraint("asset_id"),
        sa.CheckConstraint(_OF_ONE, name="of_one"),
    )

    id: UUID = identity()
    product_id: UUID | None = Field(default=None, foreign_key="product.id")
    asset_id: UUID | None = Field(default=None, foreign_key="asset.id")
    round: UUID
    """Drawn anew whenever something else is wanted: the roll-out begins from its first wave."""
    version: str = Field(sa_type=sa.Text)
    """As stations tell it at their boot."""
    location: str = Field(sa_type=sa.Text)
    signing_certificate: str | None = Field(default=None, sa_type=sa.Text)
    signature: str | None = Field(default=None, sa_type=sa.Text)
    not_before: datetime | None = Field(default=None, sa_type=Instant)
    from_hour: int | None = None
    to_hour: int | None = None
    first: int
    share_percent: int
    failure_limit_percent: int
    halted_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it stopped by itself."""
    changed_by: str = Field(sa_type=sa.Text)
    changed_at: datetime = Field(sa_type=Instant)


class StationFirmware(SQLModel, table=True):
    """How far a station has come with the firmware that is wanted of it."""

    __tablename__ = "station_firmware"
    __table_args__ = (sa.Index("ix_station_firmware_round", "round"),)

    asset_id: UUID = Field(foreign_key="asset.id", primary_key=True)
    round: UUID
    version: str = Field(sa_type=sa.Text)
    state: FirmwareState = Field(default=FirmwareState.WAITING, sa_type=text_state(FirmwareState, "state"))
    word: str = Field(default="", sa_type=sa.Text)
    """What the station told of it last."""
    detail: str = Field(default="", sa_type=sa.Text)
    request: int = 0
    """By this the station knows the update; it grows."""
    failures: int = 0
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    again_at: datetime | None = Field(default=None, sa_type=Instant)
    at: datetime = Field(sa_type=Instant)


class WantedList(SQLModel, table=True):
    """The cards that every station of a product, or one station, is to let charge by itself."""

    __tablename__ = "wanted_list"
    __table_args__ = (
        sa.UniqueConstraint("product_id"),
        sa.UniqueConstraint("asset_id"),
        sa.CheckConstraint(_OF_ONE, name="of_one"),
    )

    id: UUID = identity()
    product_id: UUID | None = Field(default=None, foreign_key="product.id")
    asset_id: UUID | None = Field(default=None, foreign_key="asset.id")
    all_cards: bool
    """Every ordinary card that is not blocked, beside those that are named."""
    chosen: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """As many more as each station holds, chosen for it."""
    tokens: list[str] = Field(default_factory=list, sa_type=Json)
    changed_by: str = Field(sa_type=sa.Text)
    changed_at: datetime = Field(sa_type=Instant)


class StationList(SQLModel, table=True):
    """What a station has of the list, as ``models.rules.local_list.Known`` says it."""

    __tablename__ = "station_list"
    __table_args__ = (
        sa.Index("ix_station_list_concerned", "asset_id", postgresql_where=sa.text("concerned_at IS NOT NULL")),
    )

    asset_id: UUID = Field(foreign_key="asset.id", primary_key=True)
    state: ListState = Field(default=ListState.PENDING, sa_type=text_state(ListState, "state"))
    detail: str = Field(default="", sa_type=sa.Text)
    drawn: int = 0
    taken: int = 0
    tokens: list[str] = Field(default_factory=list, sa_type=Json)
    told: int | None = None
    read_at: datetime | None = Field(default=None, sa_type=Instant)
    again_at: datetime | None = Field(default=None, sa_type=Instant)
    only_full: bool = False
    refusals: int = 0
    at: datetime = Field(sa_type=Instant)
    room: int | None = None
    """How many tokens it holds; None where it does not tell."""
    room_at: datetime | None = Field(default=None, sa_type=Instant)
    chosen: list[str] = Field(default_factory=list, sa_type=Json, sa_column_kwargs=_NONE_YET)
    """The cards that were chosen for it; one that is blocked since is on its list no more."""
    choose_at: datetime | None = Field(default=None, sa_type=Instant)
    """From then on they are chosen anew; None: at once."""
    concerned_at: datetime | None = Field(default=None, sa_type=Instant)
    """Since when a card has changed that it has, or might have; its station hears of it from a worker."""
