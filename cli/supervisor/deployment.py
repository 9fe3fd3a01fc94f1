"""One deployment on one machine: its folder, ports, secrets and the settings that its programs get from them."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cli.supervisor.certificates import Certificates
from cli.supervisor.credentials import ADMINISTRATOR_EMAIL, MAILBOX_USERNAME, SMS_NUMBER, Credentials
from cli.supervisor.ports import Ports, choose_ports
from cli.supervisor.postgres import EmbeddedPostgres
from cli.supervisor.records import read_addresses
from cli.supervisor.temporal import NAMESPACE, EmbeddedTemporal, search_attributes

_FOREIGN = ("TEMPORAL_", "PG", "DATABASE_URL", "STATIONMASTER_PORT_")
"""What the caller's environment says about other servers is kept from ours."""
_NOTHING_COMPILED = "PYTHONDONTWRITEBYTECODE"


def default_folder() -> Path:
    """``STATIONMASTER_VAR``, else ``var`` in the working directory."""
    return Path(os.environ.get("STATIONMASTER_VAR") or "var").absolute()


@dataclass(frozen=True)
class Deployment:
    """``folder`` holds everything that outlives a start."""

    folder: Path
    ports: Ports
    credentials: Credentials

    @classmethod
    def in_folder(cls, folder: Path) -> "Deployment":
        """Chooses ports and makes secrets at the first start, and takes the same ones at every later one."""
        folder = folder.absolute()
        return cls(folder, choose_ports(folder / "ports.json"), Credentials.kept_in(folder / "secrets.json"))

    @cached_property
    def postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(
            self.folder / "postgres", port=self.ports["postgres"], password=self.credentials.postgres_password
        )

    @cached_property
    def temporal(self) -> EmbeddedTemporal:
        return EmbeddedTemporal(self.folder / "temporal", self.ports, search_attributes())

    def http(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    @cached_property
    def certificates(self) -> Certificates:
        """For security profiles 2 and 3; stations trust ``tls/ca.pem``. Raises ValueError where they are damaged."""
        return Certificates.kept_in(self.folder / "tls")

    @property
    def public_csms_url(self) -> str:
        return f"ws://127.0.0.1:{self.ports['csms']}/ocpp"

    @property
    def csms_addresses(self) -> dict[str, str]:
        """Where stations connect, by their security profile: a key, a key over TLS, a certificate."""
        secured = {name: f"wss://127.0.0.1:{self.ports[name]}/ocpp" for name in ("csms_tls", "csms_tls_client")}
        return {"csms": self.public_csms_url, **secured}

    def environment(self, probe: str = "worker_probe") -> dict[str, str]:
        """The environment of our own programs; ``probe`` names the port of their probes. Holds secrets."""
        own = {
            "API_HOST": "127.0.0.1",
            "API_PORT": str(self.ports["api"]),
            "CSMS_HOST": "127.0.0.1",
            "CSMS_PORT": str(self.ports["csms"]),
            "PROBE_HOST": "127.0.0.1",
            "PROBE_PORT": str(self.ports[probe]),
            "PUBLIC_API_URL": self.http("api"),
            "PUBLIC_CSMS_URL": self.public_csms_url,
            "DOCUMENTS_URL": f"file://{self.folder / 'documents'}",
            "UI_ORIGIN": self.http("temporal_ui"),
            "CODEC_WITHOUT_LOGIN": "true",
            "ALLOW_INSIDE_ADDRESSES": "true",
            "KEYS": self.credentials.keys,
            "BOOTSTRAP_EMAIL": ADMINISTRATOR_EMAIL,
            "BOOTSTRAP_PASSWORD": self.credentials.administrator_password,
            **self._tls(),
            **self._outside_parties(),
        }
        return bare_environment() | {
            "DATABASE_URL": self.postgres.url(),
            "TEMPORAL_ADDRESS": f"127.0.0.1:{self.ports['temporal']}",
            "TEMPORAL_NAMESPACE": NAMESPACE,
            **{f"STATIONMASTER_{name}": value for name, value in own.items()},
        }

    def _tls(self) -> dict[str, str]:
        made = self.certificates
        return {
            "CSMS_TLS_PORT": str(self.ports["csms_tls"]),
            "CSMS_TLS_CLIENT_PORT": str(self.ports["csms_tls_client"]),
            "CSMS_TLS_CERTIFICATE": str(made.server),
            "CSMS_TLS_KEY": str(made.server_key),
            "STATION_CA_CERTIFICATE": str(made.authority),
            "STATION_CA_KEY": str(made.authority_key),
            # On one machine all stations come from one address.
            "CSMS_HANDSHAKES_PER_ADDRESS": "2000",
        }

    def _outside_parties(self) -> dict[str, str]:
        return {
            "GRID_OPERATOR_URL": self.http("grid_operator"),
            "GRID_OPERATOR_API_KEY": self.credentials.grid_operator_api_key,
            "GRID_OPERATOR_WEBHOOK_SECRET": self.credentials.grid_operator_webhook_secret,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.ports["mailbox_smtp"]),
            "SMTP_USERNAME": MAILBOX_USERNAME,
            "SMTP_PASSWORD": self.credentials.mailbox_password,
            "TWILIO_URL": self.http("sms_provider"),
            "TWILIO_ACCOUNT_SID": self.credentials.sms_account_sid,
            "TWILIO_AUTH_TOKEN": self.credentials.sms_auth_token,
            "SMS_NUMBER": SMS_NUMBER,
        }


def bare_environment() -> dict[str, str]:
    """The caller's environment without what points at servers of its own.

    Our programs may keep what Python has compiled: the workflows' sandbox imports their modules anew for each run.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith((*_FOREIGN, _NOTHING_COMPILED))}
    scripts = str(Path(sys.executable).parent)
    return kept | {"PYTHONUNBUFFERED": "1", "PATH": f"{scripts}{os.pathsep}{kept.get('PATH', os.defpath)}"}


def environment_of_the_house_in(folder: Path) -> Mapping[str, str]:
    """Of the house that runs embedded under the folder, where the caller names no other database; else nothing."""
    if os.environ.get("DATABASE_URL") or not read_addresses(folder):
        return {}
    ports = Ports(json.loads((folder / "ports.json").read_text()), {})
    return Deployment(folder, ports, Credentials.kept_in(folder / "secrets.json")).environment()
