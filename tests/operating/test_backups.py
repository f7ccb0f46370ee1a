"""Backups: what is refused, and that nothing is touched then. The whole way: tests/chaos/test_backup_under_load.py."""

import io
import json
import subprocess
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.models import Session, User
from ground.errors import BackupRefused
from operating.backups import archive, programs
from operating.management.owner import become_owner
from operating.models import Backup
from supervision.embedded_postgres import OWNER
from tests.people import make_cast

# pg_dump sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    """A home of its own with a file of each kind, on the tests' database."""
    folder = tmp_path / "home"
    settings.COUNTERSIGN_HOME, settings.MEDIA_ROOT = folder, folder / "media"
    for name in ("media/ab/abcdef", "models/m1", "exports/letters-1.csv", "uploads/u1", "exports/.draft-2", "logs/l"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
    (folder / "secrets").mkdir(mode=0o700)
    for name, text in (("encryption_keys", "k" * 40), ("secret_key", "s" * 40), ("database_owner_password", "o")):
        (folder / "secrets" / name).write_text(text)
    return folder


@pytest.fixture(autouse=True)
def owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own connection is the owner's."""
    for command in ("backup", "restore"):
        monkeypatch.setattr(f"operating.management.commands.{command}.become_owner", lambda: None)


def backup(target: Path, **options: Any) -> Path:
    call_command("backup", target, stdout=io.StringIO(), **options)
    return target


def names(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        return tar.getnames()


def test_an_archive_holds_what_matters_and_tells_of_it(home: Path, tmp_path: Path, settings: Any) -> None:
    path = backup(tmp_path / "to" / "one.tar")
    files = ["media/ab/abcdef", "models/m1", "exports/letters-1.csv", "uploads/u1"]
    assert names(path) == ["database.dump", *files, "manifest.json", "manifest.json.sha256"]
    assert path.stat().st_mode & 0o077 == 0
    assert sorted(path.parent.iterdir()) == [path]
    with tarfile.open(path) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
        assert [one["name"] for one in manifest["files"]] == ["database.dump", *files]
    assert (manifest["format"], manifest["countersign"]) == (archive.FORMAT, settings.VERSION)
    assert ["labeling", "0001_initial"] in manifest["migrations"]
    assert len(manifest["secrets"]["encryption_keys"][0]) == 16
    assert b"kkkkkkkk" not in path.read_bytes()
    made = Backup.objects.get()
    assert (made.name, made.size, made.files) == ("one.tar", path.stat().st_size, 4)


def test_sha256sum_accepts_the_seal(home: Path, tmp_path: Path) -> None:
    path = backup(tmp_path / "one.tar")
    with tarfile.open(path) as tar:
        tar.extractall(tmp_path / "out")
    subprocess.run(["sha256sum", "--check", "--strict", archive.SEAL], cwd=tmp_path / "out", check=True)


def test_secrets_only_when_asked_for(home: Path, tmp_path: Path) -> None:
    assert not [name for name in names(backup(tmp_path / "one.tar")) if "secrets" in name]
    assert "secrets/encryption_keys" in names(backup(tmp_path / "two.tar", with_secrets=True))


def test_a_place_that_is_taken_or_backed_up_itself_is_refused(home: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken.tar"
    taken.write_text("mine")
    for place, why in ((taken, "already exists"), (home / "exports" / "x.tar", "is part of the backup")):
        with pytest.raises(CommandError, match=why):
            backup(place)
    assert taken.read_text() == "mine"


def test_a_backup_that_fails_leaves_nothing(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(archive.ArchiveWriter, "close", full)
        with pytest.raises(CommandError, match="No space left"):
            backup(tmp_path / "to" / "one.tar")
    assert list((tmp_path / "to").iterdir()) == []
    monkeypatch.setitem(connection.settings_dict, "NAME", "nowhere")
    connection.close()
    with pytest.raises(CommandError, match="does not respond"):
        backup(tmp_path / "to" / "one.tar")
    connection.close()


def test_every_altered_byte_is_found(home: Path, tmp_path: Path) -> None:
    path = backup(tmp_path / "one.tar")
    with path.open("rb") as stream:
        assert archive.checked(stream)["format"] == archive.FORMAT
        places = [p for m in archive.members(stream) for p in (m.offset - 400, m.offset, m.offset + m.size - 1)]
    whole = path.read_bytes()
    assert len(places) == 21
    for place in places:
        altered = bytearray(whole)
        altered[place] ^= 1
        path.write_bytes(altered)
        with path.open("rb") as stream, pytest.raises(BackupRefused):
            archive.checked(stream)
    for length in (0, 100, 5_000, len(whole) // 2):
        path.write_bytes(whole[:length])
        with path.open("rb") as stream, pytest.raises(BackupRefused):
            archive.checked(stream)


def test_a_restore_wants_an_empty_database(home: Path, tmp_path: Path) -> None:
    path = backup(tmp_path / "one.tar")
    make_cast()
    with pytest.raises(CommandError, match="contains datasets"):
        call_command("restore", path)
    assert User.objects.filter(username="admin").exists()


def forged(
    path: Path, *, change: Callable[[dict[str, Any]], None] | None = None, extra: tarfile.TarInfo | None = None
) -> Path:
    """The archive with another manifest, or one more member, sealed anew: a careful forger's."""
    target = path.with_name(f"forged-{len(list(path.parent.iterdir()))}.tar")
    with path.open("rb") as stream, target.open("w+b") as out, target.with_suffix(".list").open("w+b") as listing:
        head = archive.checked(stream)
        head.pop("format")
        writer = archive.ArchiveWriter(out, listing)
        for member in archive.contents(stream):
            scratch = path.with_name("scratch")
            scratch.write_bytes(archive.Section(stream, member).read())
            writer.add(scratch, member.name)
        if extra is not None:
            scratch.write_bytes(b"")
            writer._tar.addfile(extra)
        if change:
            change(head)
        writer.close(head)
    return target


def member(name: str, *, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    "extra",
    [
        member("/etc/passwd"),
        member("media/../../secrets/secret_key"),
        member("media/./x"),
        member("postgres/PG_VERSION"),
        member("media"),
        member("media/link", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        member("media/link", kind=tarfile.LNKTYPE, link="database.dump"),
        member("media/device", kind=tarfile.CHRTYPE),
        member("media/folder", kind=tarfile.DIRTYPE),
    ],
    ids=lambda info: f"{info.name} {info.type.decode()}",
)
def test_members_that_have_no_place_are_refused(home: Path, tmp_path: Path, extra: tarfile.TarInfo) -> None:
    path = forged(backup(tmp_path / "one.tar"), extra=extra)
    with pytest.raises(CommandError, match="not a backup of Countersign"):
        call_command("restore", path)


def test_members_that_the_manifest_does_not_name_are_refused(home: Path, tmp_path: Path) -> None:
    path = forged(backup(tmp_path / "one.tar"), extra=member("media/more"))
    with pytest.raises(CommandError, match="does not match its manifest"):
        call_command("restore", path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda head: head.update(format=archive.FORMAT + 1), "reads formats up to"),
        (lambda head: head["migrations"].append(["labeling", "0999_later"]), "newer version"),
    ],
)
def test_archives_of_newer_versions_are_refused(home: Path, tmp_path: Path, change: Any, why: str) -> None:
    path = forged(backup(tmp_path / "one.tar"), change=change)
    with pytest.raises(CommandError, match=why):
        call_command("restore", path)


def test_a_file_that_would_be_replaced_stops_it(home: Path, tmp_path: Path) -> None:
    path = backup(tmp_path / "one.tar")
    (home / "exports" / "letters-1.csv").write_text("another")
    with pytest.raises(CommandError, match=r"letters-1.csv already exists with other content; nothing was changed"):
        call_command("restore", path)


def test_a_restore_that_is_not_the_owners_is_refused(home: Path, tmp_path: Path) -> None:
    path = backup(tmp_path / "one.tar")
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE countersign_app")
    with pytest.raises(CommandError, match="DATABASE_OWNER_URL"):
        call_command("restore", path)
    connection.close()


def test_what_is_no_archive_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "no.tar").write_text("text\n" * 1_000)
    for path, why in ((tmp_path / "no.tar", "damaged"), (tmp_path / "none.tar", "No such file")):
        with pytest.raises(CommandError, match=why):
            call_command("restore", path)


def test_a_dump_that_the_database_refuses_changes_nothing(home: Path, tmp_path: Path) -> None:
    """The archive is whole, but the dump in it is cut off: most of it was read before that showed."""
    path = backup(tmp_path / "one.tar")
    false = tmp_path / "false.tar"
    User.objects.create_user("somebody")
    with path.open("rb") as stream, false.open("w+b") as out, (tmp_path / "list").open("w+b") as listing:
        head = archive.checked(stream)
        head.pop("format")
        writer = archive.ArchiveWriter(out, listing)
        scratch = tmp_path / "scratch"
        scratch.write_bytes(archive.Section(stream, archive.first(stream)).read()[:-100])
        writer.add(scratch, archive.DUMP)
        writer.close(head)
    with pytest.raises(CommandError, match="is unchanged"):
        call_command("restore", false)
    assert User.objects.get().username == "somebody"


def test_the_owner_is_found(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded database's by its secret, another's by DATABASE_OWNER_URL; without either nothing changes."""
    before = dict(connection.settings_dict)
    for name, value in before.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    settings.EMBEDDED, settings.DATABASE_OWNER_URL = False, ""
    become_owner()
    assert connection.settings_dict == before
    settings.DATABASE_OWNER_URL = "postgresql://boss:word@db.example.org/countersign"
    become_owner()
    assert (connection.settings_dict["USER"], connection.settings_dict["HOST"]) == ("boss", "db.example.org")
    settings.EMBEDDED = True
    become_owner()
    assert (connection.settings_dict["USER"], connection.settings_dict["PASSWORD"]) == (OWNER, before["PASSWORD"])
    settings.COUNTERSIGN_HOME = tmp_path
    with pytest.raises(CommandError, match="has no database yet"):
        become_owner()


def test_the_version_is_the_projects(settings: Any) -> None:
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())
    assert project["project"]["version"] == settings.VERSION


def test_the_password_is_not_on_the_command_line() -> None:
    password = connection.settings_dict["PASSWORD"]
    assert password
    assert str(password) not in programs._address()
    assert programs._environment()["PGPASSWORD"] == password
    assert not {name for name in programs._environment() if name.startswith("PG")} - {"PGPASSWORD"}


def test_who_was_signed_in_is_not_in_it(home: Path, tmp_path: Path) -> None:
    cast = make_cast()
    cast.client(cast.reviewer)
    assert Session.objects.count() == 1
    with tarfile.open(backup(tmp_path / "one.tar")) as tar:
        tar.extract("database.dump", tmp_path)
    program = programs._programs(programs.server_major()).program("pg_restore")
    command = [program, "--data-only", "--file=-", tmp_path / "database.dump"]
    restored = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "COPY public.labeling_user " in restored
    assert "COPY public.labeling_session " not in restored
    assert Session.objects.get().key_digest not in restored
