"""What commands may say that OCPP 1.6 has no words for: an outcome with its reason, and nothing sent (H2)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from csms.listener import CsmsServer
from csms.outcome import Result
from models.messages import commands
from models.messages.commands import CertificateUse, Purpose, StationCall, Trigger
from tests.csms.commanded import command, ready
from tests.csms.memory import MemoryRecords

pytestmark = pytest.mark.step("H2")

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LONG = "x" * 21
LIMITED = commands.SchedulePeriod(start_s=0, limit=Decimal(16))


def profile(period: commands.SchedulePeriod = LIMITED, **changes: object) -> commands.SetChargingProfile:
    schedule = commands.ChargingSchedule(unit="A", periods=(period,))
    plain = commands.ChargingProfile(
        profile=1, stack_level=0, purpose=Purpose.DEFAULT, kind="absolute", schedule=schedule
    )
    return commands.SetChargingProfile(profile=plain.model_copy(update=changes))


@pytest.mark.parametrize(
    ("asked", "result", "reason"),
    [
        (commands.StartCharging(token=LONG), Result.NOT_SENT, "RemoteStartTransaction/idTag"),
        (
            commands.ReserveNow(reservation=1, token="A", group=LONG, until=NOON),
            Result.NOT_SENT,
            "ReserveNow/parentIdTag",
        ),
        (
            commands.SendLocalList(version=1, kind="full", tokens=(commands.ListedToken(token=LONG),)),
            Result.NOT_SENT,
            "SendLocalList/localAuthorizationList/0/idTag",
        ),
        (commands.ChangeConfiguration(key="x" * 51, value=""), Result.NOT_SENT, "ChangeConfiguration/key"),
        (commands.ChangeConfiguration(key="x", value="y" * 501), Result.NOT_SENT, "ChangeConfiguration/value"),
        (commands.ChangeConfiguration(key="x", value="1", attribute="target"), Result.NOT_SUPPORTED, "attribute"),
        (commands.StopCharging(transaction="T-1"), Result.NOT_SENT, "transaction"),
        (profile(transaction="T-1"), Result.NOT_SENT, "transaction"),
        (profile(alternatives=(profile().profile.schedule,)), Result.NOT_SUPPORTED, "profile/alternatives"),
        (profile(kind="dynamic"), Result.NOT_SUPPORTED, "dynamic"),
        (profile(purpose=Purpose.PRIORITY), Result.NOT_SUPPORTED, "priority"),
        (
            profile(commands.SchedulePeriod(start_s=0, limit=Decimal(1), discharge_limit=Decimal(-1))),
            Result.NOT_SUPPORTED,
            "profile/schedule/periods/discharge_limit",
        ),
        (commands.Unlock(connector=1, plug=2), Result.NOT_SUPPORTED, "plug"),
        (commands.ChangeAvailability(available=True, connector=1, plug=1), Result.NOT_SUPPORTED, "plug"),
        (commands.Reset(connector=1), Result.NOT_SUPPORTED, "connector"),
        (commands.TriggerMessage(message=Trigger.TRANSACTION), Result.NOT_SUPPORTED, "transaction"),
        (commands.ReadCertificates(), Result.NOT_SENT, "use"),
        (commands.ReadCertificates(use=CertificateUse.V2G), Result.NOT_SUPPORTED, "v2g"),
        (
            commands.FetchLog(location="https://a.example", log="data_collector_log"),
            Result.NOT_SUPPORTED,
            "data_collector_log",
        ),
        (commands.SendMessage(action="Reset", payload={"type": "Gentle"}), Result.NOT_SENT, "Reset/type"),
        (commands.SendMessage(action="Reset"), Result.NOT_SENT, "Reset/type"),
    ],
)
async def test_what_1_6_cannot_say_is_not_sent_and_the_reason_is_told(
    server: CsmsServer, records: MemoryRecords, asked: StationCall, result: Result, reason: str
) -> None:
    async with ready(server, "ocpp1.6") as station:
        calls, outcome = await command(server, records, station, asked)
    assert (calls, outcome.result) == ([], result)
    assert reason in outcome.detail
    assert LONG not in outcome.detail, "a token is a person's"


@pytest.mark.parametrize("token_kind", list(commands.TokenKind))
async def test_the_kind_of_a_token_is_left_out_where_tags_have_none(
    server: CsmsServer, records: MemoryRecords, token_kind: commands.TokenKind
) -> None:
    async with ready(server, "ocpp1.6") as station:
        asked = commands.StartCharging(token="x" * 20, token_kind=token_kind)
        calls, _ = await command(server, records, station, asked)
    assert calls == [("RemoteStartTransaction", {"idTag": "x" * 20})]


async def test_any_message_of_the_version_can_be_sent_in_its_own_words(
    server: CsmsServer, records: MemoryRecords
) -> None:
    asked = commands.SendMessage(action="GetLocalListVersion")
    async with ready(server, "ocpp1.6") as station:
        calls, outcome = await command(server, records, station, asked, {"listVersion": 3})
    assert calls == [("GetLocalListVersion", {})]
    assert (outcome.result, outcome.data) == (Result.ACCEPTED, {"answer": {"listVersion": 3}})
