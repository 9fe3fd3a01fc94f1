"""The output of each program in a file of its own, within bounds."""

import os
import shutil
from pathlib import Path
from typing import BinaryIO

LOG_LIMIT_BYTES = 10 * 1024 * 1024
"""A log may grow to this before it is put aside; one older log is kept beside it."""

_TAIL_BYTES = 16 * 1024


def open_log(path: Path) -> BinaryIO:
    """Opens a log for appending, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    keep_within_bounds(path)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "wb")


def keep_within_bounds(path: Path, limit_bytes: int = LOG_LIMIT_BYTES) -> None:
    """Copies and empties a log that has grown too long: the program that writes to it goes on in the same file."""
    if not path.exists() or path.stat().st_size <= limit_bytes:
        return
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)


def last_lines(path: Path, count: int = 15) -> str:
    """The end of a log, for a person to see why a program did not start."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        lines = log.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-count:])
