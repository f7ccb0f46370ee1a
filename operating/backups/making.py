"""Creating a backup: first the database as of one moment, then the files. Files are only ever added to the home, so
every file that the database refers to is in the archive."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from ground.errors import BackupRefused
from operating.backups import programs
from operating.backups.archive import DUMP, FOLDERS, ArchiveWriter
from operating.backups.secrets import fingerprints
from operating.models import Backup
from supervision.files import settle_name


@dataclass(frozen=True, slots=True)
class Made:
    """The contents of a backup."""

    path: Path
    size: int
    files: int


def folders(*, with_secrets: bool = False) -> dict[str, Path]:
    """The folders of the home to back up, by their name in the archive."""
    home = Path(settings.COUNTERSIGN_HOME)
    found = {name: home / name for name in FOLDERS if with_secrets or name != "secrets"}
    return found | {"media": Path(settings.MEDIA_ROOT)}


def make_backup(*, target: Path, with_secrets: bool) -> Made:
    """Write the archive under a temporary name and rename it, so that it is complete or absent.
    Raises BackupRefused, BackupFailed, OSError, and OperationalError if the database is unavailable."""
    target = target.absolute()
    _check_place(target)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        draft, files = Path(scratch) / "archive", 0
        with _durable(draft) as stream, (Path(scratch) / "listing").open("w+b") as listing:
            archive = ArchiveWriter(stream, listing)
            head = _head(with_secrets)
            dump = Path(scratch) / "dump"
            head["postgres"]["programs"] = programs.dump(dump)
            archive.add(dump, DUMP)
            dump.unlink()
            for path, name in _files(with_secrets):
                # A file that has disappeared since the listing was temporary, and the dump does not refer to it.
                with suppress(FileNotFoundError):
                    archive.add(path, name)
            archive.close(head)
            files = archive.files - 1
        size = draft.stat().st_size
        draft.rename(target)
    settle_name(target.parent)
    Backup.objects.create(name=target.name[:300], size=size, files=files, seconds=time.monotonic() - began)
    return Made(target, size, files)


def _check_place(target: Path) -> None:
    if target.exists():
        raise BackupRefused(f"{target} already exists. Choose another name, or move it away.")
    for folder in folders(with_secrets=True).values():
        if target.resolve().is_relative_to(folder.resolve()):
            raise BackupRefused(f"{folder} is part of the backup. Choose a place outside it, ideally on another disk.")


@contextmanager
def _durable(path: Path) -> Iterator[Any]:
    """A private file that is synced to disk at the end of the block."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def _head(with_secrets: bool) -> dict[str, Any]:
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "countersign": settings.VERSION,
        "postgres": {"server": programs.server_major()},
        "migrations": sorted(MigrationRecorder(connection).applied_migrations()),
        "secrets": fingerprints(),
        "with_secrets": with_secrets,
    }


def _files(with_secrets: bool) -> Iterator[tuple[Path, str]]:
    """Every file with its name in the archive. Names with a leading dot are temporary files."""
    for name, folder in folders(with_secrets=with_secrets).items():
        for parent, inner, files in os.walk(folder):
            inner.sort()
            for file in sorted(files):
                path = Path(parent) / file
                if not file.startswith(".") and path.is_file() and not path.is_symlink():
                    yield path, f"{name}/{path.relative_to(folder).as_posix()}"
