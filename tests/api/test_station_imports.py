"""Many stations without a placement request at once, as CSV: each row for itself, nothing twice (L6)."""

import asyncio
import csv
import io
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from api.v1 import csv_lists, station_entries, station_imports
from models.errors import Overloaded
from models.store import units
from models.store.database import Database
from models.store.viewer import EVERYTHING
from models.tables.site import Site
from models.tables.timeline import TimelineEntry
from models.tables.unit import Unit, UnitState
from models.tables.work_order import WorkOrder
from tests.people import FACTORY_KEY, Person, World
from tests.recording import RecordingRelay

pytestmark = pytest.mark.step("L6")

IMPORT = "/v1/stations/import"


def row(name: str = "A1", **changed: str) -> dict[str, str]:
    said = {
        "street": "Dam",
        "house_number": "1",
        "postal_code": "1012 JS",
        "city": "Amsterdam",
        "municipality": "Amsterdam",
        "latitude": "52.3731",
        "longitude": "4.8926",
        "owner": "Gemeente Voorbeeld",
        "installer": "Installatie BV",
        "service_partner": "Onderhoud BV",
        "product": "DUO-22",
        "serial": f"SN-{name}",
        "ocpp_identity": f"CP-{name}",
        "factory_key": f"{FACTORY_KEY}-{name}",
    }
    return {**said, **changed}


def written(rows: Sequence[dict[str, str]], delimiter: str = ",") -> bytes:
    columns = list(dict.fromkeys(name for each in rows for name in each))
    kept = io.StringIO()
    writer = csv.DictWriter(kept, columns, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return kept.getvalue().encode()


async def send(
    api: httpx.AsyncClient,
    person: Person,
    content: bytes,
    *,
    key: str | None = "k-1",
    check: bool = False,
    kind: str = "text/csv",
) -> httpx.Response:
    headers = {**person.headers, "Content-Type": kind, **({"Idempotency-Key": key} if key else {})}
    return await api.post(f"{IMPORT}?check=true" if check else IMPORT, content=content, headers=headers)


async def imported(api: httpx.AsyncClient, world: World, *rows: dict[str, str], **how: Any) -> Any:
    answer = await send(api, world.operations, written(rows), **how)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stored(database: Database, table: type[Any]) -> int:
    async with database.transaction() as session:
        return int((await session.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


def statuses(said: Any) -> list[str]:
    return [item["status"] for item in said["items"]]


async def test_each_row_is_entered_or_refused_for_itself_with_line_column_and_remedy(
    api: httpx.AsyncClient, world: World, database: Database, relay: RecordingRelay
) -> None:
    said = await imported(
        api,
        world,
        row("A1"),
        row("A2", product="NONE"),
        row("A3", latitude="91"),
        row("A4", factory_key="short"),
        row("A5", owner="Nobody at all"),
        row("A6", evse_ids="NL*ABC*E6*1"),
        row("A7", serial=""),
        row("A8", contact_name="Gerda"),
        row("A9", evse_ids="NL*ABC*E9*1 NL*ABC*E9*2"),
    )
    assert (said["entered"], said["known"], said["refused"], said["checked"]) == (2, 0, 7, False)
    assert [item["line"] for item in said["items"]] == list(range(2, 11))
    columns = [[error["column"] for error in item["errors"]] for item in said["items"] if item["errors"]]
    assert columns == [
        *(["product"], ["latitude"], ["factory_key"], ["owner"]),
        *(["evse_ids"], ["serial"], ["contact_email"]),
    ]
    words = [item["errors"][0]["detail"] for item in said["items"] if item["errors"]]
    assert words[0] == "There is no product 'NONE'"
    assert "16 to 40" in words[2]
    assert words[3] == "There is no operator or requester of this name or id"
    assert "2 connectors" in words[4]
    assert words[5] == "This is required"
    references = [item["work_order"] for item in said["items"] if item["work_order"]]
    assert sorted(relay.delivered) == sorted(f"work-order-{each}" for each in references)
    assert (await stored(database, WorkOrder), await stored(database, Unit)) == (2, 2)


async def test_rows_of_one_site_become_one_work_order(api: httpx.AsyncClient, world: World, database: Database) -> None:
    here = {"site": "Garage Noord"}
    said = await imported(
        api,
        world,
        row("A1", **here),
        row("A2"),
        row("A3", **here),
        row("A4", **here, street="Damrak"),
        row("A5", **here, installer="Monteurs BV"),
        row("A6", **here, owner=str(world.other_municipality.id)),
    )
    orders = [item["work_order"] for item in said["items"]]
    assert orders[0] == orders[2] != orders[1]
    assert len({each for each in orders if each}) == 3
    assert [item["errors"][0]["column"] for item in said["items"][3:5]] == ["street", "installer"]
    assert "Line 2 says otherwise" in said["items"][3]["errors"][0]["detail"]
    assert await stored(database, Site) == 3
    shown = await api.get(f"/v1/work-orders/{orders[0]}", headers=world.installer_user.headers)
    assert [line["hardware"]["hardware_id"] for line in shown.json()["lines"]] == ["SN-A1", "SN-A3"]
    later = await imported(api, world, row("A7", **here), row("A8", **here, street="Damrak"), key="k-2")
    assert statuses(later) == ["entered", "refused"]
    assert "has street 'Dam'" in later["items"][1]["errors"][0]["detail"]
    assert await stored(database, Site) == 3


async def test_the_same_list_sent_again_creates_nothing_twice_and_a_corrected_one_adds_the_rest(
    api: httpx.AsyncClient, world: World, database: Database
) -> None:
    rows = [row("A1", site="Garage Noord"), row("A2"), row("A3", product="NONE")]
    first = await imported(api, world, *rows)
    assert statuses(first) == ["entered", "entered", "refused"]
    for key in ("k-1", "k-2"):
        again = await imported(api, world, *rows, key=key)
        assert statuses(again) == ["known", "known", "refused"]
        assert [item["work_order"] for item in again["items"]] == [item["work_order"] for item in first["items"]]
    assert await stored(database, WorkOrder) == 2
    corrected = await imported(api, world, *rows[:2], row("A3"), key="k-3")
    assert statuses(corrected) == ["known", "known", "entered"]
    other = await send(api, world.operations, written([row("A9")]), key="k-1")
    assert other.status_code == 422
    assert "Idempotency-Key" in other.text


async def test_what_was_entered_otherwise_is_refused_by_its_columns(api: httpx.AsyncClient, world: World) -> None:
    await world.book_in("HW-1")
    await imported(api, world, row("A1"), row("A2"))
    said = await imported(
        api,
        world,
        row("A1", street="Damrak"),
        row("A3", ocpp_identity="CP-A2"),
        row("A4", serial="SN-HW-1"),
        row("A5", hardware_id="HW-1"),
        key="k-2",
    )
    columns = [[error["column"] for error in item["errors"]] for item in said["items"]]
    assert columns == [["serial", "hardware_id", "ocpp_identity"], ["ocpp_identity"], ["serial"], ["hardware_id"]]


async def test_a_name_that_stands_twice_in_the_list_is_refused_in_both_rows(
    api: httpx.AsyncClient, world: World, database: Database
) -> None:
    said = await imported(api, world, row("A1"), row("A2", serial="SN-A1"), row("A3"))
    assert statuses(said) == ["refused", "refused", "entered"]
    assert "more than once" in said["items"][0]["errors"][0]["detail"]
    assert await stored(database, Unit) == 1


async def test_a_check_tells_what_would_become_of_each_row_and_changes_nothing(
    api: httpx.AsyncClient, world: World, database: Database, relay: RecordingRelay
) -> None:
    await imported(api, world, row("A1"))
    relay.delivered.clear()
    entries = await stored(database, TimelineEntry)
    said = await imported(api, world, row("A1"), row("A2"), row("A3", product="NONE"), key=None, check=True)
    assert (said["checked"], statuses(said)) == (True, ["known", "possible", "refused"])
    assert (said["entered"], said["known"], said["refused"]) == (1, 1, 1)
    assert await stored(database, WorkOrder) == 1
    assert await stored(database, TimelineEntry) == entries
    assert relay.delivered == []


async def test_semicolons_a_byte_order_mark_and_decimal_commas_are_read(
    api: httpx.AsyncClient, world: World, database: Database
) -> None:
    content = b"\xef\xbb\xbf" + written([row("A1", latitude="52,3731", street='Dam; "het plein"')], ";")
    answer = await send(api, world.operations, content)
    assert statuses(answer.json()) == ["entered"], answer.text
    async with database.transaction() as session:
        site = (await session.execute(select(Site))).scalar_one()
    assert (site.latitude, site.street) == (52.3731, 'Dam; "het plein"')


async def test_a_form_with_a_file_is_taken_as_well(api: httpx.AsyncClient, world: World) -> None:
    headers = {**world.operations.headers, "Idempotency-Key": "k-1"}
    sent: dict[str, Any] = {"files": {"file": ("list.csv", written([row("A1")]), "text/csv")}, "headers": headers}
    assert statuses((await api.post(IMPORT, **sent)).json()) == ["entered"]
    sent["files"] = {"file": ("list.csv", written([row("A2")]), "text/csv")}
    assert (await api.post(IMPORT, **sent)).status_code == 422, "the key stands for another file"


FILES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "'serial' is missing"),
    "no stations": (written([row()]).splitlines()[0] + b"\r\n\r\n,,,\r\n", "no station in the list"),
    "an unknown column": (written([row(colour="red")]), "'colour' is no column"),
    "a column twice": (written([row()]).replace(b"street", b"city", 1), "'city' is there twice"),
    "another encoding": (written([row(street="Dam")]).replace(b"Dam,", b"D\xe9m,"), "UTF-8"),
    "an open quote": (written([row()]) + b'"', "quotes"),
}


@pytest.mark.parametrize("what", FILES)
async def test_what_is_no_such_list_is_refused_as_a_whole(api: httpx.AsyncClient, world: World, what: str) -> None:
    content, words = FILES[what]
    answer = await send(api, world.operations, content)
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["detail"]


async def test_rows_that_are_cut_or_hold_what_can_not_be_stored_are_refused_alone(
    api: httpx.AsyncClient, world: World
) -> None:
    good = written([row("A1"), row("A2"), row("A3")]).split(b"\r\n")
    content = b"\r\n".join([good[0], good[1], good[2].replace(b"Dam", b"D\0m"), good[3] + b",more"])
    said = (await send(api, world.operations, content)).json()
    assert statuses(said) == ["entered", "refused", "refused"]
    assert "NUL" in said["items"][1]["errors"][0]["detail"]
    assert "15 cells, the header has 14" in said["items"][2]["errors"][0]["detail"]


async def test_a_line_break_in_a_cell_does_not_shift_the_numbers(api: httpx.AsyncClient, world: World) -> None:
    said = await imported(api, world, row("A1", street="Dam\nhet plein"), row("A2", product="NONE"))
    assert [item["line"] for item in said["items"]] == [2, 4]


async def test_more_rows_than_there_may_be_are_refused(
    api: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_lists, "MOST", 2)
    answer = await send(api, world.operations, written([row("A1"), row("A2"), row("A3")]))
    assert answer.status_code == 422
    assert "more than 2 rows" in answer.json()["detail"]


async def test_another_kind_of_body_a_missing_key_and_other_people_are_refused(
    api: httpx.AsyncClient, world: World
) -> None:
    content = written([row()])
    assert (await send(api, world.operations, content, kind="application/json")).status_code == 415
    assert (await send(api, world.operations, content, key=None)).status_code == 422
    for person in (world.requester, world.installer_user, world.warehouse, world.engineer):
        assert (await send(api, person, content)).status_code == 403


async def test_the_import_is_on_record_without_keys(api: httpx.AsyncClient, world: World) -> None:
    await imported(api, world, row("A1"), row("A2", product="NONE"))
    told = (await api.get("/v1/audit", params={"subject": "import"}, headers=world.administrator.headers)).json()
    (entry,) = told["items"]
    assert (entry["what"], entry["detail"]["counts"]) == (
        "stations imported",
        {"entered": 1, "known": 0, "refused": 1},
    )
    assert entry["detail"]["lines"] == [{"line": 3, "columns": ["product"]}]
    everything = (await api.get("/v1/audit?limit=200", headers=world.administrator.headers)).text
    assert FACTORY_KEY not in everything
    assert "argon2" not in everything


async def test_a_list_that_was_cut_short_is_finished_by_sending_it_again(
    api: httpx.AsyncClient, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(f"A{number}") for number in range(5)]
    usual = station_entries.key_hashes
    calls = 0

    async def dies(*said: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise RuntimeError("the process dies")
        return await usual(*said)

    with monkeypatch.context() as patched:
        patched.setattr(station_imports, "_ROWS_AT_ONCE", 1)
        patched.setattr(station_imports, "key_hashes", dies)
        assert (await send(api, world.operations, written(rows))).status_code == 500
    assert await stored(database, WorkOrder) == 3
    again = await imported(api, world, *rows)
    assert statuses(again) == ["known"] * 3 + ["entered"] * 2


async def test_two_lists_at_once_enter_each_station_once(
    api: httpx.AsyncClient, world: World, database: Database
) -> None:
    rows = [row(f"A{number}", site=f"Garage {number % 3}") for number in range(30)]
    both = await asyncio.gather(*(imported(api, world, *rows, key=f"k-{each}") for each in range(2)))
    assert await stored(database, Unit) == 30
    pairs = [sorted(each) for each in zip(*map(statuses, both), strict=True)]
    assert pairs == [["entered", "known"]] * 30


@pytest.mark.hard
@pytest.mark.timeout(120)
async def test_hundreds_are_entered_while_others_are_answered(
    api: httpx.AsyncClient, world: World, database: Database
) -> None:
    content = written([row(f"A{number}", site=f"Garage {number // 4}") for number in range(400)])
    sending = asyncio.create_task(send(api, world.operations, content))
    answered = 0
    while not sending.done():
        assert (await api.get("/v1/tasks?limit=1", headers=world.operations.headers)).status_code == 200
        answered += 1
    said = (await sending).json()
    assert (said["entered"], said["refused"]) == (400, 0)
    assert await stored(database, WorkOrder) == 100
    assert answered > 400 / station_imports._ROWS_AT_ONCE
    async with database.transaction() as session:
        known = await units.find(session, "SN-A399", EVERYTHING)
        hashes = (await session.execute(select(col(Unit.factory_key_hash)).distinct())).scalars().all()
    assert known is not None
    assert (known.state, len(hashes)) == (UnitState.ON_SITE, 400)


async def test_a_house_that_is_too_busy_blames_no_row_and_the_list_is_sent_again(
    api: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_busy(*_: Any) -> Any:
        raise Overloaded("Too many at this moment; try again in a few seconds", retry_after_s=5)

    content = written([row("A1"), row("A2")])
    with monkeypatch.context() as busy:
        busy.setattr(station_imports, "key_hashes", too_busy)
        answer = await send(api, world.operations, content)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    again = await send(api, world.operations, content)
    assert statuses(again.json()) == ["entered", "entered"]
