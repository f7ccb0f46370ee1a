"""`manage.py verify_history`: check the hash chain of every item's decisions."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operating.verifying import history_differences
from review.models import Decision

SHOWN = 100


class Command(BaseCommand):
    """Ends with status 1 when a row was altered, removed or put in."""

    help = "Check the hash chain of all decisions; report altered, missing and foreign rows."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read only."""
        found = 0
        for difference in history_differences():
            found += 1
            if found <= SHOWN:
                self.stdout.write(f"{difference.kind}: {difference.where}: {difference.what}")
        if found:
            raise CommandError(f"{found} differences in the history.")
        self.stdout.write(f"{Decision.objects.count()} decisions verified: the chain is whole.")
