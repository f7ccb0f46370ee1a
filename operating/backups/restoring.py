"""Restoring a backup into an empty database. Nothing is changed before every byte of the archive has been verified."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from ground.errors import BackupRefused
from operating.backups import archive, programs
from operating.backups.making import folders
from operating.backups.secrets import OF_THE_DATA, fingerprint, fingerprints

# A database with rows in one of these is not empty.
_CONTENT = {"labeling_dataset": "datasets", "labeling_item": "items", "review_decision": "decisions"}


@dataclass(frozen=True, slots=True)
class Restored:
    """The result. `lost_keys`: missing keys that encrypted the labelers' API keys."""

    made_at: str
    files: int
    lost_keys: bool


def restore_backup(*, source: Path) -> Restored:
    """Restore the files, then the database in one transaction; the caller migrates it and grants rights.
    An interrupted restore can be repeated: the database stays empty until the end, and existing files are kept. Raises
    BackupRefused, BackupFailed, OSError, and OperationalError."""
    with source.open("rb") as stream:
        refuse_content()
        head = archive.checked(stream)
        _refuse_newer(head)
        dump = archive.first(stream)
        _refuse_others(stream)
        files = 0
        for member in archive.contents(stream):
            if member.name != archive.DUMP and _put(stream, member):
                files += 1
        os.sync()
        refuse_content()
        made_by = int(head["postgres"]["programs"])
        programs.restore(archive.Section(stream, dump), made_by=made_by)  # type: ignore[arg-type]  # a raw stream
    return Restored(str(head["made_at"]), files, _lost_keys(head))


def refuse_content() -> None:
    """Raises BackupRefused unless the database is empty and this role owns it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, has_schema_privilege('public', 'CREATE')")
        role, may_create = cursor.fetchone()
        if not may_create:
            raise BackupRefused(
                f"{role} may not create tables. Run this as their owner: set DATABASE_OWNER_URL, "
                "or DATABASE_URL for this command alone."
            )
        for table, what in _CONTENT.items():
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{table}"])
            if not cursor.fetchone()[0]:
                continue
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")  # noqa: S608 - a constant
            if cursor.fetchone()[0]:
                raise BackupRefused(
                    f"The database contains {what}: a backup needs an empty database. Nothing was changed. "
                    "Start Countersign with a new COUNTERSIGN_HOME and COUNTERSIGN_SAMPLES=0, or empty the database of "
                    "DATABASE_URL, and restore there."
                )


def _refuse_newer(head: dict[str, Any]) -> None:
    known = MigrationLoader(None).disk_migrations
    ours = {app for app, _ in known}
    missing = [f"{app} {name}" for app, name in head["migrations"] if (app, name) not in known and app in ours]
    if missing:
        raise BackupRefused(
            f"The backup was made by a newer version, {head.get('countersign')}: its migration {missing[0]} is unknown "
            "here. Restore it with that version or a newer one."
        )


def _target(member: archive.Member) -> Path | None:
    """The target path of the file; None if it is not restored."""
    folder, _, rest = member.name.partition("/")
    if folder == "secrets" and rest not in OF_THE_DATA:
        return None
    return folders(with_secrets=True)[folder] / rest


def _refuse_others(stream: BinaryIO) -> None:
    """Raises BackupRefused if a file of the archive would replace a different file of the home."""
    for member in archive.contents(stream):
        if member.name == archive.DUMP or member.name.startswith("secrets/"):
            continue
        target = _target(member)
        if target is not None and target.exists() and not _is_same(stream, member, target):
            raise BackupRefused(
                f"{target} already exists with other content; nothing was changed. Restore into a new COUNTERSIGN_HOME."
            )


def _is_same(stream: BinaryIO, member: archive.Member, target: Path) -> bool:
    if not target.is_file() or target.stat().st_size != member.size:
        return False
    with target.open("rb") as there:
        whole = archive.Section(there, archive.Member(member.name, 0, member.size))
        return whole.digest() == archive.Section(stream, member).digest()


def _put(stream: BinaryIO, member: archive.Member) -> bool:
    """Write one file atomically; False if it exists, or is not restored."""
    target = _target(member)
    if target is None or (target.exists() and _is_same(stream, member, target)):
        return False
    target.parent.mkdir(mode=0o700 if member.name.startswith("secrets/") else 0o755, parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.restoring")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(archive.Section(stream, member), file, archive.PIECE)
    draft.replace(target)
    return True


def _lost_keys(head: dict[str, Any]) -> bool:
    """Whether an encryption key of the backup is neither in use nor in the file that the next start reads."""
    present = set(fingerprints()["encryption_keys"])
    stored = Path(settings.COUNTERSIGN_HOME) / "secrets" / "encryption_keys"
    if stored.exists():
        present |= {fingerprint(key.strip()) for key in stored.read_text().split(",")}
    return not present.issuperset(head["secrets"]["encryption_keys"])
