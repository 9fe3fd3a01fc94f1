"""Brings messages to phones, and tells what became of them by signed callbacks, in order."""

import asyncio
import json
import secrets
import sqlite3
from collections.abc import Mapping

import httpx

from sandbox.sms_provider.protocol import VERSION, Account, Asked, Text, new_sid, signature
from sandbox.sms_provider.store import Store

LOOK_AGAIN_S = 0.05
TIMEOUT_S = 15.0
UNREACHABLE = 30003
"""Twilio's own code for a phone that can't be reached."""
OUT = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
IN = frozenset({"START", "YES", "UNSTOP"})
SIGNATURE = "X-Twilio-Signature"


class Sender:
    def __init__(self, store: Store, account: Account) -> None:
        self._store = store
        self._account = account
        self._wrong_token = secrets.token_hex(16)

    async def run(self) -> None:
        """Until cancelled. What was under way then is told again after the next start."""
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            while True:
                self._bring()
                while (callback := self._store.next_callback()) is not None:
                    await self._call(client, callback)
                await asyncio.sleep(LOOK_AGAIN_S)

    async def text(self, text: Text) -> tuple[str, httpx.Response]:
        """A phone's text goes to whom the number belongs: its sid, and what was answered. Raises httpx.HTTPError."""
        sid = text.sid or new_sid()
        said = self._params(sid, text.sender, self._account.number) | {"Body": text.body, "NumMedia": "0"}
        self._store.receive(sid, Asked(self._account.number, text.sender, text.body, None))
        word = text.body.strip().upper()
        if self._store.opts_out() and word in OUT | IN:
            self._store.opt(text.sender, out=word in OUT)
            said["OptOutType"] = "STOP" if word in OUT else "START"
        tokens = {"good": self._account.auth_token, "bad": self._wrong_token}
        token = tokens.get(text.signature)
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            return sid, await self._post(client, self._account.webhook_url, said, token)

    def _bring(self) -> None:
        for message in self._store.queued():
            fault = self._store.fault()
            is_lost = fault.mode == "undelivered" and fault.to in {"", message["recipient"]}
            if is_lost:
                self._store.use_fault(fault)
            steps = [("sent", None), ("undelivered", UNREACHABLE) if is_lost else ("delivered", None)]
            for status, code in steps:
                self._store.become(message["sid"], status, code)
                if message["callback_url"] and fault.callbacks:
                    self._store.tell(message["callback_url"], self._status(message, status, code))

    def _status(self, message: sqlite3.Row, status: str, code: int | None) -> Mapping[str, str]:
        said = self._params(message["sid"], message["sender"], message["recipient"])
        more = {"MessageStatus": status, "SmsStatus": status}
        return said | more | ({} if code is None else {"ErrorCode": str(code)})

    def _params(self, sid: str, sender: str, to: str) -> dict[str, str]:
        return {
            "AccountSid": self._account.sid,
            "ApiVersion": VERSION,
            "From": sender,
            "To": to,
            "MessageSid": sid,
            "SmsSid": sid,
        }

    async def _call(self, client: httpx.AsyncClient, callback: sqlite3.Row) -> None:
        """An address that answers was told, whatever it says; one that can't be reached is tried again."""
        try:
            answer = await self._post(client, callback["url"], json.loads(callback["params"]), self._account.auth_token)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._store.note_callback(callback["n"], f"not reached: {type(error).__name__}", again=True)
            await asyncio.sleep(LOOK_AGAIN_S)
        else:
            self._store.note_callback(callback["n"], f"answered {answer.status_code}", again=False)

    async def _post(
        self, client: httpx.AsyncClient, url: str, params: Mapping[str, str], token: str | None
    ) -> httpx.Response:
        headers = {} if token is None else {SIGNATURE: signature(token, url, params)}
        return await client.post(url, data=dict(params), headers=headers)
