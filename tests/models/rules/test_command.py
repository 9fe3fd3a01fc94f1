"""A command's table, what may be sent again, and what of it is kept."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.messages.commands import COMMANDS
from models.messages.station import OutcomeKind
from models.rules.command import (
    AT_HAND,
    COMMAND,
    DATA_LIMIT_BYTES,
    NOT_ASKED_FOR,
    OPEN,
    OUTCOMES,
    REPEATABLE,
    CommandEvent,
    CommandState,
    is_repeatable,
    kept,
    secret_in,
)
from models.rules.privacy import SECRET

S, E = CommandState, CommandEvent


def test_every_outcome_that_a_node_can_report_ends_a_command_that_was_sent() -> None:
    assert set(OUTCOMES) == set(get_args(OutcomeKind))
    assert all(COMMAND.is_terminal(COMMAND.next(S.SENT, event)) for event in OUTCOMES.values())


@given(st.lists(st.sampled_from(CommandEvent), max_size=20))
def test_only_what_was_sent_last_is_answered_and_an_end_is_an_end(events: list[CommandEvent]) -> None:
    state, sent = COMMAND.initial, False
    for event in events:
        if COMMAND.allows(state, event):
            assert state in OPEN
            state = COMMAND.next(state, event)
            sent = event is E.SENT or (sent and event is not E.PUT_BACK)
            assert state not in {S.ANSWERED, S.REJECTED, S.NOT_SUPPORTED} or sent


def test_only_a_command_that_was_not_sent_can_be_cancelled() -> None:
    assert [state for state in CommandState if COMMAND.allows(state, E.CANCEL)] == [S.QUEUED]


@pytest.mark.parametrize("kind", ["reset", "unlock", "start_charging", "stop_charging", "reserve_now", "renew_key"])
def test_what_would_be_felt_twice_is_not_sent_again(kind: str) -> None:
    assert not is_repeatable(kind)


@pytest.mark.parametrize("kind", ["read_configuration", "read_schedule", "change_configuration", "clear_cache"])
def test_what_does_no_harm_twice_is_sent_again(kind: str) -> None:
    assert is_repeatable(kind)


def test_the_tables_name_only_commands_that_there_are() -> None:
    assert COMMANDS.keys() >= REPEATABLE | AT_HAND | NOT_ASKED_FOR


@pytest.mark.step("H2")
@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"key": "AuthorizationKey", "value": "x"}, "/key"),
        ({"keys": ["A", "authorizationkey"]}, "/keys/1"),
        ({"key": "SecurityCtrlr.BasicAuthPassword"}, "/key"),
        ({"key": "WifiPassword", "value": "x"}, "/key"),
        ({"items": [{"component": "NetworkConfiguration", "variable": "VpnKey"}]}, "/items/0/variable"),
        ({"payload": {"apn": {"simPin": 1234}}}, "/payload/apn/simPin"),
        ({"location": "ftp://station:secret@files.example/log"}, "/location"),
        ({"payload": {"connectionData": {"basicAuthPassword": "x" * 16}}}, "/payload/connectionData/basicAuthPassword"),
    ],
)
def test_a_secret_in_a_command_is_found_at_its_place(arguments: dict[str, Any], place: str) -> None:
    found = secret_in(arguments)
    assert found is not None
    assert found[0] == place


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"key": "HeartbeatInterval", "value": "300"},
        {"key": "MeterPublicKey[1]"},
        {"token": "04E91C5A7A2C", "connector": 1},
        {"message": {"content": "Enter your PIN, or show a token"}},
        {"location": "https://files.example/a@b"},
        {"connector": 1},
    ],
)
def test_what_holds_no_secret_is_let_through(arguments: dict[str, Any]) -> None:
    assert secret_in(arguments) is None


def test_keys_that_a_station_tells_are_not_kept() -> None:
    told = {
        "configuration": {
            "AuthorizationKey": {"value": "0123456789ABCDEF", "readonly": False},
            "HeartbeatInterval": {"value": "300", "readonly": False},
        },
        "variables": [
            {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": "0123456789ABCDEF"},
            {"component": "NetworkConfiguration", "variable": "ApnPassword", "value": "0123456789ABCDEF"},
        ],
    }
    shown = kept(told)
    assert "0123456789ABCDEF" not in str(shown)
    assert shown["configuration"]["AuthorizationKey"] == SECRET
    assert shown["configuration"]["HeartbeatInterval"]["value"] == "300"
    assert shown["variables"][0]["value"] == SECRET


def test_more_than_can_be_kept_is_left_out_and_said_so() -> None:
    assert kept({"log": "x" * DATA_LIMIT_BYTES})["left_out_bytes"] > DATA_LIMIT_BYTES
