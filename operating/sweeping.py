"""The sweep: notifies workers of whatever is claimable, so that a lost message delays work but never loses it.
`manage.py sweep` and Celery's beat do nothing else; workers take turns at it too, so that no extra process is required.
"""

import logging
import random
import threading
from collections.abc import Callable

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection

from accounts.sign_in import notices, throttling, tickets
from accounts.sign_in.session_store import SessionStore
from datasets import element_tallies, tallies
from datasets.media import thumbnails
from exchange import importing
from labeling.policies import drawing, rerouting
from labeling.runs import turns
from labeling.runs.planning import ASK_BATCHES, WORK_BATCHES
from labeling.runs.turns import CLAIMABLE
from review.queue import expired
from work import doorbell
from work.jobs import JOBS
from work.workers import seen

logger = logging.getLogger(__name__)

# Decisions that have been lying for longer than the ledger of activity waits for them (measuring.metrics.activity).
_UNWRITTEN_ACTIVITY = """
SELECT 1 FROM labeling_dataset AS ds LEFT JOIN review_activitymark AS m ON m.dataset_id = ds.id
WHERE EXISTS (
  SELECT 1 FROM review_decision AS d WHERE d.dataset_id = ds.id
    AND d.decided_at >= coalesce(m.until, '-infinity') AND d.decided_at < clock_timestamp() - interval '2 hours')
LIMIT 1
"""

# Answered items about which something changed while somebody held them, and nobody does any more.
_STALE_ANSWERED = """
SELECT 1 FROM labeling_waiting AS w JOIN labeling_item AS i ON i.id = w.item_id
WHERE w.stale AND w.claimed_by_id IS NULL AND i.answers > 0 LIMIT 1
"""


def sweep() -> dict[str, int]:
    """Notify about claimable work, release expired claims, place held-up items, fold the tallies; returns counts by
    name.
    An error in one step does not prevent the others."""
    found: dict[str, int] = {}
    for name, look in _LOOKS.items():
        try:
            if count := look():
                found[name] = count
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("The sweep failed at %s", name)
    return found


def _jobs() -> int:
    rung = 0
    with connection.cursor() as cursor:
        for kind in JOBS.values():
            table = kind.table
            cursor.execute(f"SELECT 1 FROM {table} WHERE {CLAIMABLE} LIMIT 1")  # noqa: S608 - both are constants
            if cursor.fetchone():
                doorbell.ring(kind.task)
                rung += 1
    return rung


def _runs() -> int:
    rung = 0
    for network, task in ((False, WORK_BATCHES), (True, ASK_BATCHES)):
        if turns.waits(network=network):
            doorbell.ring(task)
            rung += 1
    return rung


def _activity() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UNWRITTEN_ACTIVITY)
        if not cursor.fetchone():
            return 0
    doorbell.ring("measuring.write_activity")
    return 1


def _answered() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_STALE_ANSWERED)
        if not cursor.fetchone():
            return 0
    doorbell.ring("review.settle_stale")
    return 1


def _redrawn() -> int:
    redrawn = drawing.redraw_changed()
    if redrawn:
        doorbell.ring(JOBS["reroute"].task)
    return redrawn


def _end_sessions() -> int:
    SessionStore.clear_expired()
    return 0


_LOOKS: dict[str, Callable[[], int]] = {
    "jobs": _jobs,
    "runs": _runs,
    "activity": _activity,
    "answered": _answered,
    "expired": expired.free_expired,
    "stale": rerouting.place_stale,
    # Before the tallies are folded: what is not folded yet says where something has changed.
    "redrawn": _redrawn,
    "folded": tallies.fold,
    "folded sums": element_tallies.fold,
    "left": importing.close_runs_left,
    "forgotten": throttling.forget,
    "sessions": _end_sessions,
    "spent": tickets.forget_spent,
    "notices": notices.forget,
    "thumbnails": thumbnails.trim,
    "uploads": importing.remove_abandoned,
}


def sweep_safely() -> None:
    """`sweep`, for loops that must survive a lost database connection."""
    try:
        sweep()
    except (OperationalError, InterfaceError) as error:
        logger.warning("The sweep could not reach the database: %s", error)
        connection.close()
        connection.close()


def begin() -> None:
    """Start a thread that takes this process's turns at sweeping."""
    threading.Thread(target=_take_turns, name="sweep", daemon=True).start()


def _take_turns() -> None:
    pause = threading.Event()
    while True:
        seconds = _until_next_turn()
        # Between two turns nothing is kept open.
        connection.close()
        pause.wait(seconds)
        sweep_safely()


def _until_next_turn() -> float:
    """Seconds: all workers together sweep about once every SWEEP_SECONDS, however many there are."""
    try:
        workers = sum(one.alive and one.carries_out for one in seen())
    except Error:
        workers = 1
    return settings.SWEEP_SECONDS * max(1, workers) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads, no secret
