"""The main road with real processes, all of which export their spans by OTLP over HTTP to a collector in the test."""

import asyncio
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from rich.console import Console

from cli.demo.player import play
from cli.demo.progress import Progress
from cli.demo.report import Outcome
from cli.demo.run import addresses_of
from cli.demo.story import Login, Story
from cli.supervisor.credentials import ADMINISTRATOR_EMAIL
from cli.supervisor.deployment import Deployment
from cli.supervisor.ports import PREFIX, WANTED
from cli.supervisor.servers import running_servers

pytestmark = [pytest.mark.hard, pytest.mark.house, pytest.mark.timeout(400)]

OF_ONE_REQUEST = {
    "POST /v1/placement-requests": "stationmaster-api",
    "StartWorkflow:placement": "stationmaster-api",
    "RunWorkflow:placement": "stationmaster-worker",
    "RunActivity:request_grid_connection": "stationmaster-worker",
    "grid_operator.request_connection": "stationmaster-worker",
    "RunActivity:make_work_order": "stationmaster-worker",
    "notice.deliver": "stationmaster-worker",
    "webhook.send": "stationmaster-worker",
    "mail.send": "stationmaster-worker",
    "RunActivity:send_command": "stationmaster-csms",
    "ocpp.call ChangeConfiguration": "stationmaster-csms",
    "ocpp.call RemoteStartTransaction": "stationmaster-csms",
}
"""Spans that stand in the trace of the request, and the process that tells each."""


class Collector:
    """What came, as spans by trace; ``raw`` is every byte."""

    def __init__(self) -> None:
        self.raw = b""
        self.traces: dict[bytes, list[tuple[str, Span]]] = {}

    def take(self, body: bytes) -> None:
        self.raw += body
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            named = {each.key: each.value.string_value for each in group.resource.attributes}
            for scope in group.scope_spans:
                for span in scope.spans:
                    self.traces.setdefault(span.trace_id, []).append((named["service.name"], span))

    def of(self, name: str) -> list[list[tuple[str, Span]]]:
        """The traces that have a span of this name at their root."""
        return [
            spans
            for spans in self.traces.values()
            if any(span.name == name and not span.parent_span_id for _, span in spans)
        ]


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    """A collector, and where it listens."""
    collector, one_at_a_time = Collector(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with one_at_a_time:
                collector.take(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield collector, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


async def played(folder: Path, story: Story) -> Deployment:
    """The processes have ended, so all that they had to tell has come."""
    async with running_servers(folder) as servers:
        root = Login("the first administrator", "Operator", ADMINISTRATOR_EMAIL)
        password = servers.deployment.credentials.administrator_password
        addresses = addresses_of(servers.deployment)
        await play(story, addresses, root, password, Outcome(folder / "demo").folder, Progress(Console(quiet=True)))
    return servers.deployment


def reaches_root(span: Span, spans: list[tuple[str, Span]]) -> bool:
    by_id = {each.span_id: each for _, each in spans}
    while span.parent_span_id:
        if span.parent_span_id not in by_id:
            return False
        span = by_id[span.parent_span_id]
    return True


def assert_one_trace(collector: Collector) -> None:
    requests = collector.of("POST /v1/placement-requests")
    spans = max(requests, key=len)
    told = {(span.name, service) for service, span in spans}
    assert set(OF_ONE_REQUEST.items()) <= told, set(OF_ONE_REQUEST.items()) - told
    named = [span for _, span in spans if span.name in OF_ONE_REQUEST]
    assert [span.name for span in named if not reaches_root(span, spans)] == []


def assert_nothing_private(collector: Collector, story: Story, deployment: Deployment) -> None:
    credentials = deployment.credentials
    private = [
        story.password,
        story.contact_mail,
        story.city.mail,
        "Rita",
        "Marktplein",
        "Smalle Gracht",
        "/hooks/",
        credentials.grid_operator_api_key,
        credentials.grid_operator_webhook_secret,
        credentials.mailbox_password,
        *(each.hardware.factory_key for each in story.stations),
    ]
    assert [each for each in private if each.encode() in collector.raw] == []


@pytest.mark.step("H4", "H5")
def test_a_request_its_process_its_notices_and_its_frames_are_one_trace_over_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in WANTED:
        monkeypatch.setenv(f"{PREFIX}{each.upper()}", "0")
    story = Story(secrets.token_hex(3).upper(), secrets.token_urlsafe(12))
    with collecting() as (collector, address):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        deployment = asyncio.run(played(tmp_path / "var", story))
    assert_one_trace(collector)
    boots = collector.of("ocpp.receive BootNotification")
    assert any("RunActivity:move_station" in {span.name for _, span in boot} for boot in boots)
    assert_nothing_private(collector, story, deployment)
