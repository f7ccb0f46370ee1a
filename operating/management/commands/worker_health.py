"""`manage.py worker_health`: whether the worker on this host receives messages."""

import socket
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand, CommandError
from kombu.exceptions import OperationalError

from operating.gauges import oldest_claimable_seconds

# Seconds: limit of the worker's answer; waiting time after which no worker can be listening.
ANSWER = 8.0
DEAF_AFTER = 300.0


class Command(BaseCommand):
    """For container health checks: asks the worker, and checks whether work is left waiting."""

    help = "Exit with 0 if the worker of this host answers and no job has waited for five minutes."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError if the worker is not responding."""
        name = f"worker@{socket.gethostname()}"
        try:
            answers = current_app.control.ping(destination=[name], timeout=ANSWER)
        except (OperationalError, OSError) as error:
            raise CommandError(f"The broker does not respond: {error}") from error
        if not answers:
            raise CommandError(f"{name} does not respond.")
        waiting = oldest_claimable_seconds()
        if waiting > DEAF_AFTER:
            raise CommandError(f"A job has waited for {waiting:.0f} seconds and no worker takes it.")
