"""The electronic ids of cars: every spelling is the same, and none is taken for a card, nor a card for a car (S9)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from models.messages.card import Uid
from models.rules import local_list
from models.rules.vehicle_id import (
    Keys,
    VehicleId,
    VehicleIdKind,
    keys_of,
    of_token,
    pattern_of,
    read,
    spellings_of,
)

pytestmark = pytest.mark.step("S9")

MAC, EMAID = VehicleIdKind.MAC_ADDRESS, VehicleIdKind.EMAID
CAR = "VID:A1B2C3D4E5F6"
CONTRACT = "EMAID:NLTNMC00122045"
HEX = "0123456789ABCDEF"
macs = st.text(HEX, min_size=12, max_size=12)
uids = st.from_regex(r"[A-Za-z0-9]{4,20}", fullmatch=True)


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """A MAC address, and how somebody writes it."""
    mac = draw(macs)
    by = draw(st.sampled_from(("", ":", "-", ".")))
    text = draw(st.sampled_from(("", "VID:", "vid-", "EVCCID:", "MAC="))) + by.join(re.findall("..", mac))
    return mac, draw(st.sampled_from((text, text.lower(), f" {text} ")))


@given(spelled())
def test_every_spelling_of_a_mac_address_is_the_same_and_reading_it_again_changes_nothing(
    written: tuple[str, str],
) -> None:
    mac, said = written
    known = read(MAC, said)
    assert known == VehicleId(MAC, mac)
    assert read(MAC, known.uid) == read(MAC, known.token) == known
    assert of_token(known.token) == known
    assert len(known.token) <= 20, "OCPP 1.6 ed.2 §7.28"
    assert re.fullmatch(pattern_of(known.token), said.strip(), re.IGNORECASE), "an erasure finds it"


@pytest.mark.parametrize("said", ["NL-TNM-C00122045-K", "nltnm012204", "EMAID:NLTNMC00122045", "NL*TNM*012204*5"])
def test_every_spelling_of_a_contract_id_is_the_same(said: str) -> None:
    known = read(EMAID, said)
    assert (known.token, of_token(known.token), len(known.token)) == (CONTRACT, known, 20)
    assert re.fullmatch(pattern_of(CONTRACT), said, re.IGNORECASE)


@pytest.mark.parametrize(
    "said", ["", "A1B2C3D4E5", "A1:B2:C3:D4:E5:G6", "A1:B2:C3:D4:E5:F6:A7", "VID:", "A1B2C3D4E5F6-"]
)
def test_what_is_no_mac_address_is_refused_with_an_example(said: str) -> None:
    with pytest.raises(ValueError, match="A1:B2:C3:D4:E5:F6"):
        read(MAC, said)


@pytest.mark.parametrize(
    ("shown", "kind", "keys"),
    [
        ("VID:A1B2C3D4E5F6", "", Keys(CAR)),
        ("vid:a1b2c3d4e5f6", "", Keys(CAR)),
        ("A1:B2:C3:D4:E5:F6", "", Keys("A1:B2:C3:D4:E5:F6", CAR)),
        ("A1B2C3D4E5F6", "", Keys("A1B2C3D4E5F6", CAR)),
        ("NLTNMC00122045", "", Keys("NLTNMC00122045", CONTRACT)),
        ("NL-TNM-C00122045-K", "", Keys("NL-TNM-C00122045-K", CONTRACT)),
        ("04e91c5a7a2c80", "", Keys("04E91C5A7A2C80")),
        ("a1:b2:c3:d4:e5:f6", "MacAddress", Keys(CAR)),
        ("A1B2C3D4E5F6", "EVCCID", Keys(CAR)),
        ("NLTNMC00122045K", "eMAID", Keys(CONTRACT)),
        ("04E91C5A7A2C80", "MacAddress", Keys("")),
        ("A1B2C3D4E5F6", "eMAID", Keys("")),
        ("A1B2C3D4E5F6", "ISO14443", Keys("A1B2C3D4E5F6")),
        ("VID:A1B2C3D4E5F6", "KeyCode", Keys("")),
    ],
)
def test_a_token_is_looked_for_by_what_its_station_says_it_is(shown: str, kind: str, keys: Keys) -> None:
    assert keys_of(shown, kind) == keys


@given(uids, st.sampled_from(("ISO14443", "ISO15693", "KeyCode", "Local", "")))
def test_a_uid_is_first_of_all_a_card_s_and_with_its_type_nothing_else(uid: str, kind: str) -> None:
    keys = keys_of(TypeAdapter(Uid).validate_python(uid), kind)
    assert keys.first == uid.upper()
    assert of_token(keys.first) is None
    assert not kind or keys.other is None


@given(uids)
def test_what_is_shown_as_a_car_is_never_a_card(uid: str) -> None:
    for kind in ("MacAddress", "eMAID"):
        assert keys_of(uid, kind).first.startswith(("VID:", "EMAID:")) or not keys_of(uid, kind).first


@pytest.mark.parametrize("token", [CAR, CONTRACT, "04E91C5A7A2C80"])
def test_the_spellings_that_are_looked_for_are_of_the_token(token: str) -> None:
    assert token in spellings_of(token)
    assert all(re.fullmatch(pattern_of(token), each) for each in spellings_of(token))


def test_a_list_names_a_car_by_its_id_with_what_kind_that_is_and_knows_it_again() -> None:
    listed = local_list.arguments_of(local_list.Send(3, "differential", (CAR, "04AA"), (CONTRACT,)))["tokens"]
    assert listed == [
        {"token": "NLTNMC00122045", "token_kind": "emaid", "verdict": None},
        {"token": "A1B2C3D4E5F6", "token_kind": "mac_address", "verdict": "accepted"},
        {"token": "04AA", "verdict": "accepted"},
    ]
    assert [local_list.token_of(each) for each in listed] == [CONTRACT, CAR, "04AA"]
