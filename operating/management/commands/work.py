"""`manage.py work`: a single worker; start as many as needed."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError

from operating.management.programs import QUEUES, worker_command
from supervision import container


class Command(BaseCommand):
    """Becomes a small supervisor of the worker: it forwards signals and kills unresponsive processes."""

    help = "Run a worker for batches and jobs."
    requires_system_checks = (Tags.security,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to work on, with how many processes."""
        parser.add_argument("--queues", default=",".join(QUEUES), help=f"Comma-separated: {', '.join(QUEUES)}.")
        parser.add_argument(
            "--processes",
            type=int,
            default=1,
            help="Number of processes. Not for the queues network and trials, which use threads.",
        )

    def handle(self, *args: Any, queues: str, processes: int, **options: Any) -> None:
        """Does not return."""
        wanted = [queue.strip() for queue in queues.split(",") if queue.strip()]
        unknown = sorted(set(wanted) - set(QUEUES))
        if unknown or not wanted:
            raise CommandError(f"--queues takes {', '.join(QUEUES)}; not {', '.join(unknown) or 'nothing'}.")
        if processes < 1:
            raise CommandError("--processes must be at least 1.")
        command = container.command_line("worker", worker_command(*wanted, name="worker", processes=processes))
        # Celery's own run of the checks would load every page into the worker.
        os.execve(command[0], command, os.environ | {"CELERY_SKIP_CHECKS": "1"})
