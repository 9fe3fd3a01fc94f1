"""``python -m sandbox.mailbox``."""

import os
import ssl

from sandbox.mailbox.app import create_app
from sandbox.mailbox.smtp import SmtpOptions
from sandbox.mailbox.store import Store
from sandbox.serving import port_from_environment, serve, state_folder_from_environment, text_from_environment


def main() -> None:
    options = SmtpOptions(port_from_environment("SANDBOX_SMTP_PORT"), _tls(), _login())
    port = port_from_environment("SANDBOX_PORT")
    serve(create_app(Store(state_folder_from_environment()), options), port)


def _tls() -> ssl.SSLContext | None:
    certificate = os.environ.get("SANDBOX_SMTP_CERTIFICATE", "")
    if not certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, text_from_environment("SANDBOX_SMTP_CERTIFICATE_KEY"))
    return context


def _login() -> tuple[str, str] | None:
    username = os.environ.get("SANDBOX_SMTP_USERNAME", "")
    return (username, text_from_environment("SANDBOX_SMTP_PASSWORD")) if username else None


if __name__ == "__main__":
    main()
