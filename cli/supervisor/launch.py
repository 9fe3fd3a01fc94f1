"""Becomes the program it is told to start, after seeing to it that this never outlives the supervisor.

Run by its path (``python -I -S launch.py SUPERVISOR_PID SIGNAL NICE UID GID COMMAND...``; ``-`` for UID and GID changes
nobody), so that neither a thread nor a lock of the supervisor stands between fork and exec. The standard library only.
"""

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1


def main(supervisor: int, death_signal: int, nice: int, uid: str, gid: str, command: list[str]) -> None:
    if nice:
        yield_to_others(nice)
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    # After the change of user: that clears it. Kept over exec, since no program here is set-user-ID.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != supervisor:
        raise SystemExit("The supervisor ended before its program started.")
    # A shell starts what it puts in the background with SIGINT ignored, and exec hands that on.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execv(command[0], command)  # noqa: S606 - the command is the supervisor's own


def yield_to_others(nice: int) -> None:
    """Of a busy machine this one gets less. Where the kernel shares by session, the session's value counts."""
    os.nice(nice)
    # A kernel that shares by program has no such file.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(nice))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5], sys.argv[6:])
