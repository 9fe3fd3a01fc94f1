"""Keeps calls to addresses that partners gave us out of our own network.

A name is resolved once, every address it has is judged, and the connection goes to a judged address: a name that
changes between the look and the call (DNS rebinding) gains nothing. Certificate, SNI and ``Host`` stay the name's.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from typing import Final

import httpx

from activities.gateways.errors import Refused, TryAgain

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

RESOLVE_LIMIT_S = 5.0
ADDRESSES_TRIED_LIMIT = 4

_HOST: Final = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_NEVER_CALLED: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # IETF protocol assignments, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "2001::/32",  # Teredo, carries an IPv4 address, RFC 4380
        "2002::/16",  # 6to4, carries an IPv4 address, RFC 3056
        "3fff::/20",  # documentation, RFC 9637; not known to Python 3.11
    )
)


def check_url(url: str, *, allow_inside: bool = False) -> httpx.URL:
    """The URL of a partner's endpoint, read; raises Refused with the reason where we never call such a one.

    Where its name leads is judged when it is called, since that can change.
    """
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused(f"The address can't be read: {error}.", "/url") from error
    schemes = ("https", "http") if allow_inside else ("https",)
    if read.scheme not in schemes:
        raise Refused(f"The address must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.", "/url")
    if not _HOST.fullmatch(_ascii_host(read)):
        raise Refused("The address has no host that could be called.", "/url")
    if read.port is not None and not 0 < read.port < 65536:
        raise Refused("The address has a port beyond 65535.", "/url")
    if read.userinfo:
        raise Refused("The address must not carry a user name or password.", "/url")
    if not allow_inside:
        _check_literal(_ascii_host(read))
    return read


def is_inside(address: Address) -> bool:
    """Whether an address is anything but an ordinary one of the public internet.

    Private, loopback, link-local, shared, multicast, reserved and documentation ranges are inside, and so are the
    IPv6 forms that carry an IPv4 address (mapped, compatible, 6to4, Teredo), but for NAT64's well-known prefix
    (RFC 6052), through which a network without IPv4 reaches the public one: there the carried address counts.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_inside(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _GLOBAL_UNICAST:
            return True
    is_ordinary = address.is_global and not address.is_multicast and not address.is_reserved
    return not is_ordinary or any(address in network for network in _NEVER_CALLED)


async def resolve_outside(host: str, port: int) -> list[str]:
    """The addresses of a host; raises Refused where one of them is inside, TryAgain where there is none."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_LIMIT_S):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TryAgain(f"The name {host} can't be resolved.") from error
    texts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not texts:
        raise TryAgain(f"The name {host} has no address.")
    if any(is_inside(ipaddress.ip_address(text)) for text in texts):
        raise Refused(f"{host} leads to an address that is not on the public internet.", "/url")
    return texts[:ADDRESSES_TRIED_LIMIT]


class OutsideOnly(httpx.AsyncBaseTransport):
    """Carries calls to public addresses only."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        # Kept connections are told apart by address, so one could serve a name it was not checked for.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(verify=tls or True, trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = await resolve_outside(_ascii_host(url), port)
        *first, last = addresses
        for address in first:
            try:
                return await self._inner.handle_async_request(_to(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_to(request, last))

    async def aclose(self) -> None:
        await self._inner.aclose()


def _to(request: httpx.Request, address: str) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": _ascii_host(request.url)},
    )


def _ascii_host(url: httpx.URL) -> str:
    """As it goes into DNS and TLS: ``url.host`` would show the letters of an internationalised name."""
    return url.raw_host.decode("ascii")


def _check_literal(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return
    if is_inside(address):
        raise Refused(f"{host} is not an address on the public internet.", "/url")
