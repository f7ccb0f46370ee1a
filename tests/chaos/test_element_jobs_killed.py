"""Jobs over spans and regions that are killed half-way: imports of annotated files, looks for losses, average
precision, renditions. Nothing is lost, nothing is there twice, and the figures are those of an undisturbed one."""

import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from datasets.media import image_files
from datasets.models import Asset, Item, ItemClass, Rendition
from exchange import importing
from exchange.exporting import jobs as exporting
from exchange.importing import staging
from exchange.models import Import
from labeling.models import Batch, PreLabel, Run
from measuring.evaluating import evaluate, work_one_evaluation
from operating.verifying import history_differences, item_differences, media_differences, standing_differences
from review.models import Decision
from supervision.children import Child
from tests import servers
from tests.chaos.killing import carried_out_with_deaths, drafts, job_state, kill_pool, wait_until_at
from tests.each_kind import SIDE, cast_of, element_wrongs, name_of, picture, value_of, zipped
from tests.filling import Said, fill
from tests.loops import work_imports
from tests.people import CLASSES, Cast
from work.models import State

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
TEXTS, IMAGES = 3_000, 450
Start = Callable[[str], Child]


def given(number: int) -> str:
    """What people have called the item; half of the items came without it."""
    return CLASSES[number // 2 % 3] if number % 2 == 0 else ""


def machine_says(task_kind: str, number: int) -> dict[str, Any]:
    """One card, of which it is as sure as the number says."""
    (key,) = value = value_of(task_kind, "card")
    return {key: [value[key][0] | {"score": share_of(number)}]}


def share_of(number: int) -> float:
    return (number % 100) / 100


def spans_file() -> tuple[str, bytes, dict[str, Any]]:
    """JSON Lines: its name, its bytes, and how it is read."""
    rows = [
        {"id": f"i{n}", "text": f"card question {n}", "said": machine_says("spans", n)}
        | ({"gold": value_of("spans", given(n))} if given(n) else {})
        for n in range(TEXTS)
    ]
    mapping = {"external_id": "id", "text": "text", "prediction": "said", "label": "gold"}
    return "rows.jsonl", b"".join(json.dumps(row).encode() + b"\n" for row in rows), {"mapping": mapping}


def regions_file() -> tuple[str, bytes, dict[str, Any]]:
    """A zip of images with a table beside them."""
    table = [
        {"file": f"i{n}.png", "prediction": machine_says("regions", n)}
        | ({"label": value_of("regions", given(n))} if given(n) else {})
        for n in range(IMAGES)
    ]
    lines = "\n".join(json.dumps(row) for row in table).encode()
    images = {f"i{n}.png": picture(n) for n in range(IMAGES)}
    return "images.zip", zipped(images | {"labels.jsonl": lines}), {"format": "images"}


FILES = {"spans": (spans_file, TEXTS), "regions": (regions_file, IMAGES)}


def created(cast: Cast, file: tuple[str, bytes, dict[str, Any]]) -> Import:
    name, data, about = file
    return importing.create_import(
        dataset=cast.dataset, actor=cast.manager, file_name=name, chunks=[data], then_run=False, **about
    )


def imported_with_deaths(cast: Cast, worker: Child, *, kills: int) -> Import:
    """The worker's process is killed whenever the import has come a share further."""
    file, rows = FILES[cast.dataset.task_kind]
    job = created(cast, file())
    for turn in range(1, kills + 1):
        wait_until_at(job, turn * rows // (kills + 2), worker)
        kill_pool(worker)
    servers.wait_for(lambda: job_state(job) != State.RUNNING, seconds=60, what="the import", child=worker)
    job.refresh_from_db()
    return job


def import_wrongs(job: Import) -> list[str]:
    """Everything that is not as the file has it."""
    dataset, rows = job.dataset, FILES[job.dataset.task_kind][1]
    found = [] if job.state == State.DONE else [f"it is {job.state}: {job.error}"]
    if (job.accepted, job.duplicates, job.rejected, job.noted, job.position) != (rows, 0, 0, 0, rows):
        found.append(f"it counts {job.accepted} new, {job.duplicates} double, at row {job.position}")
    items = Item.objects.filter(dataset=dataset)
    labels = [(number_of(name), name_of(value)) for name, value in items.values_list("external_id", "human_value")]
    if sorted(labels) != [(n, given(n)) for n in range(rows)]:
        found.append(f"{len(labels)} items, not each with its label")
    said = PreLabel.objects.filter(item__dataset=dataset).values_list("item__external_id", "value", "parts")
    shares = sorted((number_of(name), name_of(value), parts) for name, value, parts in said)
    if shares != [(n, "card", [share_of(n)]) for n in range(rows)]:
        found.append(f"{len(shares)} pre-labels, not each with how sure the machine is")
    batches = Batch.objects.filter(run__dataset=dataset)
    if [(batch.state, batch.labelled) for batch in batches] != [(State.DONE, rows)]:
        found.append(f"its run has counted {[batch.labelled for batch in batches]}")
    answered = Counter(Decision.objects.filter(dataset=dataset).values_list("item__external_id", flat=True))
    if answered != Counter({one: 1 for one in items.values_list("external_id", flat=True) if given(number_of(one))}):
        found.append(f"{answered.total()} decisions")
    if (classes := classes_of(job)) != expected_classes(rows):
        found.append(f"items are found by {classes}")
    checks = (
        item_differences(dataset),
        standing_differences(dataset),
        history_differences(),
        media_differences(dataset),
    )
    found += [f"{one.kind}: {one.where}: {one.what}" for check in (*checks, history_differences()) for one in check]
    return found + element_wrongs(dataset)


def number_of(external_id: str) -> int:
    return int(external_id.removeprefix("i").removesuffix(".png"))


def classes_of(job: Import) -> Counter[tuple[bool, str]]:
    """How many elements of each class the items are found by, the machine's and people's."""
    found = Counter[tuple[bool, str]]()
    rows = ItemClass.objects.filter(item__dataset=job.dataset_id).values_list("by_people", "label_class__name", "n")
    for by_people, name, n in rows:
        found[by_people, name] += n
    return found


def expected_classes(rows: int) -> Counter[tuple[bool, str]]:
    """The same, from the file alone."""
    people = Counter(name for n in range(rows) if (name := given(n)))
    return Counter({(False, "card"): rows, **{(True, one): n * (1 + (one == "refund")) for one, n in people.items()}})


@pytest.mark.parametrize("task_kind", FILES)
def test_an_import_of_labels_that_is_killed_is_as_if_it_had_not_been(
    task_kind: str, start: Start, shared_media: Path
) -> None:
    cast = cast_of(task_kind)
    job = imported_with_deaths(cast, start("import_slowly"), kills=4)
    assert import_wrongs(job) == []
    assert (job.crash_count, job.fence > 4) == (0, True)
    again = created(cast, FILES[task_kind][0]())
    work_imports()
    servers.wait_for(lambda: job_state(again) == State.DONE, seconds=60, what="the same file")
    again.refresh_from_db()
    assert (again.accepted, again.duplicates) == (0, FILES[task_kind][1])
    # The second run has nothing to say: what the first did stands as it was.
    assert Run.objects.filter(dataset=cast.dataset, prelabels__isnull=False).distinct().count() == 1
    assert import_wrongs_of_both(job) == []


def import_wrongs_of_both(job: Import) -> list[str]:
    """After the same file again: its run has no batch with answers."""
    return [one for one in import_wrongs(job) if not one.startswith("its run has counted")]


def test_the_check_finds_labels_whose_pairs_are_written_by_nobody(shared_media: Path, monkeypatch: Any) -> None:
    """The negative control: items and labels are there, what is compared is not."""
    monkeypatch.setattr(staging, "_PAIRS", "SELECT %(dataset)s")
    cast = cast_of("regions")
    job = created(cast, regions_file())
    work_imports()
    job.refresh_from_db()
    assert any("pairs of" in wrong for wrong in import_wrongs(job)), import_wrongs(job)[:5]


def test_a_look_for_losses_and_an_export_that_are_killed_tell_and_write_all(start: Start) -> None:
    cast = cast_of("spans")
    inside = {"id": "in", "start": 0, "end": 2, "label": "transfer", "attributes": {}}
    whole = inside | {"id": "out", "end": 4, "label": "card"}
    values = [{"spans": [whole, inside] if n % 3 == 0 else [whole], "relations": []} for n in range(1_500)]
    fill(cast.dataset, [Said(f"card question {n}", value=value, confidence=0.99) for n, value in enumerate(values)])
    losing = {item.pk for n, item in enumerate(Item.objects.order_by("pk")) if n % 3 == 0}
    ask = {"dataset": cast.dataset, "actor": cast.manager, "format": "conll"}
    worker = start("export_slowly")
    looked = exporting.start_export(**ask, check_only=True)
    carried_out_with_deaths(looked, worker, kills=2)
    assert (looked.failures, looked.rows, looked.total, looked.path) == (len(losing), 1_500, 1_500, "")
    named = [int(one["unit"].removeprefix("item ")) for one in looked.issues]
    assert (len(named), set(named) <= losing, len(set(named))) == (100, True, 100)
    written = exporting.start_export(**ask)
    carried_out_with_deaths(written, worker, kills=2)
    servers.end(worker)
    undisturbed = exporting.start_export(**ask)
    assert exporting.work_one_export()
    undisturbed.refresh_from_db()
    assert (written.sha256, written.rows) == (undisturbed.sha256, 1_500)
    assert exporting.export_path(written).read_text().count("B-card") == 1_500
    assert drafts(written) == []


def test_average_precision_that_is_killed_is_that_of_an_undisturbed_one(start: Start, shared_media: Path) -> None:
    cast = cast_of("regions")
    created(cast, regions_file())
    work_imports()
    worker = start("evaluate_slowly")
    killed = evaluate(dataset=cast.dataset, actor=cast.manager)
    carried_out_with_deaths(killed, worker, kills=2)
    servers.end(worker)
    undisturbed = evaluate(dataset=cast.dataset, actor=cast.manager)
    assert work_one_evaluation()
    undisturbed.refresh_from_db()
    assert (killed.state, killed.items, killed.left_out) == (State.DONE, IMAGES // 2, 0)
    assert killed.result == undisturbed.result
    assert killed.result is not None
    # Nobody found what people called by the other two names.
    classes = {one["name"]: (one["said"], one["given"], one["mean"] > 0) for one in killed.result["classes"]}
    people = Counter(name for n in range(IMAGES) if (name := given(n)))
    assert classes == {
        "card": (IMAGES // 2, people["card"], True),
        "transfer": (0, people["transfer"], False),
        "refund": (0, 2 * people["refund"], False),
    }


def test_a_rendition_that_is_killed_is_made_once(start: Start, shared_media: Path) -> None:
    cast = cast_of("regions")
    worker = start("render_slowly")
    # One after the other: whichever process is killed holds the one that is looked at.
    for n in range(2):
        stream = io.BytesIO()
        Image.new("RGB", (2_600, 1_700), (40 * n, 90, 120)).save(stream, "PNG")
        files = {f"large{n}.png": stream.getvalue(), f"small{n}.png": picture(n)}
        job = created(cast, (f"{n}.zip", zipped(files), {"format": "images"}))
        work_imports()
        servers.wait_for(lambda job=job: job_state(job) == State.DONE, what="the import", child=worker)
        (row,) = Rendition.objects.exclude(state=State.DONE)
        carried_out_with_deaths(row, worker, kills=2 - n)
    made = list(Rendition.objects.select_related("asset"))
    for row in made:
        with Image.open(image_files.path_of(row.sha256)) as image:
            assert (image.format, image.size) == ("WEBP", (2_048, 1_339))
    # Each file once, and nothing that is half written.
    kept = {path.name for path in shared_media.rglob("*") if path.is_file()}
    assert kept == {row.sha256 for row in made} | set(Asset.objects.values_list("sha256", flat=True))
    assert set(Asset.objects.values_list("width", flat=True)) == {SIDE, 2_600}
    assert list(media_differences(cast.dataset)) == []
