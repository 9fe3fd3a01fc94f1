"""On what terms a station gives energy: by contract, unbilled to those who may charge, or free vend to anyone (S7)."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from models.rules.tariff import Dimension, PriceComponent, Tariff, TariffElement

NO_CURRENCY = "XXX"
"""ISO 4217: no currency is involved. What a session costs that is nobody's."""


class Vend(StrEnum):
    CONTRACT = "contract"
    """Whoever may charge there pays for it."""
    UNBILLED = "unbilled"
    """Whoever may charge there charges, and nothing is billed."""
    FREE = "free"
    """Free vend: anyone charges, with any card or none, and nothing is billed."""

    @property
    def is_billed(self) -> bool:
        return self is Vend.CONTRACT


class Switch(NamedTuple):
    """A setting by which a station charges anyone by itself; ``names`` are all that it has, the first is ours."""

    names: tuple[str, ...]
    when_free: str
    otherwise: str


UNKNOWN_OFFLINE = Switch(
    ("AllowOfflineTxForUnknownId", "AuthCtrlr.OfflineTxForUnknownIdEnabled"), when_free="true", otherwise="false"
)
"""OCPP 1.6 ed.2 §9.1.2, which the front translates for OCPP 2."""
AUTHORISATION = Switch(("AuthCtrlr.Enabled",), when_free="false", otherwise="true")
"""OCPP 2.0.1 part 2, referenced components: without it a station starts with an id token of type NoAuthorization."""
OPTIONAL = frozenset(AUTHORISATION.names)
"""A station that has it not charges anyone all the same, since every token is accepted."""


def free_of_charge(currency: str) -> Tariff:
    """OCPI 2.2.1 mod_tariffs, Free of Charge Tariff Example."""
    nothing = PriceComponent(type=Dimension.FLAT, price=Decimal(0), step_size=0)
    return Tariff(currency=currency, elements=(TariffElement(price_components=(nothing,)),))


def configured(wanted: Mapping[str, str], vend: Vend, *, was_free: bool, is_ocpp_2: bool) -> dict[str, str]:
    """The settings of a station, ``wanted`` of it otherwise. While it is free its switches come before all; one that
    ``was_free`` takes them back, unless something is wanted of them."""
    found = dict(wanted)
    for switch in (UNKNOWN_OFFLINE, AUTHORISATION) if is_ocpp_2 else (UNKNOWN_OFFLINE,):
        known = {name.casefold() for name in switch.names}
        named = [name for name in found if name.casefold() in known]
        if vend is Vend.FREE:
            for name in named:
                del found[name]
            found[switch.names[0]] = switch.when_free
        elif was_free and not named:
            found[switch.names[0]] = switch.otherwise
    return dict(sorted(found.items()))
