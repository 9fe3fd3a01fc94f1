"""Everything a process reads from its environment, in one place."""

import socket
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.rules.events import Language


class Settings(BaseSettings):
    """Names in the environment are the field's in capitals behind ``STATIONMASTER_``, but for ``DATABASE_URL``.

    Temporal's own settings (``TEMPORAL_ADDRESS``, ``TEMPORAL_NAMESPACE``, TLS, API key) are read by
    ``temporalio.envconfig`` and so do not stand here.
    """

    model_config = SettingsConfigDict(env_prefix="STATIONMASTER_", frozen=True, extra="ignore", populate_by_name=True)

    database_url: SecretStr = Field(validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    keys: SecretStr = Field(min_length=1)
    """Key ring ``id:base64,id:base64`` of 32-byte keys; the first is used to encrypt, all to decrypt."""

    api_host: str = "127.0.0.1"
    api_port: int = 8000
    csms_host: str = "127.0.0.1"
    csms_port: int = 9000
    csms_lowest_profile: int = Field(default=1, ge=1, le=3)
    """OCPP 2.0.1 part 2 §A00: no station may use a lower security profile. With 2 or 3 ``csms_port`` is closed, but
    for proxies that end TLS."""
    csms_proxies: str = ""
    """Networks, such as ``10.0.0.0/8, 127.0.0.1``, whose ``X-Forwarded-For`` and ``-Proto`` are believed."""
    csms_tls_port: int | None = None
    """Security profile 2: TLS, and the station's own key as password."""
    csms_tls_client_port: int | None = None
    """Security profile 3: TLS with a certificate of the station."""
    csms_tls_certificate: Path | None = None
    """PEM, with its chain. This and the next are read again when they change."""
    csms_tls_key: Path | None = None
    csms_tls_client_ca: Path | None = None
    """Who signs our stations' certificates (PEM; several while it is renewed); else ``station_ca_certificate``."""
    csms_tls_manufacturer_ca: Path | None = None
    """Whose certificates open a station's connections until it has used one of ours."""
    csms_sockets: int = Field(default=20_000, ge=1)
    """What this node holds at most; beyond it a station is told to come again."""
    csms_handshakes: int = Field(default=2_000, ge=1)
    """Connections that have not shown yet of which station they are, at once."""
    csms_handshakes_per_address: int = Field(default=500, ge=1)

    station_ca_certificate: Path | None = None
    """Our own authority, which signs the certificates of stations; with its chain, in PEM."""
    station_ca_key: Path | None = None
    station_ca_key_password: SecretStr = SecretStr("")
    station_certificate_days: int = Field(default=365, ge=1, le=3650)

    probe_host: str = "127.0.0.1"
    probe_port: int = 8081
    public_api_url: str = "http://127.0.0.1:8000"
    public_csms_url: str = "ws://127.0.0.1:9000/ocpp"
    node: str = Field(default_factory=socket.gethostname)

    grid_operator_url: str = ""
    grid_operator_api_key: SecretStr = SecretStr("")
    grid_operator_webhook_secret: SecretStr = SecretStr("")

    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_starttls: bool = False
    mail_from: str = "stationmaster@localhost"

    twilio_url: str = "https://api.twilio.com"
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    """Signs what the provider calls us with, too."""
    sms_number: str = ""
    """E.164; ours, from which drivers are texted and which they text. Without it nobody is."""

    documents_url: str = "file://var/documents"
    s3_endpoint_url: str | None = None

    allow_inside_addresses: bool = False
    """Partner webhooks may go to loopback and private addresses; for development only."""

    ui_origin: str = ""
    codec_without_login: bool = False
    """Payloads are decoded for whoever reaches the endpoint; for development on loopback only."""

    bootstrap_email: str = ""
    bootstrap_password: SecretStr = SecretStr("")
    log_format: str = "json"

    requests_per_minute: int = Field(default=6000, ge=1)
    """What each API key may call, where the key has no number of its own, and each person over all logins."""

    country: str = "NL"
    zone: str = "Europe/Amsterdam"
    operator_name: str = "Stationmaster Demo Charging"
    evse_prefix: str = "NL*STM"

    boot_time_limit_s: int = 900
    test_charge_time_limit_s: int = 300
    test_charge_energy_wh: int = 100

    session_hold: Decimal = Field(default=Decimal(25), gt=0)
    """In the account's currency: so much is set aside for a prepaid session, again when nearly used up."""
    session_least: Decimal = Field(default=Decimal(5), gt=0)
    """What an account must be able to spend before energy flows."""

    language: Language = Language.ENGLISH
    """Of letters to whom has not chosen one."""
    credit_limit: Decimal = Field(default=Decimal(250), ge=0)
    """How far below zero a postpaid account may be spent on-line where nobody has said otherwise."""
    subscriptions_per_minute: int = Field(default=5, ge=1)
    """How often one address may ask for a subscription by the form."""
    cards_low_below: int = Field(default=50, ge=1)
    """With fewer cards in the pool customer care is warned."""
    notices_kept_days: int = Field(default=30, ge=1)
    """What has waited longer for an endpoint that is paused is given up."""
    old_secret_valid_hours: int = Field(default=24, ge=1)
    """For so long after a rotation an endpoint's old secret signs beside the new one."""

    messages_kept_days: int = Field(default=14, ge=1)
    """What stations and we said to each other, for people to look at."""
    readings_kept_days: int = Field(default=400, ge=1)
    frames_kept_days: int = Field(default=3650, ge=1)
    """The frames that transactions came in: evidence for as long as an invoice may be asked about."""
    reports_kept_days: int = Field(default=400, ge=1)
    """What stations of OCPP 2 report of themselves at length; of each station and kind the newest thousand parts."""

    customers_kept_days: int | None = Field(default=None, ge=1)
    """So long after their last subscription has ended customers are erased, where nothing is open; None: on request."""

    @cached_property
    def sqlalchemy_url(self) -> str:
        """The same database, by the driver that SQLAlchemy uses, with and without asyncio."""
        _, _, rest = self.database_url.get_secret_value().partition("://")
        return f"postgresql+psycopg://{rest}"

    @property
    def documents_folder(self) -> Path | None:
        """The folder that holds documents, or None where they are kept in S3."""
        scheme, _, rest = self.documents_url.partition("://")
        return Path(rest) if scheme == "file" else None
