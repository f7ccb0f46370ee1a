"""Server time of pages over a million items, of which people have decided 200,000, in 77 classes.

    .venv/bin/python benchmarks/pages.py [--items 1000000] [--rounds 5]

Each page is asked for in process, by Django's test client, once to warm up and then `rounds` times; the figure is the
median. Fails when a page is above its limit.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from _results import Results
from _scale import Scale, make
from _scratch import scratch_database, write

ITEMS_LIMIT, FIGURES_LIMIT = 100.0, 200.0


def main() -> int:
    """Make the dataset, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--decided", type=float, default=0.27, help="share of the hard items that people have decided")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with scratch_database():
        from django.conf import settings  # noqa: PLC0415 - needs Django
        from django.test import Client  # noqa: PLC0415

        from accounts.models import User  # noqa: PLC0415
        from datasets.models import BucketTally, Item, LabelTally, Tally  # noqa: PLC0415
        from review.models import Decision  # noqa: PLC0415

        settings.ALLOWED_HOSTS = ["testserver"]
        user = User.objects.create_superuser("admin", password="pages benchmark")
        began = time.monotonic()
        dataset = make(Scale("pages", arguments.items, arguments.decided, low=0.3), user)
        decided = Decision.objects.filter(dataset=dataset).count()
        write(f"{arguments.items:,} items, {decided:,} decisions made in {time.monotonic() - began:.0f} s")
        client = Client()
        client.force_login(user)
        middle = Item.objects.filter(dataset=dataset).order_by("-pk")[min(50_000, arguments.items // 2)].pk
        results = Results("pages", {"items": arguments.items, "decisions": decided, "rounds": arguments.rounds})
        for table in (Tally, LabelTally, BucketTally):
            results.add(f"{table._meta.verbose_name}, cells", table.objects.count(), "cells")
        report(client, middle, results)
        write(f"written to {results.save()}")
        return results.missed


def report(client: Any, middle: int, results: Results) -> None:
    """A line for each page."""
    home = "/datasets/pages/"
    items = home + "items/?"
    rule = "threshold=0.8&audit_rate=0.05&blind_rate=0.05&probe_rate=0"
    picked = "status=accepted&label=class_7&low=0.9&high=0.97&sort=least"
    asked: list[tuple[str, str, float]] = [
        ("items, page 1", items, ITEMS_LIMIT),
        ("items, page 1,000", f"{items}after={middle}", ITEMS_LIMIT),
        ("items, status + class + confidence, sorted", items + picked, ITEMS_LIMIT),
        ("the same, far behind", f"{items}{picked}&after=0.955_{middle}", ITEMS_LIMIT),
        ("items, people say class_7", f"{items}human=class_7", ITEMS_LIMIT),
        ("items, a confusion cell", f"{items}label=class_7&human=class_9&checks=on", ITEMS_LIMIT),
        ("items, two rare words", f"{items}q=w17+w423", ITEMS_LIMIT),
        ("items, a common word", f"{items}q=question", ITEMS_LIMIT),
        ("items, one external id", f"{items}q=i77777", ITEMS_LIMIT),
        ("home", home, FIGURES_LIMIT),
        ("accuracy, estimated", home + "accuracy/", FIGURES_LIMIT),
        ("accuracy, reviewed", home + "accuracy/?view=reviewed", FIGURES_LIMIT),
        ("policy, what if", home + "policy/", FIGURES_LIMIT),
        ("policy, another threshold", f"{home}policy/?{rule}", FIGURES_LIMIT),
        ("proven threshold", f"{home}policy/?wrong=2", FIGURES_LIMIT),
        ("review, first item", home + "review/", FIGURES_LIMIT),
        ("review, twelve ahead", home + "review/next/?count=12", FIGURES_LIMIT),
        ("grid, classes", home + "review/grid/", FIGURES_LIMIT),
        ("exports", home + "exports/", FIGURES_LIMIT),
        ("datasets", "/", FIGURES_LIMIT),
    ]
    write("page                                           median ms    limit")
    for name, path, limit in asked:
        median = measured(lambda path=path: client.get(path), results.settings["rounds"])  # type: ignore[misc]
        figure = results.add(name, median, "ms", limit)
        write(f"{name:45} {median:10.1f} {limit:8.0f}{'  ABOVE' if figure.missed else ''}")


def measured(ask: Callable[[], Any], rounds: int) -> float:
    """Milliseconds, the median of `rounds` after one to warm up."""
    times = []
    for number in range(rounds + 1):
        began = time.perf_counter()
        answer = ask()
        if answer.status_code != 200:
            raise SystemExit(f"{answer.status_code}: {answer.content[:500]!r}")
        if number:
            times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
