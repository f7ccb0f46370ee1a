"""`manage.py backup`: the database and the home's files in one archive, while everything runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from ground.errors import CountersignError
from operating import backups
from operating.management.owner import away, become_owner


class Command(BaseCommand):
    """The file appears whole or not at all."""

    help = "Write the database, media, models, exports and uploads to one archive, with a checksum of every file."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and what else."""
        parser.add_argument("file", type=Path, help="archive to create, such as countersign.tar")
        parser.add_argument(
            "--with-secrets", action="store_true", help="include the secrets; store the archive as safely as passwords"
        )

    def handle(self, *args: Any, file: Path, with_secrets: bool, **options: Any) -> None:
        """Raises CommandError with the remedy."""
        become_owner()
        try:
            made = backups.make_backup(target=file, with_secrets=with_secrets)
        except CountersignError as error:
            raise CommandError(error.message) from None
        except OperationalError:
            raise away() from None
        except OSError as error:
            raise CommandError(f"{file} was not written: {error.strerror}. No partial file was left.") from None
        self.stdout.write(f"{made.path}: the database and {made.files:,} files, {made.size:,} bytes.")
        if not with_secrets:
            self.stdout.write("Secrets are not included: keep a copy of secrets/encryption_keys elsewhere.")
