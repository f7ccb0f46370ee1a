"""Sixty-four people at a queue of a million items for five minutes, while a run writes pre-labels.

    .venv/bin/python benchmarks/crowd.py [--items 1000000] [--reviewers 64] [--seconds 300] [--reading 5]

Over HTTP: each person asks for the next item, reads it for about `reading` seconds, and decides. A labeler of rules
goes over the same dataset meanwhile, by the flow that workers run, in a process of its own. The limits: 150 ms for the
next item at the 95th percentile, no error, and no item decided twice.
"""

import argparse
import multiprocessing
import random
import sys
import threading
import time
from multiprocessing.queues import Queue
from typing import Any

from _program import PROCESSES, Caller, decision, run_threads, warm
from _results import Results
from _scale import Scale, make
from _scratch import at, scratch_database, web_server, write

LIMIT_MS = 150.0


def main() -> int:
    """Make the dataset, let the crowd in, print a table; how many figures miss their limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--reviewers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--reading", type=float, default=5)
    arguments = parser.parse_args()
    with scratch_database() as home:
        from django.db import connection  # noqa: PLC0415 - needs Django

        from accounts.models import Role, User  # noqa: PLC0415
        from datasets.models import Membership, Waiting  # noqa: PLC0415
        from datasets.tokens import make_token  # noqa: PLC0415
        from labeling.runs.planning import plan_run, start_run  # noqa: PLC0415
        from labeling.setup.defining import create_labeler  # noqa: PLC0415

        admin = User.objects.create_superuser("admin", password="crowd benchmark")
        dataset = make(Scale("queue", arguments.items, low=0.0), admin)
        waiting = Waiting.objects.filter(dataset=dataset).count()
        rules = {"rules": [{"labels": ["class_1"], "keywords": ["w1"], "confidence": 0.9}]}
        labeler = create_labeler(dataset=dataset, actor=admin, name="rules", kind="rules", config=rules)
        run = start_run(labeler=labeler, actor=admin)
        plan_run(run.pk)
        people = User.objects.bulk_create(User(username=f"reviewer{n}") for n in range(arguments.reviewers))
        Membership.objects.bulk_create(
            Membership(dataset=dataset, user=person, role=Role.REVIEWER) for person in people
        )
        tokens = [make_token(user=person, name="benchmark")[1] for person in people]
        connection.close()
        settings = {"waiting": waiting, **{key: value for key, value in vars(arguments).items() if key != "items"}}
        results = Results("crowd", settings)
        with web_server(home) as port:
            warm(port, tokens[0])
            report(crowd(port, tokens, run.pk, arguments), run.pk, arguments, results)
        write(f"written to {results.save()}")
        return results.missed


def crowd(port: int, tokens: list[str], run: int, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """What each process of people answered, while the run went on."""
    context = multiprocessing.get_context("fork")
    answers: Queue[dict[str, Any]] = context.Queue()
    worker = context.Process(target=write_prelabels, args=(run, arguments.seconds))
    parts = [part for number in range(PROCESSES) if (part := tokens[number::PROCESSES])]
    readers = [context.Process(target=read_and_decide, args=(port, part, arguments, answers)) for part in parts]
    for process in (worker, *readers):
        process.start()
    found = [answers.get() for _ in readers]
    for process in (worker, *readers):
        process.join()
    return found


def write_prelabels(run: int, seconds: float) -> None:
    """What a worker does with the run; and, now and then, with the tallies."""
    from datasets import tallies  # noqa: PLC0415 - needs Django
    from labeling.runs import working  # noqa: PLC0415

    end = time.monotonic() + seconds
    while time.monotonic() < end and working.work_batches(run):
        tallies.fold()


def read_and_decide(
    port: int, tokens: list[str], arguments: argparse.Namespace, answers: "Queue[dict[str, Any]]"
) -> None:
    """One process: a thread for each of these people. They come one after the other, not at once."""
    found: dict[str, list[Any]] = {"next": [], "decided": [], "items": [], "errors": []}
    lock = threading.Lock()

    def note(name: str, value: Any) -> None:
        with lock:
            found[name].append(value)

    def work(token: str) -> None:
        server = Caller(port, token)
        end = time.monotonic() + arguments.seconds
        time.sleep(random.uniform(0, arguments.reading))
        while time.monotonic() < end:
            began = time.perf_counter()
            status, body = server.post("queue/claim/", {"count": 1})
            note("next", 1_000 * (time.perf_counter() - began))
            if status != 200 or not body["items"]:
                note("errors", f"{status} {str(body)[:200]}")
                continue
            time.sleep(random.uniform(0.5, 1.5) * arguments.reading)
            began = time.perf_counter()
            status, answer = server.post("decisions/", decision(body["items"][0]))
            note("decided", 1_000 * (time.perf_counter() - began))
            if status == 201:
                note("items", body["items"][0]["id"])
            else:
                note("errors", f"{status} {str(answer)[:200]}")
        server.close()

    run_threads(work, tokens)
    answers.put(found)


def report(answers: list[dict[str, Any]], run: int, arguments: argparse.Namespace, results: Results) -> None:
    """The table."""
    from labeling.models import PreLabel  # noqa: PLC0415 - needs Django

    joined = {name: [one for answer in answers for one in answer[name]] for name in answers[0]}
    written = PreLabel.objects.filter(run=run).count()
    for name in ("next", "decided"):
        times = sorted(joined[name])
        limit = LIMIT_MS if name == "next" else None
        figures = [
            results.add(f"{name}, p50", at(times, 0.5), "ms"),
            results.add(f"{name}, p95", at(times, 0.95), "ms", limit),
        ]
        figures.append(results.add(f"{name}, p99", at(times, 0.99), "ms"))
        missed = any(figure.missed for figure in figures)
        write(f"{name:8} {len(times):7,}" + "".join(f"{one.value:9.1f}" for one in figures) + "  MISSED" * missed)
    results.add("decisions", len(joined["items"]) / arguments.seconds, "/s")
    results.add("decided twice", len(joined["items"]) - len(set(joined["items"])), "items", 0)
    results.add("errors", len(joined["errors"]), "requests", 0)
    results.add("pre-labels written meanwhile", written / arguments.seconds, "/s")
    write(
        f"{len(joined['items']):,} decisions, {len(joined['errors'])} errors, {written:,} pre-labels written meanwhile"
    )
    for error in joined["errors"][:3]:
        write(f"  {error}")


if __name__ == "__main__":
    sys.exit(main())
