"""Where the Temporal servers of the tests are: programs of their wheels, nothing is downloaded."""

import sysconfig
from pathlib import Path

PROGRAMS = Path(sysconfig.get_path("scripts"))
