"""`manage.py verify`: recompute what is materialised, and name every difference."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.models import Dataset
from review.verifying import item_differences, standing_differences

SHOWN = 100


class Command(BaseCommand):
    """Ends with status 1 when anything differs."""

    help = "Recompute every item's standing, the waiting room and the tallies from history; report differences."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """An optional dataset."""
        parser.add_argument("--dataset", help="slug of one dataset; all of them by default")

    def handle(self, *args: Any, dataset: str | None = None, **options: Any) -> None:
        """Read only."""
        rows = Dataset.objects.filter(slug=dataset) if dataset else Dataset.objects.all()
        if dataset and not rows.exists():
            raise CommandError(f"There is no dataset {dataset!r}.")
        found = 0
        for one in rows.order_by("pk"):
            for check in (item_differences, standing_differences):
                for difference in check(one):
                    found += 1
                    if found <= SHOWN:
                        self.stdout.write(f"{difference.kind}: {difference.where}: {difference.what}")
        if found:
            raise CommandError(f"{found} differences.")
        self.stdout.write(f"{rows.count()} datasets verified: no difference.")
