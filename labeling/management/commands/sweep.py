"""`manage.py sweep`: rings for work whose bell was lost, for as long as it runs."""

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections, connections

from labeling import sweeping

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Outlives a lost database: it waits and connects anew."""

    help = "Every SWEEP_SECONDS: ring for work that waits, fold the tallies, free what has expired."

    def handle(self, *args: Any, **options: Any) -> None:
        """Ends at SIGTERM or Ctrl-C, after the sweep that is under way."""
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        while not over.is_set():
            sweep_once()
            over.wait(settings.SWEEP_SECONDS)


def sweep_once() -> bool:
    """One sweep; False when the database was away, which is logged and left for the next one."""
    close_old_connections()
    try:
        sweeping.sweep()
    except Error as error:
        logger.warning("sweep: the database is away, next try in %s s: %s", settings.SWEEP_SECONDS, error)
        connections.close_all()
        return False
    return True
