"""Claiming the next item, and claiming and deciding over HTTP, with a million items waiting.

    .venv/bin/python benchmarks/queue_claims.py [--items 1000000] [--reviewers 1 16 64] [--seconds 20]

First the claim in the database alone, the product's statement sent by pgbench; then as pages and API make it, with
the item, its pre-label and the policy, by threads with connections of their own in processes of their own: percentiles,
and no item given twice. Then the whole loop of a program over HTTP, claim one and decide it, without a pause for
thought. The limits: 100 ms at the 95th percentile for 64 reviewers in the database; 120 loops a second and 250 ms for
16 reviewers over HTTP. With 6,100,000 items five million wait.
"""

import argparse
import multiprocessing
import sys
import time
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import _pgbench
from _program import PROCESSES, Caller, decision, run_threads, warm
from _results import Results
from _scale import Scale, make
from _scratch import at, scratch_database, web_server, write

ITEMS = 1_000_000


def main() -> int:
    """Make the dataset, measure, print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--reviewers", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    with scratch_database() as home:
        from django.db import connection  # noqa: PLC0415 - needs Django

        from accounts.models import Role, User  # noqa: PLC0415
        from datasets.models import Membership, Waiting  # noqa: PLC0415
        from datasets.tokens import make_token  # noqa: PLC0415

        admin = User.objects.create_superuser("admin", password="queue benchmark")
        began = time.monotonic()
        dataset = make(Scale("queue", arguments.items, low=0.0), admin)
        waiting = Waiting.objects.filter(dataset=dataset).count()
        write(f"{waiting:,} waiting of {arguments.items:,} items, made in {time.monotonic() - began:.0f} s")
        people = User.objects.bulk_create(User(username=f"reviewer{n}") for n in range(max(arguments.reviewers)))
        Membership.objects.bulk_create(
            Membership(dataset=dataset, user=person, role=Role.REVIEWER) for person in people
        )
        tokens = [make_token(user=person, name="benchmark")[1] for person in people]
        connection.close()
        name = "queue_claims" if arguments.items == ITEMS else f"queue_claims_{arguments.items}"
        results = Results(name, {"waiting": waiting, "seconds": arguments.seconds})
        claims_in_the_database(dataset.pk, people[0].pk, arguments, results)
        free(dataset.pk)
        claims_with_items(dataset.pk, [person.pk for person in people], arguments, results)
        free(dataset.pk)
        loops_over_http(home, tokens, arguments, results)
        write(f"written to {results.save()}")
        return results.missed


def free(dataset: int) -> None:
    """Give every claim back."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    from datasets.models import Waiting  # noqa: PLC0415

    held = Waiting.objects.filter(dataset=dataset, claimed_by__isnull=False)
    held.update(claimed_by=None, claimed_until=None, token=None)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE labeling_waiting")
    connection.close()


# --- the claim ------------------------------------------------------------------------------------------------


def claims_in_the_database(dataset: int, first: int, arguments: argparse.Namespace, results: Results) -> None:
    """A line for each number of reviewers. `first`: the first reviewer's id; the others follow."""
    write("in the database    n   p50 ms   p95 ms   p99 ms   claims/s   given twice")
    for count in arguments.reviewers:
        claimed = _pgbench.claims(dataset, first, count, arguments.seconds)
        report(
            f"claim in the database, {count} reviewers", claimed.times, claimed.held, arguments, results, limit=100.0
        )


def report(
    what: str, times: list[float], held: int, arguments: argparse.Namespace, results: Results, *, limit: float | None
) -> None:
    """Percentiles of these times, and whether as many items are held as claims were made."""
    p95, twice = at(times, 0.95), len(times) - held
    slow = results.add(f"{what}, p95", p95, "ms", limit).missed
    results.add(f"{what}, given twice", twice, "items", 0)
    figures = f"{at(times, 0.5):9.1f}{p95:9.1f}{at(times, 0.99):9.1f}{len(times) / arguments.seconds:11.0f}"
    write(f"{what.rsplit(',')[1]:13} {len(times):8}{figures}{twice:14}{'  ABOVE' if slow else ''}")


def claims_with_items(dataset: int, people: list[int], arguments: argparse.Namespace, results: Results) -> None:
    """A line for each number of reviewers."""
    write("with the item      n   p50 ms   p95 ms   p99 ms   claims/s   given twice")
    for count in arguments.reviewers:
        answers = in_processes(
            claimers, [(dataset, people[:count][at::PROCESSES]) for at in range(PROCESSES)], arguments
        )
        times = sorted(one for answer in answers for one in answer["times"])
        items = [item for answer in answers for item in answer["items"]]
        report(f"claim with its item, {count} reviewers", times, len(set(items)), arguments, results, limit=None)


def in_processes(work: Any, parts: list[Any], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """What each process answered."""
    context = multiprocessing.get_context("fork")
    answers: Queue[dict[str, Any]] = context.Queue()
    processes = [context.Process(target=work, args=(part, arguments.seconds, answers)) for part in parts if part[-1]]
    for process in processes:
        process.start()
    found = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    return found


def claimers(part: tuple[int, list[int]], seconds: float, answers: "Queue[dict[str, Any]]") -> None:
    """One process: a thread for each of these reviewers."""
    from accounts.models import User  # noqa: PLC0415 - needs Django
    from datasets.models import Dataset  # noqa: PLC0415 - needs Django
    from review.queue.claims import claim  # noqa: PLC0415

    dataset = Dataset.objects.get(pk=part[0])
    times: list[float] = []
    items: list[int] = []

    def work(person: int) -> None:
        from django.db import connection  # noqa: PLC0415

        reviewer = User.objects.get(pk=person)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            began = time.perf_counter()
            held = claim(dataset=dataset, reviewer=reviewer)
            times.append(1000 * (time.perf_counter() - began))
            items.extend(one.item.pk for one in held)
        connection.close()

    run_threads(work, part[1])
    answers.put({"times": times, "items": items})


# --- the whole loop over HTTP ---------------------------------------------------------------------------------


def loops_over_http(home: Path, tokens: list[str], arguments: argparse.Namespace, results: Results) -> None:
    """A line for each number of reviewers."""
    write("claim + decide over HTTP   loops/s   p50 ms   p95 ms   p99 ms   failed")
    with web_server(home) as port:
        warm(port, tokens[0])
        for count in arguments.reviewers:
            answers = in_processes(
                deciders, [(port, tokens[:count][at::PROCESSES]) for at in range(PROCESSES)], arguments
            )
            times = sorted(one for answer in answers for one in answer["times"])
            failed = sum(answer["failed"] for answer in answers)
            rate, p95 = len(times) / arguments.seconds, at(times, 0.95)
            held = count == 16
            few = results.add(f"HTTP, {count} reviewers", rate, "loops/s", 120.0 if held else None, least=True).missed
            slow = results.add(f"HTTP, {count} reviewers, p95", p95, "ms", 250.0 if held else None).missed
            results.add(f"HTTP, {count} reviewers, failed", failed, "requests", 0)
            figures = f"{rate:10.0f}{at(times, 0.5):9.1f}{p95:9.1f}{at(times, 0.99):9.1f}{failed:9}"
            write(f"{count:3} reviewers            {figures}{'  MISSED' if few or slow else ''}")


def deciders(part: tuple[int, list[str]], seconds: float, answers: "Queue[dict[str, Any]]") -> None:
    """One process: a thread for each of these tokens, each with a connection that it keeps."""
    times: list[float] = []
    failures: list[str] = []

    def work(token: str) -> None:
        server = Caller(part[0], token)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            began = time.perf_counter()
            status, body = server.post("queue/claim/", {"count": 1})
            if status == 200 and body["items"]:
                status, body = server.post("decisions/", decision(body["items"][0]))
            if status == 201:
                times.append(1000 * (time.perf_counter() - began))
            else:
                failures.append(f"{status} {str(body)[:200]}")

    run_threads(work, part[1])
    for failure in failures[:3]:
        write(f"  {failure}")
    answers.put({"times": times, "failed": len(failures)})


if __name__ == "__main__":
    sys.exit(main())
