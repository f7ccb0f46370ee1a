"""Which workers are alive: each process that carries out work gives a sign of life every few seconds.

All time comes from the database's clock. A worker that was killed is forgotten a day later; one that ends in peace at
once.
"""

import logging
import os
import socket
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import Error, connection

logger = logging.getLogger(__name__)

# Seconds: between two signs of life; after which a silent worker counts as gone; for which it is still told of.
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
    """A worker as of its last sign of life."""

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
        """Whether it takes work; the sweep only rings for it."""
        return self.queues != SWEEP


def process_name() -> str:
    """Host and process: how a worker is called, and how the owner of its leases begins."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


def seen() -> list[Seen]:
    """The workers of the last ten minutes, those that have gone silent among them."""
    with connection.cursor() as cursor:
        cursor.execute(_TOLD)
        return [Seen(*row) for row in cursor.fetchall()]


class Presence:
    """This process's signs of life, and what its threads hold at present."""

    def __init__(self) -> None:
        self.queues = ""
        # Row of work, such as `batch 12`, by the thread that took it up; the newest last.
        self._held: dict[str, int] = {}
        self._first = True
        self._told = -EVERY
        self._stop = threading.Event()

    @property
    def doing(self) -> str:
        """What is held, in a few words."""
        return ", ".join(list(self._held))[:DOING_LONGEST]

    def take_up(self, name: str) -> None:
        """This thread holds that row from now on."""
        self._held[name] = threading.get_ident()

    def forget(self, name: str) -> None:
        """The row is held no more."""
        self._held.pop(name, None)

    def rest(self) -> None:
        """This thread holds nothing any more."""
        mine = threading.get_ident()
        for name in [name for name, thread in list(self._held.items()) if thread == mine]:
            self.forget(name)

    def begin(self, *, queues: str) -> None:
        """From now on a thread gives a sign of life every few seconds, on a connection of its own."""
        self.queues = queues
        threading.Thread(target=self._beat, name="presence", daemon=True).start()

    def _beat(self) -> None:
        while True:
            self.tell()
            # Between two signs nothing is kept open: a pool process that is forked meanwhile would inherit it.
            connection.close()
            if self._stop.wait(EVERY):
                return

    def tell_now_and_then(self, *, queues: str) -> None:
        """For a loop that is the sign of life itself: one every few seconds, however often it comes round."""
        self.queues = queues
        if time.monotonic() - self._told > EVERY:
            self.tell()

    def tell(self) -> None:
        """One sign of life; a database that is away is no reason to fall."""
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
        """Forget this process: it ends in peace."""
        self._stop.set()
        try:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM labeling_worker WHERE name = %s", [process_name()])
        except Error:
            connection.close()


presence = Presence()
