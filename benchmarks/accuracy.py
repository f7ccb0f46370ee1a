"""The whole loop on BANKING77 with its given labels as the reviewer: how much manual work is saved, proven.

    .venv/bin/python benchmarks/accuracy.py --data FOLDER

FOLDER holds train.csv and test.csv of BANKING77 (columns text and category). Everything goes through the product's own
flows on a private PostgreSQL that is thrown away afterwards, or on an empty database of --database-url: import without
labels, first labels by people, training, rounds of review in the queue's own order, random checks that nobody sees the
machine's label of, certificates. Every label that a person gives counts as manual work.
"""

import argparse
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from benchmarks._banking_loop import Loop, Outcome

TARGETS = (0.95, 0.97)
THRESHOLDS = [percent / 100 for percent in range(70, 100, 5)]


def main() -> int:
    """Run the loop and print the report as Markdown."""
    arguments = parsed()
    if arguments.data is None:
        write("Left out: --data names no folder with BANKING77's train.csv and test.csv (see benchmarks/README.md).")
        return 0
    began = time.monotonic()
    with database(arguments.database_url):
        from benchmarks._banking_loop import Loop  # noqa: PLC0415 - needs Django

        loop = Loop(arguments.data, arguments.seed, progress)
        loop.start()
        worked(loop, arguments)
        report(loop, arguments)
        spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in loop.seconds.items())
        write(f"\n{time.monotonic() - began:.0f} s in all: {spent}. {machine()}")
    return 0


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with train.csv and test.csv")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database, instead of a private one")
    parser.add_argument("--first", type=int, default=800, help="labels that people give before the first training")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of review, each followed by a training")
    parser.add_argument("--per-round", type=int, default=700, help="items that people decide in a round")
    parser.add_argument("--rate", type=float, default=0.08, help="share checked blindly after the last training")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def write(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def progress(line: str) -> None:
    """Print one line of progress."""
    sys.stderr.write(line + "\n")


@contextmanager
def database(url: str) -> Iterator[None]:
    """Django on a database with the product's tables."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.testing"
    import django  # noqa: PLC0415 - the settings must be named first
    from django.conf import settings  # noqa: PLC0415

    home = Path(settings.COUNTERSIGN_HOME)
    if url:
        from config import env  # noqa: PLC0415

        settings.DATABASES["default"] = env.database(url)
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from tests import servers  # noqa: PLC0415

    postgres = None if url else servers.start_postgres(home)[1]
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connection.close()
        if postgres is not None:
            servers.end(postgres, number=postgres.program.stop_signal)
        shutil.rmtree(home, ignore_errors=True)


def worked(loop: "Loop", arguments: argparse.Namespace) -> None:
    """First labels, then rounds of review and learning, then the checks of what the last model says."""
    loop.first_labels(arguments.first)
    model = loop.learn()
    for number in range(1, arguments.rounds + 1):
        done = loop.review(arguments.per_round)
        model = loop.learn()
        progress(f"round {number}: {done} decided, model {model.number} held-out {model.metrics['accuracy']}")
    write(
        f"{len(loop.truth):,} items, 77 classes; {loop.by_people():,} labels by people ({arguments.first} at random, "
        f"then {arguments.rounds} rounds of {arguments.per_round} in the queue's order), {model.number} trainings. The "
        f"last model learned from {model.trained_on:,} labels; its held-out accuracy on these, mostly hard, items is "
        f"{model.metrics['accuracy']:.1%}."
    )
    loop.set_rate(arguments.rate)
    drawn, before = loop.waiting_checks(), loop.by_people()
    loop.finish_checks()
    write(
        f"Then {drawn:,} blind checks of what that model says ({arguments.rate:.0%} of the items, less those decided "
        f"before), served in the queue among {loop.by_people() - before - drawn:,} uncertain items."
    )


def report(loop: "Loop", arguments: argparse.Namespace) -> None:
    """The figures."""
    said, true = loop.machine_accuracy()
    write(f"\nThe machine's labels, estimated for the whole dataset: {said}; true: {share(true)}.\n")
    write("| threshold | accepted | accuracy, as estimated | n | true accuracy | manual work left |")
    write("|---|---|---|---|---|---|")
    for row, truth in loop.table(THRESHOLDS, arguments.rate):
        figure = row.accuracy
        estimate = f"{share(figure.value)} ({share(figure.low)} to {share(figure.high)})"
        write(
            f"| {row.threshold:.2f} | {row.share_accepted:.1%} | {estimate} | {figure.n} | {share(truth)} "
            f"| {row.manual:.1%} |"
        )
    write("\n| target | proven threshold | checks, wrong | p | accepted | true accuracy | manual work saved |")
    write("|---|---|---|---|---|---|---|")
    for target in TARGETS:
        write(certified_row(target, loop.certify(target, arguments.rate), len(loop.truth)))


def certified_row(target: float, outcome: "Outcome", total: int) -> str:
    """One row of the second table."""
    found = outcome.certificate
    if found.threshold is None:
        more = f"about {found.more:,} more checks" if found.more else "not reachable by more checks"
        return f"| {target:.0%} | none: {more} | {found.checked}, {found.wrong} | {found.p_value:.3f} | 0 | – | 0 % |"
    return (
        f"| {target:.0%} | {found.threshold:.2f} | {found.checked}, {found.wrong} | {found.p_value:.3f} "
        f"| {outcome.accepted:,} | {share(outcome.true_accuracy)} | {outcome.accepted / total:.1%} |"
    )


def share(value: float | None) -> str:
    """A share as a percentage."""
    return "–" if value is None else f"{value:.1%}"


def machine() -> str:
    """What this ran on."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("Django", "scikit-learn", "numpy", "scipy"))
    return f"Python {platform.python_version()}, {packages}, {os.cpu_count()} cores."


if __name__ == "__main__":
    sys.exit(main())
