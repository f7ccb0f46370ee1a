"""`manage.py restore`: a backup into an empty database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from ground.errors import CountersignError
from operating import backups
from operating.management.owner import away, become_owner


class Command(BaseCommand):
    """Checks every byte first; what is cut off may be run again."""

    help = "Restore an archive of `backup` into an empty database and the home; then migrate and grant rights."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where from."""
        parser.add_argument("file", type=Path, help="an archive that `backup` made")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Raises CommandError with the remedy."""
        become_owner()
        try:
            restored = backups.restore_backup(source=file)
        except CountersignError as error:
            raise CommandError(error.message) from None
        except OperationalError:
            raise away() from None
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror}. The database is unchanged.") from None
        connection.close()
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        if settings.DATABASE_APP_ROLE:
            call_command("grant_app_role", stderr=self.stderr)
        self.stdout.write(f"The backup of {restored.made_at} is restored, with {restored.files:,} files.")
        if restored.lost_keys:
            self.stderr.write(
                "The labelers' API keys were encrypted with keys that are missing here. Put the old "
                "secrets/encryption_keys back (or COUNTERSIGN_ENCRYPTION_KEYS), or enter the API keys again."
            )
        self.stdout.write("Restart Countersign now: running processes still know the old state. Then: manage.py verify")
