"""A change of policy that moves half of a million items, and the people who review meanwhile.

    .venv/bin/python benchmarks/policy_change.py [--items 1000000] [--reviewers 8]

The change is shown beforehand from the tallies, saved, and carried out by the flow that workers run, in a process of
its own, while reviewers claim items: their 95th percentile before and meanwhile. The limits: a second beforehand; for
the claims, that of `queue_claims.py`.
"""

import argparse
import multiprocessing
import sys
import threading
import time
from typing import Any

from _results import Results
from _scale import Scale, make
from _scratch import at, scratch_database, write

BEFOREHAND_LIMIT, CLAIM_LIMIT_MS = 1.0, 100.0
# Of the dataset's labels (benchmarks/_scale.py) about half lie between this threshold and the one it had.
THRESHOLD = 0.68
BEFORE_SECONDS = 10.0


def main() -> int:
    """Measure, print, save; how many figures miss their limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--reviewers", type=int, default=8)
    arguments = parser.parse_args()
    with scratch_database():
        from accounts.models import Role, User  # noqa: PLC0415
        from datasets.models import Membership  # noqa: PLC0415 - needs Django

        admin = User.objects.create_superuser("admin", password="policy benchmark")
        dataset = make(Scale("policy", arguments.items), admin)
        people = User.objects.bulk_create(User(username=f"reviewer{n}") for n in range(arguments.reviewers))
        Membership.objects.bulk_create(
            Membership(dataset=dataset, user=person, role=Role.REVIEWER) for person in people
        )
        results = Results("policy_change", {"items": arguments.items, "reviewers": arguments.reviewers})
        measure(dataset, admin, [person.pk for person in people], results)
        write(f"written to {results.save()}")
        return results.missed


def measure(dataset: Any, admin: Any, people: list[int], results: Results) -> None:
    """Beforehand, before, meanwhile."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    from datasets.models import Policy  # noqa: PLC0415
    from datasets.policies import current_policy  # noqa: PLC0415
    from labeling.models import Reroute  # noqa: PLC0415
    from labeling.policies.editions import rule_of  # noqa: PLC0415
    from labeling.policies.previewing import preview_policy  # noqa: PLC0415
    from tests.policies import change_policy  # noqa: PLC0415

    policy = current_policy(dataset)
    wanted = Policy(
        dataset=dataset,
        version=policy.version + 1,
        threshold=THRESHOLD,
        audit_rate=policy.audit_rate,
        blind_rate=policy.blind_rate,
        accept_uncalibrated=policy.accept_uncalibrated,
    )
    began = time.perf_counter()
    shown = preview_policy(dataset=dataset, policy=rule_of(wanted))
    seconds = time.perf_counter() - began
    moving = shown["to_accepted"] + shown["to_waiting"]
    results.add("would move", moving, "items")
    slow = results.add("shown beforehand", seconds, "s", BEFOREHAND_LIMIT).missed
    write(f"{moving:,} items would move, known after {seconds:.2f} s{'  MISSED' if slow else ''}")
    before = claims(dataset.pk, people, until=time.monotonic() + BEFORE_SECONDS)
    line("claim before the change, p95", before, results)
    began = time.perf_counter()
    change_policy(
        dataset=dataset,
        actor=admin,
        threshold=THRESHOLD,
        class_thresholds={},
        audit_rate=policy.audit_rate,
        blind_rate=policy.blind_rate,
    )
    results.add("saved", time.perf_counter() - began, "s")
    connection.close()
    worker = multiprocessing.get_context("fork").Process(target=carry_out)
    began = time.perf_counter()
    worker.start()
    meanwhile = claims(dataset.pk, people, until=time.monotonic() + 3_600, over=worker)
    worker.join()
    seconds = time.perf_counter() - began
    job = Reroute.objects.latest("id")
    write(f"{job.moved:,} items moved in {seconds:.0f} s")
    results.add("moved", job.moved, "items")
    results.add("carried out", seconds, "s")
    results.add("carried out", results.settings["items"] / seconds, "items/s")
    line("claim meanwhile, p95", meanwhile, results)


def line(what: str, times: list[float], results: Results) -> None:
    """One line of the table."""
    times.sort()
    figure = results.add(what, at(times, 0.95), "ms", CLAIM_LIMIT_MS)
    write(f"{what}: {figure.value:.1f} ms of {len(times):,}{'  MISSED' if figure.missed else ''}")


def carry_out() -> None:
    """What a worker does with the change."""
    from datasets import tallies  # noqa: PLC0415 - needs Django
    from labeling.policies import rerouting  # noqa: PLC0415

    while rerouting.work_one_reroute():
        tallies.fold()


def claims(dataset: int, people: list[int], *, until: float, over: Any = None) -> list[float]:
    """Milliseconds of claims by these people, four a second each, given back at once: until then, or until the
    process is over."""
    times: list[float] = []

    def work(person: int) -> None:
        from django.db import connection  # noqa: PLC0415 - needs Django

        from accounts.models import User  # noqa: PLC0415
        from datasets.models import Dataset  # noqa: PLC0415
        from review.queue.claims import claim, release  # noqa: PLC0415

        row, reviewer = Dataset.objects.get(pk=dataset), User.objects.get(pk=person)
        while time.monotonic() < until and (over is None or over.is_alive()):
            began = time.perf_counter()
            held = claim(dataset=row, reviewer=reviewer)
            times.append(1_000 * (time.perf_counter() - began))
            release(dataset=row, reviewer=reviewer, tokens=[one.token for one in held])
            time.sleep(0.25)
        connection.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


if __name__ == "__main__":
    sys.exit(main())
