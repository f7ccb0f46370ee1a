"""Importing and exporting a million rows, against PostgreSQL's own COPY of the same rows.

    .venv/bin/python benchmarks/files.py [--rows 1000000] [--formats jsonl csv] [--rounds 3]

Import: rows with an id, a text, a prediction and its confidence, by the flow that workers run. COPY: all rows that it
wrote (items, their words, pre-labels, review slots) into tables with the columns, checks and indexes of the product's;
and COPY of the items and pre-labels alone, into tables with a key and one unique index each (docs/decisions/0025). A
file of ten thousand rows is imported before, for the cost of a row. Export: the flow that workers run; COPY: the same
joined rows, as JSON, into nothing. Memory is the growth of this process's resident set. Each round has datasets of its
own, beside those before it; a figure is the median of the rounds. The limits: 0.4 of either COPY for imports, 0.3 for
exports, 100 MB.
"""

import argparse
import csv
import io
import json
import statistics
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
# What the cost of a row among many is held against.
FEW = 10_000
UNITS = {"rows/s": "rows/s", "memory": "MB"}
BARE = "import, of COPY without words, slots and most indexes"
LEAST = {"import, of COPY": 0.4, BARE: 0.4, "export, of COPY": 0.3}
MOST = {"import, memory": 100.0, "export, memory": 100.0}


def main() -> int:
    """Measure each format, print a table; how many figures miss their limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="+", default=["jsonl", "csv"])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with scratch_database():
        from accounts.models import User  # noqa: PLC0415 - needs Django

        user = User.objects.create_superuser("admin", password="files benchmark")
        results = Results("files", {"rows": arguments.rows, "rounds": arguments.rounds})
        for name in arguments.formats:
            rounds = [measure(name, user, arguments.rows, number) for number in range(arguments.rounds)]
            for what in rounds[0]:
                report(results, name, what, [one[what] for one in rounds])
        write(f"written to {results.save()}")
        return results.missed


def report(results: Results, format: str, what: str, values: list[float]) -> None:
    """One figure: the median of the rounds."""
    side, _, kind = what.partition(", ")
    unit, limit = UNITS.get(kind, "ratio"), LEAST.get(what, MOST.get(what))
    figure = results.add(f"{side} {format}, {kind}", statistics.median(values), unit, limit, least=what in LEAST)
    rounds = ", ".join(f"{value:.2f}" for value in values)
    write(f"{figure.what:60}{figure.value:12.2f} ({rounds}){'  MISSED' if figure.missed else ''}")


def measure(format: str, user: Any, rows: int, number: int) -> dict[str, float]:
    """Import and export of one format."""
    from exchange.exporting.jobs import start_export, work_one_export  # noqa: PLC0415 - needs Django

    few = written(format, FEW)
    seconds_few, _ = observed(lambda: import_rows(dataset_for(f"{format} few {number}", user), user, few, FEW))
    dataset = dataset_for(f"{format} {number}", user)
    path = written(format, rows)
    began = time.process_time()
    seconds, memory = observed(lambda: import_rows(dataset, user, path, rows))
    share = (time.process_time() - began) / seconds
    path.unlink()
    found = {
        "import, rows/s": rows / seconds,
        "import, of COPY": copied_in_whole(dataset.pk) / seconds,
        BARE: copied_in(dataset.pk) / seconds,
        f"import, cost of a row, of one among {FEW:,}": seconds / rows / (seconds_few / FEW),
        "import, processor time of Python": share,
        "import, memory": memory / 1e6,
    }
    start_export(dataset=dataset, actor=user, format=format, include={"unlabelled": True})
    seconds, memory = observed(lambda: work_one_export())
    return found | {
        "export, rows/s": rows / seconds,
        "export, of COPY": copied_out(dataset.pk) / seconds,
        "export, memory": memory / 1e6,
    }


def dataset_for(name: str, user: Any) -> Any:
    """An empty dataset with the classes that the rows name."""
    from datasets.making import NewClass, create_dataset  # noqa: PLC0415 - needs Django

    classes = [NewClass(f"class_{number}") for number in range(CLASSES)]
    # As after the comparison with people: what is sure is accepted, and nobody waits for it.
    return create_dataset(name=name, item_kind="text", creator=user, classes=classes, accept_uncalibrated=True)


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
    from exchange import importing  # noqa: PLC0415 - needs Django

    with path.open("rb") as file:
        job = importing.create_import(
            dataset=dataset,
            actor=user,
            file_name=path.name,
            chunks=iter(lambda: file.read(65_536), b""),
            format=path.suffix.removeprefix("."),
            mapping={"external_id": "id", "text": "text", "prediction": "label", "confidence": "score"},
        )
    while importing.work_one_import():
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

    from exchange.exporting.snapshot import _ROWS  # noqa: PLC0415

    statement = "COPY (SELECT row_to_json(r) FROM (" + _ROWS.replace("%(dataset)s", str(dataset)) + ") AS r) TO STDOUT"
    began = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        for _ in rows:
            pass
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
