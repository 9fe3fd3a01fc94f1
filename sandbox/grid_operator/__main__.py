"""``python -m sandbox.grid_operator``."""

from sandbox.grid_operator.app import create_app
from sandbox.grid_operator.sender import Sender
from sandbox.grid_operator.store import Store
from sandbox.serving import port_from_environment, serve, state_folder_from_environment, text_from_environment


def main() -> None:
    port = port_from_environment("SANDBOX_PORT")
    api_key = text_from_environment("SANDBOX_API_KEY")
    secret = text_from_environment("SANDBOX_WEBHOOK_SECRET")
    store = Store(state_folder_from_environment())
    serve(create_app(store, Sender(store, secret), api_key), port)


if __name__ == "__main__":
    main()
