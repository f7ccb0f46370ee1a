"""Runs of a trained classifier over a hundred thousand texts, against the bare classifier on the same texts.

    .venv/bin/python benchmarks/runs.py [--items 100000] [--runs 3]

One worker process for both, which has frozen what it loaded as workers do: the run claims batches, reads the items,
asks, saves the pre-labels and places the items by the flow that workers run; the bare classifier is asked in chunks of
the same size and its answers are dropped, once before the run and once after it, so that what else the machine does
meets both. Each run has a dataset of its own, beside those before it. The limit: 0.8 of the bare classifier's rate, in
the median of the runs. A run has PostgreSQL at work on another processor; what the bare classifier loses by that alone,
beside a process that counts, is shown as well.
"""

import argparse
import csv
import gc
import io
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from _results import Results
from _scratch import ROOT, scratch_database, write

LIMIT = 0.8


def main() -> int:
    """Measure, print a table; how many figures miss their limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with scratch_database():
        from accounts.models import User  # noqa: PLC0415 - needs Django

        user = User.objects.create_superuser("admin", password="runs benchmark")
        results = Results("runs", {"items": arguments.items, "runs": arguments.runs})
        write("run/s   bare/s   ratio   processor time of Python   bare beside a busy processor")
        measured = [measure(*trained(user, number), user, arguments.items) for number in range(arguments.runs)]
        rates, bare_rates, ratios, beside = zip(*measured, strict=True)
        results.add("run", statistics.median(rates), "items/s")
        results.add("bare classifier", statistics.median(bare_rates), "items/s")
        for number, ratio in enumerate(ratios, start=1):
            results.add(f"run {number}, of the bare classifier", ratio, "ratio")
        results.add("bare classifier beside a busy processor, of it alone", statistics.median(beside), "ratio")
        results.add("run, of the bare classifier", statistics.median(ratios), "ratio", LIMIT, least=True)
        write(f"written to {results.save()}")
        return results.missed


def sample() -> list[tuple[str, str]]:
    """Texts and classes of the sample that the product comes with."""
    with (ROOT / "samples" / "banking77" / "labelled.csv").open(newline="", encoding="utf-8") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def trained(user: Any, number: int) -> tuple[Any, Any]:
    """A dataset whose classifier has learned from the sample's labels."""
    from datasets.making import NewClass, create_dataset  # noqa: PLC0415
    from labeling.setup import training  # noqa: PLC0415 - needs Django
    from labeling.setup.defining import create_labeler  # noqa: PLC0415

    known = sample()
    classes = [NewClass(name) for name in sorted({label for _, label in known})]
    # As after the comparison with people: what is sure is accepted, and nobody waits for it.
    dataset = create_dataset(
        name=f"Runs {number}", item_kind="text", creator=user, classes=classes, accept_uncalibrated=True
    )
    labeler = create_labeler(dataset=dataset, actor=user, name="classifier", kind="classifier", config={})
    rows = ((f"known-{n}", text, label) for n, (text, label) in enumerate(known))
    import_rows(dataset, user, rows, label="label")
    training.start_training(labeler=labeler, actor=user, then_run=False)
    training.work_one_training()
    return dataset, labeler


def add_texts(dataset: Any, user: Any, count: int) -> None:
    """A number of different texts without a label: two of the sample's in a row, each pair once."""
    texts = [text for text, _ in sample()]
    pairs = itertools.product(texts, texts)
    chosen = itertools.islice(((one, two) for one, two in pairs if one != two), 7, 7 * count + 7, 7)
    import_rows(dataset, user, ((f"new-{n}", f"{one} {two}", "") for n, (one, two) in enumerate(chosen)))


def import_rows(dataset: Any, user: Any, rows: Iterator[tuple[str, str, str]], label: str = "") -> None:
    """By the flow that workers run."""
    from exchange import importing  # noqa: PLC0415 - needs Django

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
    while importing.work_one_import():
        pass


def measure(dataset: Any, labeler: Any, user: Any, items: int) -> tuple[float, float, float, float]:
    """Items a second of a run over so many new texts, of the bare classifier, the ratio of the two; and of the bare
    classifier beside a busy processor, as a share of its rate alone."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    from datasets.models import Item  # noqa: PLC0415
    from labeling.models import PreLabel  # noqa: PLC0415
    from labeling.runs import asking, planning, working  # noqa: PLC0415

    add_texts(dataset, user, items)
    run = planning.start_run(labeler=labeler, actor=user)
    planning.plan_run(run.pk)
    run.refresh_from_db()
    bench = working._bench(run)
    rows = Item.objects.filter(dataset=dataset).order_by("pk")[:items]
    texts = [asking.labeler_item(item, bench.task) for item in rows]
    chunks = [texts[start : start + bench.chunk] for start in range(0, items, bench.chunk)]
    connection.cursor().execute("VACUUM ANALYZE")
    gc.collect()
    gc.freeze()
    ask(bench.labeler, chunks[:2])
    bare = timed(lambda: ask(bench.labeler, chunks))
    process = psutil.Process()
    cpu = process.cpu_times().user
    ran = timed(lambda: work(run.pk))
    cpu = process.cpu_times().user - cpu
    alone = timed(lambda: ask(bench.labeler, chunks))
    with busy_processor():
        beside = alone / timed(lambda: ask(bench.labeler, chunks))
    bare = (bare + alone) / 2
    done = PreLabel.objects.filter(run=run).count()
    ratio = bare / items * done / ran
    write(f"{done / ran:5.0f}{items / bare:9.0f}{ratio:8.2f}{cpu / ran:10.0%}{beside:10.2f}")
    return done / ran, items / bare, ratio, beside


@contextmanager
def busy_processor() -> Iterator[None]:
    """Another process counts meanwhile."""
    with subprocess.Popen([sys.executable, "-c", "while True: sum(range(1000))"]) as process:
        try:
            yield
        finally:
            process.kill()


def ask(labeler: Any, chunks: list[list[Any]]) -> None:
    """Chunk by chunk; the answers are dropped."""
    for chunk in chunks:
        labeler.label(chunk)


def work(run: int) -> None:
    """As a worker does: for a while, and again."""
    from labeling.runs import working  # noqa: PLC0415
    from operating import tasks  # noqa: PLC0415 - needs Django

    while working.work_batches(run, more=tasks.for_a_while()):
        pass


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
