"""`manage.py verify`: recompute what is materialised, and name every difference."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets.models import Dataset
from operating.verifying import item_differences, media_differences, standing_differences

SHOWN = 100


class Command(BaseCommand):
    """Ends with status 1 when anything differs."""

    help = "Recompute every item's status, the review queue and the tallies from history, and hash media files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """An optional dataset."""
        parser.add_argument("--dataset", help="slug of one dataset; all of them by default")
        parser.add_argument("--without-media", action="store_true", help="do not read the media files")

    def handle(self, *args: Any, dataset: str | None = None, without_media: bool = False, **options: Any) -> None:
        """Read only."""
        checks = [item_differences, standing_differences, *([] if without_media else [media_differences])]
        rows = Dataset.objects.filter(slug=dataset) if dataset else Dataset.objects.all()
        if dataset and not rows.exists():
            raise CommandError(f"There is no dataset {dataset!r}.")
        found = 0
        for one in rows.order_by("pk"):
            for check in checks:
                for difference in check(one):
                    found += 1
                    if found <= SHOWN:
                        self.stdout.write(f"{difference.kind}: {difference.where}: {difference.what}")
        if found:
            raise CommandError(f"{found} differences.")
        self.stdout.write(f"{rows.count()} datasets verified: no difference.")
