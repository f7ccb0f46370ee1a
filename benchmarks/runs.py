"""A run of a trained classifier over a hundred thousand texts, against the bare classifier on the same texts.

    .venv/bin/python benchmarks/runs.py [--items 100000]

One worker process for both, which has frozen what it loaded as workers do: the run claims batches, reads the items,
asks, saves the pre-labels and places the items by the flow that workers run; the bare classifier is asked in chunks of
the same size and its answers are dropped. Both alternate, in parts of ten thousand, so that what else the machine does
meets both. The limit: 0.8 of the bare classifier's rate.
"""

import argparse
import csv
import gc
import io
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psutil
from _results import Results
from _scratch import ROOT, scratch_database, write

LIMIT = 0.8
PART = 10_000


def main() -> int:
    """Measure, print a table; how many figures miss their limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    arguments = parser.parse_args()
    with scratch_database():
        from labeling.models import User  # noqa: PLC0415 - needs Django

        user = User.objects.create_superuser("admin", password="runs benchmark")
        dataset, labeler = trained(user)
        add_texts(dataset, user, arguments.items)
        results = Results("runs", {"items": arguments.items})
        measure(dataset, labeler, user, results)
        write(f"written to {results.save()}")
        return results.missed


def sample() -> list[tuple[str, str]]:
    """Texts and classes of the sample that the product comes with."""
    with (ROOT / "samples" / "banking77" / "labelled.csv").open(newline="", encoding="utf-8") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def trained(user: Any) -> tuple[Any, Any]:
    """A dataset whose classifier has learned from the sample's labels."""
    from labeling import training  # noqa: PLC0415 - needs Django
    from labeling.datasets import NewClass, create_dataset  # noqa: PLC0415
    from labeling.labeler_setup import create_labeler  # noqa: PLC0415

    known = sample()
    classes = [NewClass(name) for name in sorted({label for _, label in known})]
    dataset = create_dataset(name="Runs", item_kind="text", creator=user, classes=classes)
    labeler = create_labeler(dataset=dataset, actor=user, name="classifier", kind="classifier", config={})
    rows = ((f"known-{n}", text, label) for n, (text, label) in enumerate(known))
    import_rows(dataset, user, rows, label="label")
    training.start_training(labeler=labeler, actor=user)
    training.work_one_training()
    return dataset, labeler


def add_texts(dataset: Any, user: Any, count: int) -> None:
    """So many different texts without a label: two of the sample's in a row, each pair once."""
    texts = [text for text, _ in sample()]
    pairs = itertools.product(texts, texts)
    chosen = itertools.islice(((one, two) for one, two in pairs if one != two), 7, 7 * count + 7, 7)
    import_rows(dataset, user, ((f"new-{n}", f"{one} {two}", "") for n, (one, two) in enumerate(chosen)))


def import_rows(dataset: Any, user: Any, rows: Iterator[tuple[str, str, str]], label: str = "") -> None:
    """By the flow that workers run."""
    from labeling import importing  # noqa: PLC0415 - needs Django
    from review.given_labels import record_given_labels  # noqa: PLC0415

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "text", "label"])
    writer.writerows(rows)
    importing.create_import(
        dataset=dataset,
        actor=user,
        file_name="texts.csv",
        chunks=[text.getvalue().encode()],
        format="csv",
        mapping={"external_id": "id", "text": "text"} | ({"label": label} if label else {}),
        then_run=False,
    )
    while importing.work_one_import(record_given=record_given_labels):
        pass


def measure(dataset: Any, labeler: Any, user: Any, results: Results) -> None:
    """The rates of both, in turns, and the median of their ratios."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    from labeling import asking, prelabeling, runs, tallies  # noqa: PLC0415
    from labeling.models import Item, Run  # noqa: PLC0415

    run = Run.objects.filter(labeler=labeler).order_by("-id").first() or runs.start_run(labeler=labeler, actor=user)
    results.add("planned", timed(lambda: runs.plan_run(run.pk)), "s")
    run.refresh_from_db()
    bench = prelabeling._bench(run)
    bench.labeler.label(asking.labeler_items([Item.objects.earliest("pk").pk]))
    connection.cursor().execute("VACUUM ANALYZE")
    gc.collect()
    gc.freeze()
    write(f"{run.total:,} items in chunks of {bench.chunk}")
    parts = list(in_turns(dataset, run, bench))
    done, ran, bare = (sum(column) for column in zip(*parts, strict=True))
    results.add("run", done / ran, "items/s")
    results.add("bare classifier", done / bare, "items/s")
    ratio = statistics.median(bare / ran for _, ran, bare in parts)
    missed = results.add("run, of the bare classifier", ratio, "ratio", LIMIT, least=True).missed
    write(f"median ratio {ratio:.2f}{'  MISSED' if missed else ''}")
    write(f"tallies folded in {timed(tallies.fold):.2f} s")


def in_turns(dataset: Any, run: Any, bench: Any) -> Iterator[tuple[int, float, float]]:
    """Part by part: items, seconds of the run, seconds of the bare classifier."""
    from labeling import asking  # noqa: PLC0415 - needs Django
    from labeling.models import Item, PreLabel  # noqa: PLC0415

    texts, process, done = Item.objects.filter(dataset=dataset).order_by("pk"), psutil.Process(), 0
    write("items       run/s   bare/s   ratio   own processor time")
    while True:
        before, cpu = done, process.cpu_times().user
        ran = timed(partial(work_part, run.pk, before + PART))
        cpu = process.cpu_times().user - cpu
        done = PreLabel.objects.filter(run=run).count()
        if done == before:
            return
        items = [asking.labeler_item(item) for item in texts[before:done]]
        chunks = [items[start : start + bench.chunk] for start in range(0, len(items), bench.chunk)]
        bare = timed(partial(ask, bench.labeler, chunks))
        write(f"{done:8,}{len(items) / ran:9.0f}{len(items) / bare:9.0f}{bare / ran:8.2f}{cpu / ran:10.0%}")
        yield len(items), ran, bare


def ask(labeler: Any, chunks: list[list[Any]]) -> None:
    """Chunk by chunk; the answers are dropped."""
    for chunk in chunks:
        labeler.label(chunk)


def work_part(run: int, end: int) -> None:
    """Work batches until so many items are done, or all."""
    from labeling import prelabeling  # noqa: PLC0415 - needs Django
    from labeling.models import PreLabel  # noqa: PLC0415

    prelabeling.work_batches(run, more=lambda: PreLabel.objects.filter(run=run).count() < end)


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
