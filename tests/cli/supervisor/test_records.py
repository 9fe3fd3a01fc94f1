import os
import subprocess
from pathlib import Path

import pytest

from cli.supervisor.identity import ProcessIdentity
from cli.supervisor.records import Address, AlreadyRunning, end_leftovers, held, read_addresses, write_addresses


def test_two_supervisors_exclude_each_other_until_the_first_ends(tmp_path: Path) -> None:
    with held(tmp_path):
        with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}\): end that one first"), held(tmp_path):
            pass
        with held(tmp_path / "another"):
            pass
    with held(tmp_path):
        pass


def test_a_leftover_is_ended_and_another_process_with_its_number_is_not(tmp_path: Path) -> None:
    with subprocess.Popen(("/bin/sleep", "60")) as leftover, subprocess.Popen(("/bin/sleep", "60")) as bystander:
        left, other = ProcessIdentity.of(leftover.pid), ProcessIdentity.of(bystander.pid)
        assert left is not None
        assert other is not None
        earlier = ProcessIdentity(other.pid, other.started - 1)
        write_addresses(tmp_path, {"worker": Address("", left), "api": Address("http://x", earlier)})
        assert end_leftovers(tmp_path) == ["worker"]
        assert not left.runs()
        assert other.runs()
        bystander.kill()
    assert read_addresses(tmp_path) == {}


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": {"url": "x"}}', "{"])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "addresses.json").write_text(text)
    assert read_addresses(tmp_path) == {}


def test_a_process_that_ended_and_was_not_waited_for_runs_no_more() -> None:
    with subprocess.Popen(("/bin/true",)) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert ProcessIdentity.of(process.pid) is None
