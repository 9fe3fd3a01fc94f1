"""Temporal as an engineer sees it: through the HTTP API of its UI, with payloads opened by our codec endpoint."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from cli.demo.caller import Caller

ENCRYPTED = "binary/encrypted"
_NAMESPACE = "/api/v1/namespaces/default"
_METADATA = "__temporal_workflow_metadata"
_CSRF_COOKIE, _CSRF_HEADER = "_csrf", "X-CSRF-Token"

Payload = dict[str, Any]


class Engineer:
    def __init__(self, temporal_ui: Caller, codec: Caller) -> None:
        self._ui = temporal_ui
        self._codec = codec

    async def find(self, query: str) -> list[str]:
        """Ids of the workflows that a list filter names."""
        found = await self._ui.get(f"{_NAMESPACE}/workflows", query=query)
        return [each["execution"]["workflowId"] for each in found.get("executions", [])]

    async def status(self, workflow_id: str) -> str:
        """Such as ``completed``."""
        described = await self._ui.get(f"{_NAMESPACE}/workflows/{workflow_id}")
        return str(described["workflowExecutionInfo"]["status"]).rpartition("_STATUS_")[2].lower()

    async def details(self, workflow_id: str) -> str:
        """What the process says of itself, in plain words (Markdown)."""
        await self._ui.get("/api/v1/settings")  # gives the cookie that the UI's calls need
        path = f"{_NAMESPACE}/workflows/{workflow_id}/query/{_METADATA}"
        token = self._ui.http.cookies.get(_CSRF_COOKIE) or ""
        answer = await self._ui.post(path, {"query": {"queryType": _METADATA}}, {_CSRF_HEADER: token})
        metadata = json.loads((await self.decoded(answer["queryResult"]["payloads"]))[0])
        return str(metadata["currentDetails"])

    async def payloads(self, workflow_id: str) -> list[Payload]:
        """Every payload of the history. Search attributes are not among them: they are there to be found by."""
        payloads: list[Payload] = []
        token = ""
        while True:
            page = await self._ui.get(f"{_NAMESPACE}/workflows/{workflow_id}/history", nextPageToken=token)
            payloads += _payloads(page["history"]["events"])
            if not (token := page.get("nextPageToken") or ""):
                return payloads

    async def decoded(self, payloads: list[Payload]) -> list[str]:
        """What the payloads say, each as JSON text."""
        answer = await self._codec.post("/codec/decode", {"payloads": payloads})
        return [base64.b64decode(each.get("data", "")).decode() for each in answer["payloads"]]


def encoding_of(payload: Payload) -> str:
    return base64.b64decode(payload["metadata"].get("encoding", "")).decode()


def _payloads(value: Any) -> Iterator[Payload]:
    if isinstance(value, list):
        for each in value:
            yield from _payloads(each)
    elif isinstance(value, dict) and "metadata" in value and "data" in value:
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name != "searchAttributes":
                yield from _payloads(each)
