"""Importing and exporting a million rows, against PostgreSQL's own COPY of the same rows.

    .venv/bin/python benchmarks/files.py [--rows 1000000] [--formats jsonl csv]

Import: rows with an id, a text, a prediction and its confidence, by the flow that workers run; COPY: the finished
items and pre-labels into tables of the same columns, each with its key and one unique index. What COPY does with all
rows that an import writes (review slots and words too) and all their indexes is shown beside it. Export: the flow that
workers run; COPY: the same joined rows, as JSON, into nothing. Memory is the growth of this process's resident set.
The limits: 0.4 of COPY for imports, 0.3 for exports, 100 MB.
"""

import argparse
import csv
import io
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from _results import Results
from _scratch import scratch_database, write

CLASSES = 77
ROWS_IN_A_CHUNK = 2_000
# What an import writes, and the dataset that a row of it belongs to.
ROWS_OF = {
    "labeling_item": "dataset_id",
    "labeling_itemwords": "dataset_id",
    "labeling_prelabel": "(SELECT dataset_id FROM labeling_run WHERE labeling_run.id = run_id)",
    "labeling_waiting": "dataset_id",
}
IMPORT_LIMIT, EXPORT_LIMIT, MEMORY_LIMIT = 0.4, 0.3, 100_000_000


def main() -> int:
    """Measure each format, print a table; how many figures miss their limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="+", default=["jsonl", "csv"])
    arguments = parser.parse_args()
    with scratch_database():
        from labeling.models import User  # noqa: PLC0415 - needs Django

        user = User.objects.create_superuser("admin", password="files benchmark")
        write("what              rows/s    COPY rows/s   ratio   memory MB")
        results = Results("files", {"rows": arguments.rows})
        for name in arguments.formats:
            measure(name, user, arguments.rows, results)
        write(f"written to {results.save()}")
        return results.missed


def measure(format: str, user: Any, rows: int, results: Results) -> None:
    """Import and export of one format."""
    from labeling.datasets import NewClass, create_dataset  # noqa: PLC0415 - needs Django
    from review.exporting import start_export, work_one_export  # noqa: PLC0415

    classes = [NewClass(f"class_{number}") for number in range(CLASSES)]
    dataset = create_dataset(name=format, item_kind="text", creator=user, classes=classes)
    path = written(format, rows)
    began = time.process_time()
    seconds, memory = observed(lambda: import_rows(dataset, user, path, rows))
    share = (time.process_time() - began) / seconds
    path.unlink()
    results.add(f"import {format}, processor time of Python", share, "ratio")
    write(f"import {format}: Python works for {share:.0%} of the time, beside PostgreSQL")
    line(results, f"import {format}", rows, seconds, copied_in(dataset.pk), memory, IMPORT_LIMIT)
    whole = copied_in_whole(dataset.pk)
    results.add(f"import {format}, of COPY of all its rows with all indexes", whole / seconds, "ratio")
    write(f"import {format}: COPY of all its rows, with all indexes: {rows / whole:.0f} rows/s, {whole / seconds:.2f}")
    start_export(dataset=dataset, actor=user, format=format, include={"unlabelled": True})
    seconds, memory = observed(lambda: work_one_export())
    line(results, f"export {format}", rows, seconds, copied_out(dataset.pk), memory, EXPORT_LIMIT)


def line(
    results: Results, what: str, rows: int, seconds: float, copy_seconds: float, memory: int, limit: float
) -> None:
    """One line of the table."""
    ratio = copy_seconds / seconds
    results.add(what, rows / seconds, "rows/s")
    missed = results.add(f"{what}, of COPY", ratio, "ratio", limit, least=True).missed
    missed |= results.add(f"{what}, memory", memory / 1e6, "MB", MEMORY_LIMIT / 1e6).missed
    figures = f"{rows / seconds:10.0f}{rows / copy_seconds:15.0f}{ratio:8.2f}{memory / 1e6:12.0f}"
    write(f"{what:14}{figures}{'  MISSED' if missed else ''}")


def observed(work: Callable[[], Any]) -> tuple[float, int]:
    """Seconds that it took, and by how much this process's memory grew at most."""
    process = psutil.Process()
    before = process.memory_info().rss
    most, done = before, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.2):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    try:
        work()
    finally:
        seconds = time.perf_counter() - began
        done.set()
        watcher.join()
    return seconds, most - before


def written(format: str, rows: int) -> Path:
    """The file, as somebody has it on their disk."""
    from django.conf import settings  # noqa: PLC0415 - needs Django

    path = Path(settings.COUNTERSIGN_HOME) / f"rows.{format}"
    with path.open("wb") as file:
        file.writelines(chunks(format, rows))
    return path


def import_rows(dataset: Any, user: Any, path: Path, rows: int) -> None:
    """Upload and work one file."""
    from labeling import importing  # noqa: PLC0415 - needs Django
    from review.given_labels import record_given_labels  # noqa: PLC0415

    with path.open("rb") as file:
        job = importing.create_import(
            dataset=dataset,
            actor=user,
            file_name=path.name,
            chunks=iter(lambda: file.read(65_536), b""),
            format=path.suffix.removeprefix("."),
            mapping={"external_id": "id", "text": "text", "prediction": "label", "confidence": "score"},
        )
    while importing.work_one_import(record_given=record_given_labels):
        pass
    job.refresh_from_db()
    if (job.state, job.accepted) != ("done", rows):
        raise SystemExit(f"The import is {job.state}: {job.accepted} accepted, {job.rejected} rejected, {job.error}")


def chunks(format: str, rows: int) -> Iterator[bytes]:
    """Its content, piece by piece."""
    if format == "csv":
        yield b"id,text,label,score\n"
    for first in range(0, rows, ROWS_IN_A_CHUNK):
        some = [row(number) for number in range(first, min(rows, first + ROWS_IN_A_CHUNK))]
        if format == "csv":
            text = io.StringIO()
            csv.writer(text).writerows(one.values() for one in some)
            yield text.getvalue().encode()
        else:
            yield b"".join(json.dumps(one).encode() + b"\n" for one in some)


def row(number: int) -> dict[str, object]:
    """A question of fourteen words."""
    words = " ".join(f"w{number * place * 2654435761 % 5000}" for place in range(1, 15))
    return {
        "id": f"q{number}",
        "text": f"Question {number}: {words}",
        "label": f"class_{number * 31 % CLASSES}",
        "score": round(0.5 + number * 0.7548776662 % 0.499, 4),
    }


def copied_in(dataset: int) -> float:
    """Seconds of a plain COPY of the dataset's items and pre-labels into tables of the same columns."""
    return copied_into_a_twin("labeling_item", dataset, unique="dataset_id, external_id") + copied_into_a_twin(
        "labeling_prelabel", dataset, unique="run_id, item_id"
    )


def copied_in_whole(dataset: int) -> float:
    """Seconds of a COPY of all that the import wrote into tables with all indexes and checks of the product's."""
    return sum(copied_into_a_twin(table, dataset) for table in ROWS_OF)


def copied_into_a_twin(table: str, dataset: int, *, unique: str = "") -> float:
    """Seconds of the COPY into one twin; its rows come from a file that was written before. `unique`: the columns of
    the one index beside the key; else it has all that the table has."""
    from django.conf import settings  # noqa: PLC0415 - needs Django
    from django.db import connection  # noqa: PLC0415

    path = Path(settings.COUNTERSIGN_HOME) / "twin.copy"
    rows_of = f"SELECT * FROM {table} WHERE {ROWS_OF[table]} = {dataset}"
    with connection.cursor() as cursor:
        with path.open("wb") as file, cursor.copy(f"COPY ({rows_of}) TO STDOUT") as rows:
            for data in rows:
                file.write(data)
        cursor.execute(f"CREATE TABLE twin (LIKE {table} INCLUDING {'DEFAULTS' if unique else 'ALL'})")
        if unique:
            cursor.execute("ALTER TABLE twin ADD PRIMARY KEY (id)")
            cursor.execute(f"CREATE UNIQUE INDEX ON twin ({unique})")
        began = time.perf_counter()
        with path.open("rb") as file, cursor.copy("COPY twin FROM STDIN") as rows:
            while data := file.read(65_536):
                rows.write(data)
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE twin")
    path.unlink()
    return seconds


def copied_out(dataset: int) -> float:
    """Seconds of COPY of the rows that an export joins."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    from review.exporting import _ROWS  # noqa: PLC0415

    statement = "COPY (SELECT row_to_json(r) FROM (" + _ROWS.replace("%(dataset)s", str(dataset)) + ") AS r) TO STDOUT"
    began = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        for _ in rows:
            pass
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
