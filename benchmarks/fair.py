"""Twenty datasets with runs at once, on the workers that the product starts: what others do to a small run.

    .venv/bin/python benchmarks/fair.py [--datasets 20] [--items 5000] [--small 1000]

First a run of rules over a few items and an import of five rows in a dataset of their own, with nothing else to do;
then the same while all the others run over theirs, half of them with rules and half with a model of 2 s an answer. Both
in one run on one machine, so that the ratio says what being one of many costs. The limit is the promise: ten seconds.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from _results import Results
from _scratch import scratch_database, write

LIMIT = 10.0
ANSWER_SECONDS = 2.0
ROUNDS = 5


def main() -> int:
    """Measure, print a table; how many figures miss their limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=20)
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--small", type=int, default=1_000)
    given = parser.parse_args()
    with scratch_database() as home, slow_model() as port:
        os.environ["OUTBOUND_ALLOW"] = f"127.0.0.1:{port}"
        results = Results("fair", vars(given))
        measure(home, port, given, results)
        write(f"written to {results.save()}")
        return results.missed


@contextmanager
def slow_model() -> Iterator[int]:
    """The port of an endpoint that thinks for a while."""
    said = json.dumps({"label": "card", "confidence": 0.7})
    body = json.dumps(
        {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": "slow",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
        }
    ).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(ANSWER_SECONDS)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()


def measure(home: Path, port: int, given: argparse.Namespace, results: Results) -> None:
    """Alone, then among the others."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    from accounts.models import User  # noqa: PLC0415
    from labeling.models import PreLabel  # noqa: PLC0415
    from operating.management.programs import WORKERS  # noqa: PLC0415
    from tests import servers  # noqa: PLC0415

    user = User.objects.create_superuser("admin", password="fair benchmark")
    small = dataset_with("small", given.small, user)
    others = [dataset_with(f"other-{number}", given.items, user) for number in range(given.datasets)]
    database = str(connection.settings_dict["NAME"])
    workers = [
        servers.start_worker(home, broker="filesystem://", database=database, number=n, processes=1, queues=queues)
        for n, queues in enumerate(WORKERS.values(), start=1)
    ]
    try:
        alone = [small_work(small, user) for _ in range(ROUNDS)]
        begun = time.monotonic()
        for number, dataset in enumerate(others):
            start(labeler(dataset, user, port if number % 2 else None), user)
        time.sleep(2)
        among = [small_work(small, user) for _ in range(ROUNDS)]
        served = PreLabel.objects.filter(run__dataset__in=others).values("run__dataset").distinct().count()
        asked = PreLabel.objects.filter(run__dataset__in=others).count()
        elapsed = time.monotonic() - begun
    finally:
        for worker in workers:
            servers.end(worker, seconds=1)
    for index, what in enumerate(("a run of rules", "an import of five rows")):
        first, second = (sorted(times[index] for times in rounds) for rounds in (alone, among))
        results.add(f"{what}, alone, median", first[ROUNDS // 2], "s")
        results.add(f"{what}, among {given.datasets} datasets, median", second[ROUNDS // 2], "s", LIMIT)
        results.add(f"{what}, among them, slowest", second[-1], "s", LIMIT)
        results.add(f"{what}, among them, of alone", second[ROUNDS // 2] / first[ROUNDS // 2], "ratio")
    results.add("datasets that had a turn meanwhile, of all", served / given.datasets, "ratio")
    results.add("the others' items meanwhile", asked / elapsed, "items/s")
    for figure in results.figures:
        write(f"{figure.value:10.2f} {figure.unit:8} {figure.what}")


def dataset_with(name: str, items: int, user: Any) -> Any:
    """A dataset with a number of texts."""
    from datasets.making import NewClass, create_dataset  # noqa: PLC0415 - needs Django
    from tests.loops import import_rows, texts  # noqa: PLC0415

    classes = [NewClass(word) for word in ("card", "transfer")]
    dataset = create_dataset(name=name, item_kind="text", creator=user, classes=classes)
    import_rows(dataset, user, texts(items))
    return dataset


def labeler(dataset: Any, user: Any, port: int | None) -> Any:
    """By rules, or by the model at that port."""
    from labeling.setup.defining import create_labeler  # noqa: PLC0415 - needs Django
    from tests.loops import rules  # noqa: PLC0415

    if port is None:
        return rules(dataset, user, name="rules")
    config = {"base_url": f"http://127.0.0.1:{port}/v1", "model": "slow"}
    return create_labeler(dataset=dataset, actor=user, name="model", kind="llm", config=config)


def start(one: Any, user: Any) -> Any:
    """A run, rung for."""
    from labeling.runs import planning  # noqa: PLC0415 - needs Django

    run = planning.start_run(labeler=one, actor=user)
    planning.ring(run)
    return run


def small_work(dataset: Any, user: Any) -> tuple[float, float]:
    """Seconds until a run of rules, and an import that is made at the same time, are done."""
    from exchange import importing  # noqa: PLC0415 - needs Django
    from labeling.models import Labeler  # noqa: PLC0415

    one = Labeler.objects.filter(dataset=dataset).first() or labeler(dataset, user, None)
    begun = time.monotonic()
    run = start(one, user)
    rows = "".join(f"n{time.time_ns()}-{n},my card\n" for n in range(5))
    job = importing.create_import(
        dataset=dataset, actor=user, file_name="five.csv", format="csv", chunks=[f"id,text\n{rows}".encode()],
        then_run=False,
    )  # fmt: skip
    done: dict[str, float] = {}
    while len(done) < 2:
        run.refresh_from_db()
        job.refresh_from_db()
        if run.status == "done":
            done.setdefault("run", time.monotonic() - begun)
        if job.state == "done":
            done.setdefault("import", time.monotonic() - begun)
        if time.monotonic() - begun > 300:
            raise SystemExit(f"The run is {run.status}, the import {job.state} after five minutes.")
        time.sleep(0.02)
    return done["run"], done["import"]


if __name__ == "__main__":
    sys.exit(main())
