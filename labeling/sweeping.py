"""The sweep: rings for whatever is claimable, so that a lost message delays work and never loses it.

`manage.py sweep` and Celery's beat do nothing else; workers take turns at it as well, so that no process has to live
for work to go on but one that works.
"""

import logging
import random
import threading

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection

from labeling import doorbell, guessing, queueing, rerouting, tallies
from labeling.session_store import SessionStore
from labeling.workers import seen

logger = logging.getLogger(__name__)

_CLAIMABLE = """(state = 'pending' AND (next_at IS NULL OR next_at <= clock_timestamp())
  OR state = 'running' AND lease_until < clock_timestamp())"""

# Table of leased rows -> task that works them.
JOBS = {
    "labeling_import": "review.work_imports",
    "labeling_reroute": "labeling.work_reroutes",
    "labeling_recall": "labeling.work_recalls",
    "labeling_resettlement": "review.work_resettlements",
    "labeling_splitassignment": "labeling.work_splits",
    "labeling_training": "labeling.work_trainings",
    "labeling_trial": "labeling.work_trials",
    "review_export": "review.work_exports",
}

# Decisions that have been lying for longer than the ledger of activity waits for them (review.metrics.activity).
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

# Doorbells rung for one running run at a time: as many workers as that may help it.
SLOTS_PER_RUN = 4


def sweep() -> dict[str, int]:
    """Ring for claimable work, end expired claims, place what they had held up, fold the tallies: found, by name."""
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for table, task in JOBS.items():
            cursor.execute(f"SELECT 1 FROM {table} WHERE {_CLAIMABLE} LIMIT 1")  # noqa: S608 - both are constants
            if cursor.fetchone():
                doorbell.ring(task)
                found[task] = 1
        cursor.execute(_UNWRITTEN_ACTIVITY)
        if cursor.fetchone():
            doorbell.ring("review.write_activity")
            found["review.write_activity"] = 1
        cursor.execute(_STALE_ANSWERED)
        if cursor.fetchone():
            doorbell.ring("review.settle_stale")
            found["review.settle_stale"] = 1
        cursor.execute("SELECT id FROM labeling_run WHERE status = 'planning' ORDER BY id LIMIT 20")
        runs = [(row[0], 1) for row in cursor.fetchall()]
        cursor.execute(
            f"""SELECT r.id, count(b.id) FROM labeling_run AS r LEFT JOIN LATERAL (
                  SELECT id FROM labeling_batch WHERE run_id = r.id AND {_CLAIMABLE} LIMIT %s) AS b ON true
                WHERE r.status = 'running' GROUP BY r.id ORDER BY r.id LIMIT 100""",  # noqa: S608 - a constant
            [SLOTS_PER_RUN],
        )
        runs += cursor.fetchall()
    for run_id, claimable in runs:
        for _ in range(claimable):
            doorbell.ring("labeling.work_batches", run_id)
        found["batches"] = found.get("batches", 0) + claimable
    found["expired"] = queueing.free_expired()
    found["stale"] = rerouting.place_stale()
    found["folded"] = tallies.fold()
    found["forgotten"] = guessing.forget()
    SessionStore.clear_expired()
    return found


def sweep_safely() -> None:
    """`sweep`, for loops that must outlive a lost database."""
    try:
        sweep()
    except (OperationalError, InterfaceError) as error:
        logger.warning("The sweep could not reach the database: %s", error)
        connection.close()


def begin() -> None:
    """From now on a thread of this process takes its turn at sweeping."""
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
    """Seconds: all workers together sweep about once every SWEEP_SECONDS, however many they are."""
    try:
        workers = sum(one.alive and one.carries_out for one in seen())
    except Error:
        workers = 1
    return settings.SWEEP_SECONDS * max(1, workers) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads, no secret
