"""Sends text messages by Twilio's API, and reads back what became of them."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol, Self

import httpx
from pydantic import SecretStr
from twilio.base.exceptions import TwilioException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from activities.gateways.answers import read_bounded, retry_after_s
from activities.gateways.errors import Refused, TryAgain
from models import tracing
from models.rules.driver_notice import DriverNoticeState
from models.settings import Settings

STATUS_PATH = "/v1/webhooks/sms/status/"
CONNECT_LIMIT_S = 5.0
CALL_LIMIT_S = 15.0
ANSWER_LIMIT_BYTES = 256 * 1024
READ_BACK_LIMIT = 20
"""Messages to one phone that are looked through for one of ours; the newest first."""

ABOUT_THE_MESSAGE = frozenset({21211, 21214, 21217, 21265, 21408, 21602, 21604, 21610, 21611, 21612, 21614, 21617})
"""Twilio's codes for what is wrong with a message or its phone, and stays wrong: no number, no mobile, opted out."""
STATES = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), DriverNoticeState.SENT),
    **dict.fromkeys(("delivered", "read"), DriverNoticeState.DELIVERED),
    **dict.fromkeys(("undelivered", "failed", "canceled"), DriverNoticeState.FAILED),
}
"""What Twilio says of a message, in our words."""
_SILENT = logging.getLogger("stationmaster.sms")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
"""The library would log what it sends, and to whom."""


class SmsStatus(NamedTuple):
    state: DriverNoticeState
    error: str | None


class Sms(Protocol):
    """Each raises TryAgain and Refused."""

    async def send(self, to: str, text: str, notice_id: str) -> str:
        """The message's id at the provider. A call whose answer gets lost may have sent it: see ``sent``."""

    async def sent(self, to: str, text: str, since: datetime) -> Sequence[str]:
        """The ids of what went to the phone with these words since then, the newest first."""

    async def status(self, provider_id: str) -> SmsStatus:
        """What has become of a message."""


class TwilioSms:
    """One for a process, closed with it; connections are kept and shared. ``url`` is Twilio's, or a stand-in's."""

    def __init__(self, url: str, account_sid: str, auth_token: SecretStr, number: str, public_api_url: str) -> None:
        self._wire = _Wire()
        # Without a login nothing is sent, and so no number is set: the library wants to have one all the same.
        token = auth_token.get_secret_value() or "none"
        self._client = Client(account_sid or "none", token, http_client=self._wire, environment={"none": ""})
        self._client.api.base_url = url.rstrip("/")
        self._number = number
        self._callback = public_api_url.rstrip("/") + STATUS_PATH

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(
            settings.twilio_url,
            settings.twilio_account_sid,
            settings.twilio_auth_token,
            settings.sms_number,
            settings.public_api_url,
        )

    async def aclose(self) -> None:
        await self._wire.aclose()

    @tracing.outgoing("sms.send")
    async def send(self, to: str, text: str, notice_id: str) -> str:
        callback = self._callback + notice_id
        with _judged():
            made = await self._client.messages.create_async(
                to=to, from_=self._number, body=text, status_callback=callback
            )
        if not made.sid:
            raise TryAgain("The SMS provider's answer has no id.")
        return str(made.sid)

    @tracing.outgoing("sms.read_back")
    async def sent(self, to: str, text: str, since: datetime) -> Sequence[str]:
        with _judged():
            found = await self._client.messages.list_async(to=to, from_=self._number, limit=READ_BACK_LIMIT)
        # Twilio tells seconds only.
        begin = since.replace(microsecond=0)
        same = [each for each in found if each.body == text and each.date_created and each.date_created >= begin]
        return [str(each.sid) for each in same]

    @tracing.outgoing("sms.status")
    async def status(self, provider_id: str) -> SmsStatus:
        with _judged():
            found = await self._client.messages(provider_id).fetch_async()
        return status_of(str(found.status), found.error_code)


def status_of(said: str, code: Any) -> SmsStatus:
    """In our words; a status that Twilio has added since is as good as sent."""
    state = STATES.get(said, DriverNoticeState.SENT)
    return SmsStatus(state, _named(code) if state is DriverNoticeState.FAILED else None)


def _named(code: Any) -> str:
    """Their texts tell the phone's number; what their codes mean is documented at www.twilio.com/docs/api/errors."""
    return f"The SMS provider could not bring it (code {code})."


@contextmanager
def _judged() -> Iterator[None]:
    """What the library raises, as ours; without its texts, which tell numbers."""
    try:
        yield
    except (TwilioException, ValueError, KeyError) as error:
        status, code = getattr(error, "status", None), getattr(error, "code", None)
        if code in ABOUT_THE_MESSAGE:
            raise Refused(f"The SMS provider refuses the message (code {code}).", status=status) from None
        raise TryAgain(f"The SMS provider's answer is no use ({status}, code {code}).", status=status) from None


class _Wire(AsyncHttpClient):  # type: ignore[misc]
    """What carries the library's calls: bounded in time and size, and silent about what they hold."""

    def __init__(self) -> None:
        super().__init__(logger=_SILENT, is_async=True)
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(CALL_LIMIT_S, connect=CONNECT_LIMIT_S))

    async def aclose(self) -> None:
        await self._client.aclose()

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as the library calls it
        allow_redirects: bool = False,
    ) -> Response:
        said = {**(headers or {}), "Accept-Encoding": "identity"}
        try:
            async with (
                asyncio.timeout(timeout or CALL_LIMIT_S),
                self._client.stream(
                    method, uri, params=params, data=data, headers=said, auth=auth, follow_redirects=allow_redirects
                ) as answer,
            ):
                body = await read_bounded(answer, ANSWER_LIMIT_BYTES)
        except (httpx.TransportError, httpx.InvalidURL, TimeoutError) as error:
            raise TryAgain(f"The SMS provider can't be reached ({type(error).__name__}).") from error
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise TryAgain("The SMS provider asks for patience (429).", retry_after_s(answer), status=429)
        return Response(answer.status_code, body.decode("utf-8", "replace"), dict(answer.headers))
