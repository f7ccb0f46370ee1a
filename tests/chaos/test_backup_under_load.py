"""A backup while people decide, restored elsewhere by the real commands: nothing is lost, nothing is half."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.models import User
from datasets.making import NewClass, create_dataset
from datasets.media import image_files
from datasets.models import Dataset
from exchange import exporting
from labeling import model_store
from measuring.models import Activity
from operating.backups import archive
from review.models import Decision
from supervision.embedded_postgres import APP_ROLE, OWNER
from tests import servers
from tests.each_kind import KINDS, beside, element_wrongs, value_of, waiting
from tests.filling import fill
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts
from tests.people import CLASSES, Cast, make_cast

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ELSEWHERE = "countersign_restored"
# Datasets that nobody works in during the backup; one for each kind of label.
AT_REST = ("letters", *KINDS[1:])
CHAIN = "SELECT id, item_id, seq, previous_hash, hash FROM review_decision WHERE id <= %s ORDER BY id"
Settings = Any


def manage(home: Path, database: str, *words: str, role: str = APP_ROLE) -> "subprocess.CompletedProcess[str]":
    """The real command line on that database and home, as the app role; only `restore` is told who the owner is."""
    secrets = Path(os.environ["COUNTERSIGN_TEST_HOME"]) / "secrets"
    named = {OWNER: "database_owner_password", APP_ROLE: "database_password"}
    place = f"{database}?host={quote(connection.settings_dict['HOST'], safe='')}&port=5432"
    address = {one: f"postgresql://{one}:{(secrets / file).read_text()}@/{place}" for one, file in named.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "manage.py", *words], check=False, capture_output=True, text=True, cwd=servers.ROOT,
        env=kept | {
            "DJANGO_SETTINGS_MODULE": "config.settings.base", "COUNTERSIGN_HOME": str(home),
            "DATABASE_URL": address[role], "DATABASE_APP_ROLE": APP_ROLE,
            "DATABASE_OWNER_URL": address[OWNER] if words[0] == "restore" else "",
        },
    )  # fmt: skip


@contextmanager
def decisions_going_on(cast: Cast, dataset: Dataset) -> Iterator[None]:
    """A reviewer who decides one item after the other until the block is over, and then a few more."""
    over, wrong = threading.Event(), []

    def decide() -> None:
        try:
            while not over.is_set():
                label(dataset, cast.admin, claim_one(dataset, cast.admin), "refund")
        except Exception as error:  # noqa: BLE001 - told by the test
            wrong.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=decide)
    thread.start()
    try:
        servers.wait_for(lambda: decided(dataset) > 20 or bool(wrong), what="decisions")
        yield
        enough = decided(dataset) + 5
        servers.wait_for(lambda: decided(dataset) >= enough or bool(wrong), what="more decisions")
    finally:
        over.set()
        thread.join()
    assert wrong == []


def decided(dataset: Dataset) -> int:
    return Decision.objects.filter(dataset=dataset).count()


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    """The home of what is backed up."""
    folder = tmp_path / "home"
    settings.COUNTERSIGN_HOME, settings.MEDIA_ROOT = folder, folder / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def elsewhere(home: Path) -> Iterator[str]:
    """An empty database beside the tests' own."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {ELSEWHERE}")
    yield ELSEWHERE
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {ELSEWHERE} WITH (FORCE)")


@contextmanager
def moved_to(database: str, home: Path) -> Iterator[None]:
    """This process works on another database and home."""
    with pytest.MonkeyPatch.context() as patched:
        connection.close()
        patched.setitem(connection.settings_dict, "NAME", database)
        patched.setattr(configured, "COUNTERSIGN_HOME", home)
        yield
        connection.close()


def exported(dataset_slug: str) -> tuple[dict[str, Any], bytes]:
    """What an export of people's labels holds: its high-water mark and its bytes."""
    dataset = Dataset.objects.get(slug=dataset_slug)
    export = exporting.start_export(
        dataset=dataset, actor=dataset.created_by, format="jsonl", include={"auto": dataset_slug in AT_REST}
    )
    while exporting.work_one_export():
        pass
    export.refresh_from_db()
    return export.high_water_mark, exporting.export_path(export).read_bytes()


def chain(database: str, *, until: int = 2**60) -> list[tuple[Any, ...]]:
    """Every link of the history up to that decision."""
    with moved_to(database, Path(configured.COUNTERSIGN_HOME)), connection.cursor() as cursor:
        cursor.execute(CHAIN, [until])
        return [tuple(bytes(one) if isinstance(one, memoryview) else one for one in row) for row in cursor]


def make_loop() -> tuple[Cast, Dataset]:
    """Datasets that are at rest, with labels of the machine and of people; one in which people will decide."""
    cast = make_cast()
    for kind in KINDS[1:]:
        dataset = beside(cast, kind).dataset
        fill(dataset, waiting(kind, 12))
        for name in CLASSES:
            label(dataset, cast.reviewer, claim_one(dataset, cast.reviewer), value=value_of(kind, name))
    import_rows(cast.dataset, cast.manager, [*texts(60), *texts(10, word="weather", start=60)])
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.99), cast.manager)
    for name in ("refund", "card", "card"):
        label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), name)
    busy = create_dataset(
        name="Busy",
        slug="busy",
        item_kind="text",
        creator=cast.admin,
        classes=[NewClass(name) for name in CLASSES],
        accept_uncalibrated=True,
    )
    import_rows(busy, cast.admin, texts(4_000, word="weather"))
    run_to_end(rules(busy, cast.admin), cast.admin)
    image_files.store(b"an image, as far as a backup can tell")
    model_store.store_model(b"a model, as far as a backup can tell")
    return cast, busy


def refuse_altered(path: Path, home: Path) -> None:
    """The negative control: one byte of the dump is another, and nothing happens."""
    with path.open("rb") as stream:
        dump = archive.first(stream)
    altered = path.with_name("altered.tar")
    data = bytearray(path.read_bytes())
    data[dump.offset + dump.size // 2] ^= 1
    altered.write_bytes(data)
    answer = manage(home, ELSEWHERE, "restore", str(altered))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "'database.dump' was modified" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (home / "media").exists()
    with moved_to(ELSEWHERE, home):
        assert connection.introspection.table_names() == []


def test_backup_and_restore(home: Path, elsewhere: str, tmp_path: Path) -> None:
    cast, busy = make_loop()
    database, path, restored = str(connection.settings_dict["NAME"]), tmp_path / "backup.tar", tmp_path / "restored"
    resting = {slug: exported(slug) for slug in AT_REST}
    decided_at_rest = Decision.objects.count()
    call_command("grant_app_role")
    with decisions_going_on(cast, busy):
        before = decided(busy)
        made = manage(home, database, "backup", str(path))
        assert made.returncode == 0, made.stderr
        assert decided(busy) > before
    refuse_altered(path, restored)
    answer = manage(restored, elsewhere, "restore", str(path))
    assert answer.returncode == 0, answer.stderr
    assert "keys that are missing here" in answer.stderr

    links = chain(elsewhere)
    assert before <= len(links) - decided_at_rest < decided(busy)
    assert links == chain(database, until=links[-1][0])
    for command, good in (("verify", "no difference"), ("verify_history", "the chain is whole")):
        checked = manage(restored, elsewhere, command)
        assert (checked.returncode, good in checked.stdout) == (0, True), checked
    same_files(home, restored)
    same_exports(restored, resting)
    refused_afterwards(restored, path)


def test_a_backup_of_an_older_version_is_brought_up_to_date(home: Path, elsewhere: str, tmp_path: Path) -> None:
    """Into the tables of a fresh start, which have more than the dump."""
    make_cast()
    path, restored = tmp_path / "backup.tar", tmp_path / "restored"
    prepared = manage(restored, elsewhere, "prepare", "--without-static", role=OWNER)
    assert prepared.returncode == 0, prepared.stderr
    call_command("migrate", "measuring", "zero", verbosity=0)
    try:
        made = manage(home, str(connection.settings_dict["NAME"]), "backup", str(path), role=OWNER)
    finally:
        call_command("migrate", verbosity=0)
    assert made.returncode == 0, made.stderr
    answer = manage(restored, elsewhere, "restore", str(path))
    assert answer.returncode == 0, answer.stderr
    with moved_to(elsewhere, restored):
        assert Activity.objects.count() == 0
        assert set(User.objects.values_list("username", flat=True)) >= {"manager", "outsider"}
        assert ("measuring", "0001_initial") in MigrationRecorder(connection).applied_migrations()


def same_files(home: Path, restored: Path) -> None:
    for folder in ("media", "models", "uploads"):
        files = {one.relative_to(home): one.read_bytes() for one in (home / folder).rglob("*") if one.is_file()}
        assert files
        for name, content in files.items():
            assert (restored / name).read_bytes() == content


def same_exports(restored: Path, resting: dict[str, tuple[dict[str, Any], bytes]]) -> None:
    _, whole = exported("busy")
    with moved_to(ELSEWHERE, restored):
        for slug, (mark, rows) in resting.items():
            assert exported(slug) == (mark, rows), slug
            assert rows.count(b"\n") >= len(CLASSES), slug
        for kind in KINDS[1:]:
            assert element_wrongs(Dataset.objects.get(slug=kind)) == []
        busy_mark, busy = exported("busy")
        decisions = Decision.objects.filter(pk__lte=busy_mark["decision"])
        items = set(decisions.values_list("item_id", flat=True))
    assert busy == b"".join(line for line in whole.splitlines(keepends=True) if json.loads(line)["id"] in items)
    assert 0 < busy.count(b"\n") < whole.count(b"\n")


def refused_afterwards(restored: Path, path: Path) -> None:
    """Rights are as they must be, a second restore is refused, and an altered history would have been found."""
    again = manage(restored, ELSEWHERE, "restore", str(path))
    assert again.returncode == 1
    assert "The database contains datasets" in again.stderr
    assert "Traceback" not in again.stderr
    update = "from review.models import Decision; Decision.objects.update(reason='x')"
    not_owner = manage(restored, ELSEWHERE, "shell", "--command", update)
    assert "permission denied" in not_owner.stderr
    with moved_to(ELSEWHERE, restored), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE review_decision SET reason = 'altered' WHERE id = (SELECT max(id) FROM review_decision)")
    assert manage(restored, ELSEWHERE, "verify_history").returncode == 1
