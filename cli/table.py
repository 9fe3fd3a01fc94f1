"""What a person needs after ``stationmaster up``: where everything is, and how to get in."""

from collections.abc import Mapping

from rich.table import Table

from cli.supervisor.credentials import ADMINISTRATOR_EMAIL, MAILBOX_USERNAME
from cli.supervisor.deployment import Deployment
from cli.supervisor.records import Address

_TITLES = {
    "api": "API",
    "openapi": "API description",
    "csms": "CSMS (OCPP)",
    "csms_tls": "CSMS by TLS (profile 2)",
    "csms_tls_client": "CSMS by certificate (profile 3)",
    "temporal_ui": "Temporal UI",
    "temporal": "Temporal",
    "temporal_metrics": "Temporal metrics",
    "worker": "Worker probes",
    "postgres": "PostgreSQL",
    "grid_operator": "Grid operator (sandbox)",
    "mailbox": "Mailbox (sandbox)",
    "mailbox_smtp": "Mailbox SMTP (sandbox)",
    "partner": "Partner (sandbox)",
    "stations": "Stations (sandbox)",
    "sms_provider": "SMS provider (sandbox)",
}


def addresses_table(deployment: Deployment, addresses: Mapping[str, Address]) -> Table:
    """One row for each address, in the order of interest; a wanted port that was taken is named."""
    logins = _logins(deployment)
    table = Table(title="Stationmaster", title_justify="left", header_style="bold")
    for column in ("What", "Address", "Login"):
        table.add_column(column, no_wrap=column == "What", overflow="fold")
    for name, title in _TITLES.items():
        if name in addresses:
            table.add_row(title, addresses[name].url + _note(deployment, name), logins.get(name, ""))
    return table


def _logins(deployment: Deployment) -> dict[str, str]:
    return {
        "api": f"{ADMINISTRATOR_EMAIL}  {deployment.credentials.administrator_password}",
        "postgres": "postgres_password in secrets.json",
        "grid_operator": "grid_operator_api_key in secrets.json",
        "sms_provider": "sms_account_sid and sms_auth_token in secrets.json",
        "mailbox_smtp": f"{MAILBOX_USERNAME}, mailbox_password in secrets.json",
    }


def _note(deployment: Deployment, name: str) -> str:
    port = {"worker": "worker_probe", "openapi": "api"}.get(name, name)
    wanted = deployment.ports.moved.get(port)
    return f" ({wanted} was taken)" if wanted is not None else ""
