"""``python -m sandbox.partner``."""

from sandbox.partner.app import create_app
from sandbox.partner.store import Store
from sandbox.serving import port_from_environment, serve, state_folder_from_environment


def main() -> None:
    port = port_from_environment("SANDBOX_PORT")
    serve(create_app(Store(state_folder_from_environment())), port)


if __name__ == "__main__":
    main()
