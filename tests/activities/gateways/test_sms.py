"""Our client of the SMS provider, by Twilio's own library, against the stand-in as a program of its own (N)."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from activities.gateways.errors import Refused, TryAgain
from activities.gateways.sms import TwilioSms
from models.rules.driver_notice import DriverNoticeState
from tests.sandbox_programs import SMS_ACCOUNT, SMS_NUMBER, SMS_TOKEN, Program, free_port, get, put, until

pytestmark = pytest.mark.step("N")
NOTICE = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d31"


def made(url: str, token: str = SMS_TOKEN) -> TwilioSms:
    return TwilioSms(url, SMS_ACCOUNT, SecretStr(token), SMS_NUMBER, "http://127.0.0.1:9")


def a_phone() -> str:
    """One that no other test has."""
    return f"+316{random.randrange(10**8):08}"


@pytest.fixture
async def sms(sms_provider: Program) -> AsyncIterator[TwilioSms]:
    put(sms_provider, "/control/fault", {})
    gateway = made(sms_provider.url)
    yield gateway
    await gateway.aclose()
    put(sms_provider, "/control/fault", {})


async def test_a_text_is_sent_from_our_number_with_the_address_to_tell_its_fate(
    sms: TwilioSms, sms_provider: Program
) -> None:
    phone = a_phone()
    sid = await sms.send(phone, "Geladen: € 5,00", NOTICE)
    (told,) = get(sms_provider, "/control/messages", to=phone)
    assert (told["sid"], told["sender"], told["body"]) == (sid, SMS_NUMBER, "Geladen: € 5,00")
    assert told["callback_url"] == f"http://127.0.0.1:9/v1/webhooks/sms/status/{NOTICE}"


async def test_what_became_of_a_text_is_read_back(sms: TwilioSms, sms_provider: Program) -> None:
    phone = a_phone()
    sid = await sms.send(phone, "one", NOTICE)
    await until(lambda: get(sms_provider, "/control/messages", to=phone)[0]["status"] == "delivered")
    assert await sms.status(sid) == (DriverNoticeState.DELIVERED, None)
    put(sms_provider, "/control/fault", {"mode": "undelivered", "to": phone})
    lost = await sms.send(phone, "two", NOTICE)
    await until(lambda: get(sms_provider, "/control/messages", to=phone)[0]["status"] == "undelivered")
    state, error = await sms.status(lost)
    assert (state, error) == (DriverNoticeState.FAILED, "The SMS provider could not bring it (code 30003).")


async def test_a_text_whose_answer_got_lost_is_found_again_by_phone_words_and_time(
    sms: TwilioSms, sms_provider: Program
) -> None:
    phone, begun = a_phone(), datetime.now(UTC)
    put(sms_provider, "/control/fault", {"mode": "lose_answer", "to": phone, "times": 1})
    with pytest.raises(TryAgain):
        await sms.send(phone, "lost", NOTICE)
    (told,) = get(sms_provider, "/control/messages", to=phone)
    assert await sms.sent(phone, "lost", begun) == [told["sid"]]
    assert await sms.sent(phone, "other words", begun) == []
    assert await sms.sent(a_phone(), "lost", begun) == []
    assert await sms.sent(phone, "lost", begun + timedelta(minutes=1)) == []


@pytest.mark.parametrize("code", [21211, 21610, 21614])
async def test_what_is_wrong_with_the_phone_is_refused_for_good_without_its_number_in_the_reason(
    sms: TwilioSms, sms_provider: Program, code: int
) -> None:
    phone = a_phone()
    put(sms_provider, "/control/fault", {"mode": "refuse", "code": code, "to": phone})
    with pytest.raises(Refused) as refused:
        await sms.send(phone, "text", NOTICE)
    assert str(code) in refused.value.detail
    assert phone not in str(refused.value)
    with pytest.raises(Refused, match="21211"):
        await sms.send("12", "text", NOTICE)


async def test_whatever_can_be_put_right_is_tried_again(sms: TwilioSms, sms_provider: Program) -> None:
    put(sms_provider, "/control/fault", {"mode": "down"})
    with pytest.raises(TryAgain, match="503"):
        await sms.send(a_phone(), "text", NOTICE)
    put(sms_provider, "/control/fault", {"mode": "refuse", "status": 429, "code": 20429})
    with pytest.raises(TryAgain, match="429"):
        await sms.send(a_phone(), "text", NOTICE)
    put(sms_provider, "/control/fault", {})
    for wrong in (made(sms_provider.url, "another token"), made(f"http://127.0.0.1:{free_port()}")):
        with pytest.raises(TryAgain) as tried:
            await wrong.send(a_phone(), "text", NOTICE)
        assert SMS_TOKEN not in str(tried.value)
        await wrong.aclose()
