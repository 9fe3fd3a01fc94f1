"""Parks: many stations ordered in one call, played by one program."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.csms.station import until, until_async
from tests.sandbox.stations.plain import PlainCsms
from tests.sandbox_programs import ROOT, free_port, start_program

MANY = 2_000
MANY_WITHIN_S = 100


def order(csms: PlainCsms, **changes: Any) -> dict[str, Any]:
    return {"prefix": "LOT-", "count": 6, "url": f"ws://127.0.0.1:{csms.port}/ocpp", "speed": 100, **changes}


async def figures(control: httpx.AsyncClient, prefix: str = "LOT-") -> dict[str, Any]:
    park: dict[str, Any] = (await control.get(f"/parks/{prefix}")).json()
    return park


async def test_a_park_of_all_versions_comes_by_rule_and_plays_one_script(
    csms: PlainCsms, control: httpx.AsyncClient
) -> None:
    mix = {"ocpp1.6": 1, "ocpp2.0.1": 1, "ocpp2.1": 1}
    body = order(csms, protocols=mix, serial="SN-{number:04d}", key="key-of-{identity}", seed=1)
    opened = (await control.post("/parks", json=body)).json()
    assert (opened["first"], opened["last"], opened["stations"]) == ("LOT-00001", "LOT-00006", 6)
    assert opened["protocols"] == {"ocpp1.6": 2, "ocpp2.0.1": 2, "ocpp2.1": 2}

    async def all_accepted() -> bool:
        return bool((await figures(control))["accepted"] == 6)

    await until_async(all_accepted)
    assert csms.peer("LOT-00001").of("BootNotification")[0]["chargePointSerialNumber"] == "SN-0001"
    assert csms.peer("LOT-00002").of("BootNotification")[0]["chargingStation"]["serialNumber"] == "SN-0002"
    keys = {str(csms.peer(f"LOT-0000{number}").authorizations[0]) for number in range(1, 7)}
    assert len(keys) == 6
    assert (await control.get("/stations/LOT-00001")).json()["frames"] == []
    script = {"steps": [{"do": "plug_in"}, {"do": "swipe", "id_token": "CARD"}]}
    assert (await control.post("/parks/LOT-/script", json=script)).json()["begun"] == 6

    async def all_charging() -> bool:
        park = await figures(control)
        return (park["charging"], park["scripts"]) == (6, {"done": 6})

    await until_async(all_charging)
    assert (await control.delete("/parks/LOT-")).json()["removed"] == 6
    assert (await control.get("/parks/LOT-")).status_code == 404
    await until(lambda: all(peer.socket is None for peer in csms.peers.values()))


async def test_a_park_may_be_a_list(csms: PlainCsms, control: httpx.AsyncClient) -> None:
    listed = [
        {"identity": "LOT-A", "serial": "S1", "key": "one"},
        {"identity": "LOT-B", "serial": "S2", "key": "two", "protocol": "ocpp2.1"},
    ]
    body = order(csms, count=None, stations=listed, frames_kept=5)
    assert (await control.post("/parks", json=body)).status_code == 201
    await until(lambda: csms.peer("LOT-A").of("BootNotification") and csms.peer("LOT-B").of("BootNotification"))
    assert (await control.get("/stations/LOT-A")).json()["frames"]
    shown = (await control.get("/stations", params={"prefix": "LOT-B"})).json()
    assert [(one["identity"], one["serial"], one["protocol"]) for one in shown] == [("LOT-B", "S2", "ocpp2.1")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"count": None}, "count and stations"),
        ({"serial": "{secret}"}, "number"),
        ({"serial": "{identity}" * 5}, "serial"),
        ({"protocols": {"ocpp1.6": 0}}, "protocols"),
        ({"protocols": {"ocpp9": 1}}, "protocols"),
        ({"count": None, "stations": [{"identity": "X", "serial": "1", "key": "1"}]}, "prefix"),
        ({"count": 10_001}, "count"),
    ],
)
async def test_a_bad_order_is_refused_by_field_and_opens_nothing(
    csms: PlainCsms, control: httpx.AsyncClient, changes: dict[str, Any], said: str
) -> None:
    answer = await control.post("/parks", json=order(csms, **changes))
    assert answer.status_code == 422
    assert said in answer.text
    assert (await control.get("/stations")).json() == []


@pytest.mark.hard
@pytest.mark.house
def test_two_thousand_stations_run_in_one_process_and_charge() -> None:
    """The central system is a process of its own, so that what is measured is the simulator's."""
    port = free_port()
    central = subprocess.Popen(  # noqa: S603 -- a program of ours
        [sys.executable, "-m", "tests.sandbox.stations.central", str(port)], cwd=ROOT, stdout=subprocess.PIPE
    )
    program = start_program("stations")
    try:
        assert central.stdout is not None
        assert central.stdout.readline() == b"ready\n"
        body = {
            "prefix": "MANY-",
            "count": MANY,
            "url": f"ws://127.0.0.1:{port}/ocpp",
            "speed": 10,
            "protocols": {"ocpp1.6": 2, "ocpp2.0.1": 1, "ocpp2.1": 1},
            "seed": 1,
        }
        opened = httpx.post(f"{program.url}/parks", json=body, timeout=60, trust_env=False)
        assert opened.status_code == 201, opened.text
        until_figure(program.url, "accepted")
        script = {"steps": [{"do": "plug_in"}, {"do": "swipe", "id_token": "CARD"}]}
        httpx.post(f"{program.url}/parks/MANY-/script", json=script, timeout=60, trust_env=False).raise_for_status()
        until_figure(program.url, "charging")
        assert resident_mb(program.pid) < 600
        assert program.stop() == 0
    finally:
        program.kill()
        central.kill()
        central.wait()
        if central.stdout is not None:
            central.stdout.close()


def until_figure(url: str, name: str) -> None:
    deadline = time.monotonic() + MANY_WITHIN_S / 2
    while (found := httpx.get(f"{url}/parks/MANY-", timeout=60, trust_env=False).json()[name]) < MANY:
        assert time.monotonic() < deadline, f"{found} {name}"
        time.sleep(0.25)


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
