"""Which workers are active: each process reports every few seconds.
All times are the database's. A killed worker is forgotten after a day; one that shuts down, at once."""

import logging
import os
import socket
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import Error, connection

logger = logging.getLogger(__name__)

# Seconds: between reports; until a silent worker counts as inactive; until it is no longer listed.
EVERY = 5.0
ALIVE_FOR = 60
TOLD_FOR = 600
SWEEP = "sweep"
DOING_LONGEST = 100

_SEEN = """
INSERT INTO labeling_worker (name, host, pid, queues, doing, started_at, seen_at)
VALUES (%(name)s, %(host)s, %(pid)s, %(queues)s, %(doing)s, clock_timestamp(), clock_timestamp())
ON CONFLICT (name) DO UPDATE SET queues = excluded.queues, doing = excluded.doing, seen_at = excluded.seen_at,
  started_at = CASE WHEN %(first)s THEN excluded.started_at ELSE labeling_worker.started_at END
"""
_FORGET = "DELETE FROM labeling_worker WHERE seen_at < clock_timestamp() - interval '1 day'"
_TOLD = f"""
SELECT name, host, pid, queues, doing, started_at, seen_at, seen_at > clock_timestamp() - interval '{ALIVE_FOR} s'
FROM labeling_worker WHERE seen_at > clock_timestamp() - interval '{TOLD_FOR} s' ORDER BY queues, host, pid
"""  # noqa: S608 - both are numbers of this module


@dataclass(frozen=True, slots=True)
class Seen:
    """A worker as of its last report."""

    name: str
    host: str
    pid: int
    queues: str
    doing: str
    started_at: datetime
    seen_at: datetime
    alive: bool

    @property
    def carries_out(self) -> bool:
        """Whether it runs jobs; the sweep only notifies."""
        return self.queues != SWEEP


def process_name() -> str:
    """Host and process: the name of the worker and the prefix of the owner of its leases."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


def seen() -> list[Seen]:
    """The workers of the last ten minutes, inactive ones included."""
    with connection.cursor() as cursor:
        cursor.execute(_TOLD)
        return [Seen(*row) for row in cursor.fetchall()]


class Presence:
    """This process's reports, and what its threads hold."""

    def __init__(self) -> None:
        self.queues = ""
        # The row of work, such as `batch 12`, by thread; the newest last.
        self._held: dict[str, int] = {}
        self._first = True
        self._told = -EVERY
        self._stop = threading.Event()

    @property
    def doing(self) -> str:
        """A short description of what is held."""
        return ", ".join(list(self._held))[:DOING_LONGEST]

    def take_up(self, name: str) -> None:
        """This thread holds that row."""
        self._held[name] = threading.get_ident()

    def forget(self, name: str) -> None:
        """The row is released."""
        self._held.pop(name, None)

    def rest(self) -> None:
        """This thread holds nothing."""
        mine = threading.get_ident()
        for name in [name for name, thread in list(self._held.items()) if thread == mine]:
            self.forget(name)

    def begin(self, *, queues: str) -> None:
        """Start a thread that reports every few seconds on its own connection."""
        self.queues = queues
        threading.Thread(target=self._beat, name="presence", daemon=True).start()

    def _beat(self) -> None:
        while True:
            self.tell()
            # The connection is closed between reports: a pool process forked meanwhile would inherit it.
            connection.close()
            if self._stop.wait(EVERY):
                return

    def tell_now_and_then(self, *, queues: str) -> None:
        """For a loop that reports itself: one report every few seconds, however often it is called."""
        self.queues = queues
        if time.monotonic() - self._told > EVERY:
            self.tell()

    def tell(self) -> None:
        """One report; ignores an unavailable database."""
        self._told = time.monotonic()
        host, pid = socket.gethostname()[:100], os.getpid()
        values: dict[str, str | int | bool] = {
            "name": process_name(),
            "host": host,
            "pid": pid,
            "queues": self.queues,
            "doing": self.doing,
        }
        try:
            with connection.cursor() as cursor:
                cursor.execute(_SEEN, values | {"first": self._first})
                if self._first:
                    cursor.execute(_FORGET)
        except Error as error:
            logger.warning("No sign of life could be given: %s", error)
            return
        self._first = False

    def end(self) -> None:
        """Forget this process on shutdown."""
        self._stop.set()
        try:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM labeling_worker WHERE name = %s", [process_name()])
        except Error:
            connection.close()


presence = Presence()
