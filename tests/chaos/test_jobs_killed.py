"""Imports and exports that are killed half-way, again and again: resumed or begun anew, and nothing half is left."""

import hashlib
import itertools
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from datasets.models import Dataset, Item
from exchange import importing
from exchange.exporting import jobs as exporting
from exchange.exporting.snapshot import Snapshot
from exchange.models import Export, Import
from labeling.models import Reroute
from review.models import Decision
from supervision.children import Child
from tests import servers
from tests.chaos.crowd import Crowd, at_work, people
from tests.chaos.killing import drafts, exports_folder, job_state, kill_pool, wait_until_at
from tests.filling import Said, fill
from tests.loops import claim_one, import_rows, label, texts
from tests.people import Cast, make_cast
from work import heartbeats
from work.models import State

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
ROWS, KILLS = 5_000, 5


def import_with_deaths(cast: Cast, worker: Child, *, kills: int) -> Import:
    """The worker's process is killed whenever the import has come a seventh further."""
    rows = b"".join(json.dumps(row).encode() + b"\n" for row in texts(ROWS))
    job = importing.create_import(
        dataset=cast.dataset, actor=cast.manager, file_name="rows.jsonl", chunks=[rows], format="jsonl",
        mapping={"external_id": "id", "text": "text"}, then_run=False,
    )  # fmt: skip
    for turn in range(1, kills + 1):
        wait_until_at(job, turn * ROWS // 7, worker)
        kill_pool(worker)
    servers.wait_for(lambda: job_state(job) != State.RUNNING, seconds=60, what="the import", child=worker)
    job.refresh_from_db()
    return job


def import_wrongs(job: Import) -> list[str]:
    """Everything that is not as one undisturbed import leaves it."""
    found = [] if job.state == State.DONE else [f"it is {job.state}: {job.error}"]
    if (job.accepted, job.duplicates, job.rejected, job.position) != (ROWS, 0, 0, ROWS):
        found.append(f"it counts {job.accepted} new, {job.duplicates} double, at row {job.position}")
    items = Item.objects.filter(dataset=job.dataset_id)
    if (items.count(), items.values("external_id").distinct().count()) != (ROWS, ROWS):
        found.append(f"there are {items.count()} items")
    return found


def test_an_import_that_is_killed_five_times_is_as_if_it_had_not_been(start) -> None:
    cast = make_cast()
    job = import_with_deaths(cast, start("import_slowly"), kills=KILLS)
    assert import_wrongs(job) == []
    # Whoever gets further has fallen over nothing; how often it was taken up anew is told by the fence.
    assert (job.crash_count, job.fence > KILLS) == (0, True)
    again = import_rows(cast.dataset, cast.manager, texts(ROWS))
    assert (again.accepted, again.duplicates, Item.objects.count()) == (0, ROWS, ROWS)


def test_the_check_finds_an_import_that_begins_anew(start) -> None:
    """The negative control: its position is not kept with the rows."""
    job = import_with_deaths(make_cast(), start("import_slowly begin_imports_anew"), kills=2)
    assert any("double" in wrong for wrong in import_wrongs(job)), import_wrongs(job)


def export_with_deaths(cast: Cast, worker: Child, *, kills: int) -> Export:
    """While people decide. The worker's process is killed as soon as it writes."""
    crowd = Crowd(cast.dataset)
    with at_work(crowd, people(cast.dataset, 3)):
        servers.wait_for(lambda: len(crowd.acknowledged) > 30, what="decisions")
        export = exporting.start_export(
            dataset=cast.dataset, actor=cast.manager, format="jsonl", include={"auto": False}
        )
        for turn in range(1, kills + 1):
            # Each holder has a draft of its own. One that writes is killed, never one that waits for work.
            draft = exports_folder() / f".draft-{export.pk}-{turn}"
            servers.wait_for(draft.exists, what=f"draft {turn}", child=worker)
            threading.Event().wait(0.7)
            kill_pool(worker)
        servers.wait_for(lambda: job_state(export) == State.DONE, seconds=60, what="the export", child=worker)
    assert crowd.wrongs() == []
    export.refresh_from_db()
    return export


def export_wrongs(export: Export) -> list[str]:
    """Everything in the file that is not as the decisions of one moment make it, and whatever else is left."""
    data = exporting.export_path(export).read_bytes()
    rows = [json.loads(line) for line in data.splitlines()]
    mark = export.high_water_mark
    found = [f"{path} is left" for path in drafts(export)]
    decided = dict(Decision.objects.filter(item__in=[row["id"] for row in rows]).values_list("item", "pk"))
    if len(rows) != mark["decisions"]:
        found.append(f"{len(rows)} labels of {mark['decisions']} decisions")
    if max(decided.values(), default=None) != mark["decision"]:
        found.append(f"the last decision in it is {max(decided.values(), default=None)}, its mark {mark['decision']}")
    if (len(data), len(rows)) != (export.size, export.rows):
        found.append("it has another size than it says")
    return found


def waiting(cast: Cast) -> Cast:
    fill(cast.dataset, [Said(f"text {number}", ["card"], 0.5) for number in range(20_000)])
    return cast


def test_an_export_while_people_decide_is_of_one_moment_and_leaves_no_draft(start) -> None:
    cast = waiting(make_cast())
    export = export_with_deaths(cast, start("export_slowly"), kills=2)
    assert export_wrongs(export) == []
    assert export.crash_count >= 2
    assert export.high_water_mark["decisions"] < Decision.objects.count()
    # What people decided has made the machine's answers comparable, and they are placed anew.
    at_rest = Reroute.objects.filter(state__in=(State.PENDING, State.RUNNING))
    servers.wait_for(lambda: not at_rest.exists(), seconds=60, what="the end of the re-routing")
    first, second = (whole(cast.dataset, cast) for _ in range(2))
    assert (first.sha256, first.high_water_mark) == (second.sha256, second.high_water_mark)


def whole(dataset: Dataset, cast: Cast) -> Export:
    """An export at rest, in this process."""
    export = exporting.start_export(dataset=dataset, actor=cast.manager, format="jsonl", include={"auto": False})
    while exporting.work_one_export():
        pass
    servers.wait_for(lambda: job_state(export) == State.DONE, what="the export")
    export.refresh_from_db()
    return export


def test_the_check_finds_an_export_of_several_moments(start) -> None:
    """The negative control: without the snapshot, the rows are of a later moment than the mark."""
    export = export_with_deaths(waiting(make_cast()), start("export_slowly forget_the_snapshot"), kills=0)
    assert any("labels of" in wrong for wrong in export_wrongs(export)), export_wrongs(export)


@pytest.fixture
def long_texts(cast: Cast) -> Cast:
    """Enough that a file is written in several parts."""
    fill(cast.dataset, [Said(f"text {number} " + "x" * 2_000, ["card"], 0.5) for number in range(50)])
    return cast


def stand_still_while_another_exports(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> tuple[Export, bytes]:
    """One holder stops in the middle, somebody decides, another does the whole work, then the first goes on."""
    export = exporting.start_export(
        dataset=cast.dataset, actor=cast.manager, format="jsonl", include={"unlabelled": True}
    )
    rows: Any = Snapshot.records
    numbers = itertools.count()

    def stopping(*given: Any) -> Iterator[Any]:
        for row in rows(*given):
            if next(numbers) == 25:
                label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "refund")
                Export.objects.filter(pk=export.pk).update(lease_until="2000-01-01T00:00Z")
                assert exporting.work_one_export()
            yield row

    monkeypatch.setattr(Snapshot, "records", stopping)
    monkeypatch.setattr(heartbeats._Pulse, "_beat", lambda self, over: None)
    assert exporting.work_one_export()
    export.refresh_from_db()
    return export, exporting.export_path(export).read_bytes()


def test_a_writer_that_was_given_up_cannot_touch_its_heirs_file(long_texts: Cast, monkeypatch) -> None:
    export, data = stand_still_while_another_exports(long_texts, monkeypatch)
    assert (export.state, export.fence) == (State.DONE, 2)
    assert export.sha256 == hashlib.sha256(data).hexdigest()
    assert drafts(export) == []


def test_the_check_finds_two_writers_of_one_draft(long_texts: Cast, monkeypatch) -> None:
    """The negative control: both write to the same name."""
    exports_folder().mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(exporting, "_clear_draft", lambda export: exports_folder() / f".draft-{export.pk}")
    export, data = stand_still_while_another_exports(long_texts, monkeypatch)
    assert export.sha256 != hashlib.sha256(data).hexdigest()
