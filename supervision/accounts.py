"""Which account a child runs under: PostgreSQL refuses root, so root hands it to nobody."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from supervision.errors import StartFailed


class Identity(TypedDict, total=False):
    """The part of `subprocess.Popen`'s arguments that says who the child is."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account that a process of root's is handed to."""

    name: str
    uid: int
    gid: int

    def identity(self) -> Identity:
        """Arguments for `subprocess.Popen`."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account() -> Account | None:
    """None: the present account will do. Root gets the account `nobody`.

    Raises StartFailed when root has no such account, or the present account has no name.
    """
    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise StartFailed(
                f"PostgreSQL does not run under user number {os.geteuid()}, which has no name on this system. "
                "Start Countersign as a named user (a line in /etc/passwd), or set DATABASE_URL."
            ) from None
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise StartFailed(
            "PostgreSQL does not run as root and this system has no account named nobody. "
            "Start Countersign as an ordinary user, or set DATABASE_URL."
        ) from None
    return Account("nobody", entry.pw_uid, entry.pw_gid)


def identity_of(account: Account | None) -> Identity:
    """Arguments for `subprocess.Popen`; none of them for the present account."""
    return account.identity() if account else {}


def can_reach(path: Path, account: Account | None) -> bool:
    """Whether the account can enter the folder, through every folder above it.

    Asked of the system by trying, for modes alone do not tell (ACLs, mounts). Raises StartFailed when root may
    not change to the account, as in a container without the SETUID capability.
    """
    if account is None:
        return os.access(path, os.X_OK)
    try:
        answer = subprocess.run(
            ["/bin/sh", "-c", 'cd "$1"', "sh", str(path)],
            check=False,
            capture_output=True,
            cwd="/",
            **account.identity(),
        )
    except PermissionError:
        raise StartFailed(
            f"PostgreSQL does not run as root, and this root may not run it as {account.name} "
            "(a container without the SETUID and SETGID capabilities?). "
            "Start Countersign as an ordinary user, or set DATABASE_URL."
        ) from None
    return answer.returncode == 0
