"""Where the embedded PostgreSQL keeps its data and its socket."""

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from supervision.accounts import Account, can_reach
from supervision.errors import StartFailed
from supervision.files import write_whole
from supervision.postgres_binaries import SHARED_FOLDER, shared_folder

SOCKET_NAME = ".s.PGSQL.5432"
# The kernel's limit for a socket's path (sun_path), without its closing NUL.
LONGEST_SOCKET_PATH = 107


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one home's PostgreSQL; both belong to the account that runs it."""

    data: Path
    sockets: Path


def settle(home: Path, account: Account | None) -> Places:
    """Choose the folders, make them, and leave pointers to them in `<home>/run`.

    Both lie in the home, unless the account cannot enter it (root's own clone under /root) or the socket's path
    would be too long. Data that a pointer names is kept, so a home may be moved.
    """
    run = home / "run"
    run.mkdir(mode=0o755, parents=True, exist_ok=True)
    inside = can_reach(home, account)
    data = _pointed(run / "data_directory")
    if data is None or not (data / "PG_VERSION").exists():
        # Not named for the home's path: another home at the same path must not meet this one's data.
        data = home / "postgres" if inside else SHARED_FOLDER / f"home-{secrets.token_hex(6)}" / "postgres"
    sockets = run / "postgres"
    if not inside or len(os.fsencode(sockets / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
        sockets = _short_folder() / f"countersign-{os.geteuid()}-{_short(home)}"
    shared_folder(data.parent)
    own_private_folder(sockets, account)
    for name, folder in (("data_directory", data), ("socket_directory", sockets)):
        _point(run / name, folder)
    return Places(data, sockets)


def own_private_folder(path: Path, account: Account | None) -> None:
    """Make a folder that only the account (and root) may enter.

    Raises StartFailed when one is there that belongs to somebody else or is open to others: in a shared folder
    such as /tmp it could be a trap.
    """
    try:
        path.mkdir(mode=0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    except FileExistsError:
        pass
    there = path.lstat()
    owner = account.uid if account else os.geteuid()
    if not stat.S_ISDIR(there.st_mode) or there.st_uid != owner or there.st_mode & 0o077:
        raise StartFailed(
            f"{path} must be a folder with mode 0700 owned by {account.name if account else 'you'}; "
            "it is not. Remove it, or choose another COUNTERSIGN_HOME."
        )


def _short_folder() -> Path:
    if os.geteuid() == 0 and Path("/run").is_dir():
        return Path("/run")
    return Path("/tmp")  # noqa: S108 - the folder made in it is private, and checked


def _short(home: Path) -> str:
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:12]


def _pointed(pointer: Path) -> Path | None:
    told = pointer.read_text().strip() if pointer.exists() else ""
    return Path(told) if told else None


def _point(pointer: Path, folder: Path) -> None:
    if _pointed(pointer) != folder:
        # Everybody who may look into the home may know where the socket is.
        write_whole(pointer, f"{folder}\n", mode=0o644)
