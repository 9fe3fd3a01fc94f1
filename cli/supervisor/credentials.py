"""Secrets made at the first start, kept beside the data they open."""

import base64
import json
import secrets
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from cli.supervisor.files import write_whole

ADMINISTRATOR_EMAIL = "admin@stationmaster.example"
MAILBOX_USERNAME = "stationmaster"
SMS_NUMBER = "+3197005080001"


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """``keys`` is the key ring of ``models.settings``; the webhook secret is as Standard Webhooks writes them."""

    postgres_password: str
    keys: str
    grid_operator_api_key: str
    grid_operator_webhook_secret: str
    mailbox_password: str
    sms_account_sid: str
    sms_auth_token: str
    administrator_password: str

    @classmethod
    def made_now(cls) -> "Credentials":
        return cls(
            postgres_password=secrets.token_urlsafe(24),
            keys=f"k1:{_base64(32)}",
            grid_operator_api_key=secrets.token_urlsafe(24),
            grid_operator_webhook_secret=f"whsec_{_base64(32)}",
            mailbox_password=secrets.token_urlsafe(24),
            sms_account_sid=f"AC{secrets.token_hex(16)}",
            sms_auth_token=secrets.token_hex(16),
            administrator_password=secrets.token_urlsafe(12),
        )

    @classmethod
    def kept_in(cls, path: Path) -> "Credentials":
        """Those in the file, readable by its owner alone; what it lacks is made and added to it.

        Raises ValueError where the file can't be read as such: nothing may silently replace the only key ring.
        """
        kept = _read(path)
        names = {field.name for field in fields(cls)}
        credentials = replace(cls.made_now(), **{name: value for name, value in kept.items() if name in names})
        if asdict(credentials) != kept:
            write_whole(path, json.dumps(kept | asdict(credentials), indent=2), mode=0o600)
        return credentials


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        kept = None
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise ValueError(f"{path} is damaged: put a copy of it back, or remove the whole folder to start anew.")
    path.chmod(0o600)
    return kept


def _base64(count: int) -> str:
    return base64.b64encode(secrets.token_bytes(count)).decode()
