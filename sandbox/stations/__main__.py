"""``python -m sandbox.stations [--port N] [--state FOLDER]``."""

import argparse
import atexit
import gc
import os
import resource
from pathlib import Path

from sandbox.serving import port_from_environment, serve, state_folder_from_environment
from sandbox.stations.app import create_app
from sandbox.stations.park import Park

PORT_NAMES = ("STATIONMASTER_SANDBOX_STATIONS_PORT", "SANDBOX_PORT")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.stations", description=__doc__)
    parser.add_argument("--port", type=int, help=f"the control's port; else from {' or '.join(PORT_NAMES)}")
    parser.add_argument("--state", type=Path, help="the folder where stations survive a restart; else SANDBOX_STATE")
    given = parser.parse_args()
    _allow_many_sockets()
    atexit.register(gc.freeze)  # a program that ends need not take thousands of stations apart, which takes seconds
    port_name = next((name for name in PORT_NAMES if name in os.environ), PORT_NAMES[0])
    port = given.port or port_from_environment(port_name)
    serve(create_app(Park(given.state or state_folder_from_environment())), port)


def _allow_many_sockets() -> None:
    """A socket per station: as many as the system lets us have, not the shell's usual 1,024."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
