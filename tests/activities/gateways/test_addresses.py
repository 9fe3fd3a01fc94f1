"""Calls to partners' addresses never reach our own network."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.gateways import addresses
from activities.gateways.addresses import OutsideOnly, check_url, is_inside, resolve_outside
from activities.gateways.errors import Refused, TryAgain
from tests.certificates import make_certificate

pytestmark = pytest.mark.step("N")

INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 -- a test value
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.0.170",
    "192.88.99.1",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "ff0e::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
]
OUTSIDE = ["8.8.8.8", "193.0.6.139", "2a00:1450:400e::1", "2606:4700::1111", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("text", INSIDE)
def test_an_address_that_is_not_public_is_inside(text: str) -> None:
    assert is_inside(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_a_public_address_is_outside(text: str) -> None:
    assert not is_inside(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/hook",
        "ftp://partner.example/hook",
        "partner.example/hook",
        "https:///hook",
        "https://user:word@partner.example/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://partner.example:99999/hook",
        "https://exa mple/hook",
        "file:///etc/passwd",
        "",
    ],
)
def test_an_address_that_is_never_called_is_refused_when_it_is_read(url: str) -> None:
    with pytest.raises(Refused) as refused:
        check_url(url)
    assert refused.value.field == "/url"


def test_addresses_that_can_be_called_are_read() -> None:
    assert check_url("https://partner.example:8443/hook?x=1").port == 8443
    assert check_url("https://[2606:4700::1111]/hook").host == "2606:4700::1111"
    assert check_url("http://127.0.0.1:9103/hooks/city", allow_inside=True).host == "127.0.0.1"


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "::1"])
async def test_every_way_to_write_loopback_is_refused(host: str) -> None:
    with pytest.raises(Refused):
        await resolve_outside(host, 443)


async def test_a_name_that_does_not_exist_is_tried_again(resolver: "Resolver") -> None:
    resolver.answers = {}
    with pytest.raises(TryAgain, match=r"nowhere\.test"):
        await resolve_outside("nowhere.test", 443)


async def test_a_name_with_one_inside_address_is_refused(resolver: "Resolver") -> None:
    resolver.answers = {"mixed.test": [["8.8.8.8", "10.0.0.1"]]}
    with pytest.raises(Refused, match=r"mixed\.test"):
        await resolve_outside("mixed.test", 443)


async def test_a_name_that_turns_inside_before_the_call_is_refused(resolver: "Resolver") -> None:
    resolver.answers = {"rebind.test": [["10.0.0.1"]]}
    async with httpx.AsyncClient(transport=OutsideOnly()) as client:
        with pytest.raises(Refused):
            await client.post("https://rebind.test/hook")


async def test_the_call_goes_to_the_address_that_was_judged(
    resolver: "Resolver", endpoint: "Endpoint", monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look-up would lead elsewhere, where nobody listens."""
    resolver.answers = {"partner.test": [["127.0.0.1"], ["127.0.0.99"]]}
    _let_loopback_pass(monkeypatch)
    async with httpx.AsyncClient(transport=OutsideOnly(endpoint.trusting), trust_env=False) as client:
        answer = await client.post(f"https://partner.test:{endpoint.port}/hook", content=b"{}")
    assert answer.status_code == 204
    assert resolver.asked == ["partner.test"]
    assert endpoint.server_names == ["partner.test"]
    assert f"host: partner.test:{endpoint.port}" in endpoint.heads[0].lower()


async def test_the_certificate_must_be_the_names_own(
    resolver: "Resolver", endpoint: "Endpoint", monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver.answers = {"other.test": [["127.0.0.1"]]}
    _let_loopback_pass(monkeypatch)
    async with httpx.AsyncClient(transport=OutsideOnly(endpoint.trusting), trust_env=False) as client:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.post(f"https://other.test:{endpoint.port}/hook")
    assert endpoint.heads == []


async def test_the_next_address_is_tried_where_the_first_does_not_answer(
    resolver: "Resolver", endpoint: "Endpoint", monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver.answers = {"partner.test": [["127.0.0.77", "127.0.0.1"]]}
    _let_loopback_pass(monkeypatch)
    async with httpx.AsyncClient(transport=OutsideOnly(endpoint.trusting), trust_env=False) as client:
        answer = await client.post(f"https://partner.test:{endpoint.port}/hook", content=b"{}")
    assert answer.status_code == 204


class Resolver:
    """Stands in for DNS: each look-up of a name takes its next answer, the last one stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    async def getaddrinfo(self, host: str, port: int, **_options: Any) -> list[Any]:
        self.asked.append(host)
        answers = self.answers.get(host)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


@pytest.fixture
async def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    made = Resolver()
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", made.getaddrinfo)
    return made


class Endpoint:
    """An HTTPS server of ``partner.test`` that notes what it is asked for."""

    def __init__(self, folder: Path) -> None:
        made = make_certificate(folder, "partner.test")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(made.certificate, made.key)
        self.context.sni_callback = self._note_name
        self.trusting = ssl.create_default_context(cafile=str(made.certificate))
        self.server_names: list[str] = []
        self.heads: list[str] = []
        self.port = 0

    def _note_name(self, _connection: Any, name: str, _context: ssl.SSLContext) -> None:
        self.server_names.append(name)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()


@pytest.fixture
async def endpoint(tmp_path: Path) -> AsyncIterator[Endpoint]:
    made = Endpoint(tmp_path)
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0, ssl=made.context)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


def _let_loopback_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only addresses that a test can listen on count as outside."""
    monkeypatch.setattr(addresses, "is_inside", lambda address: not address.is_loopback)
