"""Where a station connects to, and what it shows there (security profiles 1 to 3)."""

import base64
import ssl
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from sandbox.stations.description import PROFILE_WITH_CERTIFICATE, Fault
from sandbox.stations.settings import Knob

if TYPE_CHECKING:
    from sandbox.stations.station import Station

HANDSHAKE_WITHIN_S = 30


def opened(station: "Station", base_url: str, profile: int) -> connect:
    """The socket to be opened, as a context."""
    ping_s = station.configuration.seconds(Knob.PING_S)
    headers = {} if profile == PROFILE_WITH_CERTIFICATE else {"Authorization": _credentials(station)}
    secured: dict[str, Any] = {"ssl": _tls(station, profile)} if base_url.startswith("wss:") else {}
    return connect(
        f"{base_url.rstrip('/')}/{station.description.identity}",
        subprotocols=[Subprotocol(station.description.protocol)],
        additional_headers=headers,
        compression=None,
        proxy=None,
        open_timeout=HANDSHAKE_WITHIN_S,
        close_timeout=2,
        ping_interval=ping_s or None,
        user_agent_header=f"{station.description.vendor}/{station.firmware_version}",
        **secured,
    )


def _credentials(station: "Station") -> str:
    key = "not-the-key" if station.has(Fault.WRONG_KEY) else station.configuration.key
    return "Basic " + base64.b64encode(f"{station.description.identity}:{key}".encode()).decode()


def _tls(station: "Station", profile: int) -> ssl.SSLContext:
    """Installed roots count beside the CA file; one that the central system has signed replaces the file's."""
    described, own = station.description, station.certificates
    roots = own.roots()
    shows_own = profile == PROFILE_WITH_CERTIFICATE and own.chain is not None
    if not roots and not shows_own:
        pair = (described.certificate_file, described.key_file) if profile == PROFILE_WITH_CERTIFICATE else (None, None)
        return _shared_tls(described.ca_file, *(described.named(path) if path else None for path in pair))
    context = _trusting(described.ca_file)
    for root in roots:
        context.load_verify_locations(cadata=root)
    if own.chain is not None and own.key is not None and shows_own:
        with tempfile.TemporaryDirectory() as folder:  # the ssl module reads key pairs from files only
            pair_file = Path(folder, "own.pem")
            pair_file.touch(0o600)
            pair_file.write_text(f"{own.key}\n{own.chain}")
            context.load_cert_chain(pair_file)
    elif profile == PROFILE_WITH_CERTIFICATE and described.certificate_file and described.key_file:
        context.load_cert_chain(described.named(described.certificate_file), described.named(described.key_file))
    return context


@lru_cache(maxsize=64)
def _shared_tls(ca_file: Path | None, certificate_file: Path | None, key_file: Path | None) -> ssl.SSLContext:
    """Thousands of stations with the same CA share one context: it is costly."""
    context = _trusting(ca_file)
    if certificate_file is not None:
        context.load_cert_chain(certificate_file, key_file)
    return context


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)
