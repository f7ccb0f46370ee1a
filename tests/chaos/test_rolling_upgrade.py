"""The version before this one works on beside it: an upgrade migrates the database first, and its workers end later.

The version before is the newest release; until there is one, the code as it was before the newest migration.
"""

import io
import subprocess
import tarfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from datasets.models import Item
from exchange import importing
from exchange.exporting.jobs import start_export
from exchange.models import Export, Import
from labeling.models import Recall, Reroute
from labeling.policies.rerouting import recall_run
from labeling.runs.planning import start_run
from operating.verifying import history_differences, item_differences, standing_differences
from supervision.children import Child
from tests import servers
from tests.chaos import storm
from tests.each_kind import KINDS, cast_of, machine, name_of, picture, seeing_model, value_of, zipped
from tests.loops import claim_one, csv_file, label, texts
from tests.people import Cast, make_cast
from tests.policies import change_policy
from work import doorbell
from work.models import State

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
ITEMS = 600
MIGRATIONS = tuple(f"{app}/migrations/*.py" for app in settings.OUR_APPS)


@pytest.fixture(scope="module")
def former_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with its code."""
    if _git("rev-parse", "--is-shallow-repository") != b"false":
        pytest.skip("This needs the history of the repository: clone it whole.")
    release = _git("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^").decode()
    folder = tmp_path_factory.mktemp("former")
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", release or _before_migrating()))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _before_migrating() -> str:
    """The commit before the newest migration. Where that one was written anew in its place, as before a first release,
    no code that is older can work on its tables: then the commit itself."""
    newest = _git("log", "--format=%H", "-n", "1", "--", *MIGRATIONS).decode()
    written_anew = _git("diff", "--name-only", "--diff-filter=M", f"{newest}^", newest, "--", *MIGRATIONS)
    return newest if written_anew else f"{newest}^"


def _git(*words: str) -> bytes:
    """What git says; nothing where it fails."""
    return subprocess.run(["git", *words], cwd=servers.ROOT, capture_output=True, check=False).stdout.strip(b"\n")


@pytest.mark.parametrize("task_kind", KINDS)
@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_the_workers_of_the_version_before_work_on(
    task_kind: str, broker: str, former_version: Path, celery_worker_process: Callable[..., Child], shared_media: Path,
    monkeypatch,
) -> None:  # fmt: skip
    cast = cast_of(task_kind)
    with seeing_model() if task_kind == "regions" else nullcontext() as model:
        if model is not None:
            monkeypatch.setenv("OUTBOUND_ALLOW", model.pair)
        worker = celery_worker_process(code=former_version)
        job = begin_import(cast)
        until(worker, "the import", lambda: Import.objects.get(pk=job.pk).state == State.DONE)
        run = start_run(labeler=machine(cast.dataset, cast.manager, model=model, confidence=0.7), actor=cast.manager)
        doorbell.ring("labeling.work_batches" if model is None else "labeling.ask_batches")
        servers.wait_for(lambda: storm.over(run), seconds=60, what="the run", child=worker)
    assert storm.wrongs(run, items=ITEMS) == []
    claim = claim_one(cast.dataset, cast.reviewer)
    decided = label(cast.dataset, cast.reviewer, claim, value=value_of(task_kind, "refund")).decision.item_id
    change_policy(
        dataset=cast.dataset, actor=cast.manager, threshold=0.5, class_thresholds={}, audit_rate=0.1, blind_rate=0.1
    )
    until(worker, "the change of policy", lambda: not Reroute.objects.exclude(state=State.DONE).exists())
    assert Item.objects.filter(status="accepted").exists()
    export = start_export(dataset=cast.dataset, actor=cast.manager, format="jsonl")
    until(worker, "the export", lambda: Export.objects.get(pk=export.pk).state == State.DONE)
    recall = recall_run(run=run, actor=cast.manager)
    until(worker, "the recall", lambda: Recall.objects.get(pk=recall.pk).state == State.DONE)
    assert Item.objects.filter(status="pending").count() == ITEMS - 1
    assert name_of(Item.objects.get(pk=decided).human_value) == "refund"
    assert disagreements(cast) == []
    log = worker.log.read_text()
    assert ("Traceback" in log, "unexpected" in log) == (False, False)


@pytest.mark.parametrize("broker", ["filesystem"], indirect=True)
def test_the_check_finds_a_migration_that_the_version_before_cannot_bear(
    broker: str, former_version: Path, celery_worker_process: Callable[..., Child]
) -> None:
    cast = make_cast()
    worker = celery_worker_process(code=former_version)
    _rename("draw", "drawn")
    try:
        begin_import(cast)
        until(worker, "its complaint", lambda: "unexpected ProgrammingError" in worker.log.read_text())
        servers.end(worker, seconds=0.5)
    finally:
        _rename("drawn", "draw")
    assert not Item.objects.exists()


def begin_import(cast: Cast) -> Import:
    """Texts or images for the worker to read in."""
    if cast.dataset.item_kind == "image":
        files = zipped({f"i{number}.png": picture(number) for number in range(ITEMS)})
        about: dict[str, Any] = {"file_name": "images.zip", "chunks": [files], "format": "images"}
    else:
        mapping = {"external_id": "id", "text": "text"}
        about = {"file_name": "texts.csv", "chunks": [csv_file(texts(ITEMS))], "format": "csv", "mapping": mapping}
    return importing.create_import(dataset=cast.dataset, actor=cast.manager, then_run=False, **about)


def until(worker: Child, what: str, condition: Callable[[], bool]) -> None:
    """Wait for something that the worker does when the sweep rings."""
    servers.wait_for(condition, seconds=60, what=what, child=worker)


def disagreements(cast: Cast) -> list[str]:
    """What `verify` and `verify_history` of this version find."""
    found = (*item_differences(cast.dataset), *standing_differences(cast.dataset), *history_differences())
    return [f"{one.kind}: {one.where}: {one.what}" for one in found]


def _rename(column: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE labeling_item RENAME COLUMN {column} TO {name}")
