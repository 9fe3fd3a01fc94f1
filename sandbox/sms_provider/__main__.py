"""``python -m sandbox.sms_provider``."""

import os

from sandbox.serving import port_from_environment, serve, state_folder_from_environment, text_from_environment
from sandbox.sms_provider.app import create_app
from sandbox.sms_provider.protocol import Account
from sandbox.sms_provider.sender import Sender
from sandbox.sms_provider.store import Store


def main() -> None:
    port = port_from_environment("SANDBOX_PORT")
    account = Account(
        sid=text_from_environment("SANDBOX_ACCOUNT_SID"),
        auth_token=text_from_environment("SANDBOX_AUTH_TOKEN"),
        number=text_from_environment("SANDBOX_NUMBER"),
        webhook_url=os.environ.get("SANDBOX_WEBHOOK_URL", ""),
    )
    store = Store(state_folder_from_environment())
    serve(create_app(store, Sender(store, account), account), port)


if __name__ == "__main__":
    main()
