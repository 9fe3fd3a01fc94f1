import base64
import json
from pathlib import Path

import pytest

from cli.supervisor.credentials import Credentials


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = Credentials.kept_in(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Credentials.kept_in(path) == first
    assert Credentials.kept_in(tmp_path / "other.json") != first


def test_keys_are_32_bytes_behind_an_id_and_webhook_secrets_as_the_standard_writes_them(tmp_path: Path) -> None:
    credentials = Credentials.kept_in(tmp_path / "secrets.json")
    name, _, key = credentials.keys.partition(":")
    assert name == "k1"
    assert len(base64.b64decode(key)) == 32
    prefix, _, secret = credentials.grid_operator_webhook_secret.partition("_")
    assert prefix == "whsec"
    assert len(base64.b64decode(secret)) == 32


def test_a_secret_that_a_newer_version_needs_is_added_to_the_others(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = Credentials.kept_in(path)
    kept = json.loads(path.read_text())
    del kept["mailbox_password"]
    path.write_text(json.dumps(kept))
    path.chmod(0o644)
    second = Credentials.kept_in(path)
    assert second.keys == first.keys
    assert second.mailbox_password
    assert json.loads(path.read_text())["mailbox_password"] == second.mailbox_password
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"keys": ')
    with pytest.raises(ValueError, match="damaged: put a copy of it back"):
        Credentials.kept_in(path)
    assert path.read_text() == '{"keys": '


def test_secrets_do_not_show_when_printed(tmp_path: Path) -> None:
    credentials = Credentials.kept_in(tmp_path / "secrets.json")
    assert credentials.keys not in repr(credentials)
