"""`manage.py sweep`: notifies workers again about work whose message was lost."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from operating import sweeping
from work.workers import SWEEP, presence


class Command(BaseCommand):
    """Survives a lost database connection: it waits and reconnects."""

    help = "Every SWEEP_SECONDS: notify workers of waiting jobs, fold the tallies, release what has expired."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Ends on SIGTERM or Ctrl-C, after the current sweep."""
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        while not over.is_set():
            sweeping.sweep_safely()
            presence.tell_now_and_then(queues=SWEEP)
            over.wait(settings.SWEEP_SECONDS)
        presence.end()
