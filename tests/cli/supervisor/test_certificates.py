import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from activities.gateways.certificate_authority import authority_from
from cli.supervisor import certificates
from cli.supervisor.certificates import Certificates
from cli.supervisor.credentials import Credentials
from cli.supervisor.deployment import Deployment
from cli.supervisor.ports import WANTED, Ports
from csms.tls import Tls, TlsFiles
from models.settings import Settings

pytestmark = pytest.mark.step("O30", "O31")


def serial(path: Path) -> int:
    return x509.load_pem_x509_certificate(path.read_bytes()).serial_number


def test_an_authority_is_made_once_and_only_its_owner_reads_its_key(tmp_path: Path) -> None:
    first = Certificates.kept_in(tmp_path)
    made = serial(first.authority), serial(first.server)
    assert first.authority_key.stat().st_mode & 0o777 == 0o600
    assert first.server_key.stat().st_mode & 0o777 == 0o600
    assert Certificates.kept_in(tmp_path) == first
    assert (serial(first.authority), serial(first.server)) == made
    trusting = ssl.create_default_context(cafile=first.authority)
    assert trusting.cert_store_stats()["x509_ca"] == 1


def test_the_servers_certificate_is_made_anew_in_time_by_the_same_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "SERVER_VALID", certificates.RENEWED_BEFORE - timedelta(days=1))
    kept = Certificates.kept_in(tmp_path)
    made = serial(kept.authority), serial(kept.server)
    Certificates.kept_in(tmp_path)
    assert serial(kept.authority) == made[0]
    assert serial(kept.server) != made[1]


@pytest.mark.parametrize("damaged", ["ca.pem", "csms.pem"])
def test_what_is_damaged_is_told_and_never_replaced(tmp_path: Path, damaged: str) -> None:
    kept = Certificates.kept_in(tmp_path)
    (tmp_path / damaged).write_text("half")
    if damaged == "ca.pem":
        kept.server.unlink()
    with pytest.raises(ValueError, match="is damaged"):
        Certificates.kept_in(tmp_path)
    assert (tmp_path / damaged).read_text() == "half"


def test_the_embedded_csms_gets_settings_that_it_can_serve_all_profiles_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = Credentials.kept_in(tmp_path / "secrets.json")
    deployment = Deployment(tmp_path, Ports(dict(WANTED), {}), credentials)
    for name, value in deployment.environment().items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    files = TlsFiles.of(settings)
    assert files is not None
    assert Tls(files).context(client_certificate=True).verify_mode is ssl.CERT_REQUIRED
    assert authority_from(settings) is not None
    assert deployment.csms_addresses["csms_tls_client"] == "wss://127.0.0.1:9444/ocpp"
