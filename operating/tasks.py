"""Celery tasks: each processes claimable work for a while when notified, and notifies again if there is more."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import current_app, shared_task
from celery.concurrency.thread import TaskPool
from celery.signals import task_postrun, worker_process_init, worker_process_shutdown, worker_ready, worker_shutdown
from django.conf import settings

from labeling.runs import planning, turns, working
from measuring.metrics import activity
from operating import sweeping
from review.deciding import resettling
from work import doorbell
from work.jobs import JOBS, JobKind
from work.workers import presence

# Seconds per message: long enough to be efficient, short enough to be fair to the next run.
DRAIN_SECONDS = 20.0


@worker_process_init.connect
def begin_to_work(**_: object) -> None:
    """A pool process reports while idle too, and takes its turn at sweeping."""
    heard = set(current_app.amqp.queues.consume_from)
    presence.begin(queues=",".join(sorted(name for name, bells in settings.QUEUES.items() if heard & set(bells))))
    sweeping.begin()


@worker_ready.connect
def begin_to_work_in_threads(sender: Any, **_: object) -> None:
    """A worker of threads is one process, and no other is begun."""
    if isinstance(sender.pool, TaskPool):
        begin_to_work()


@worker_shutdown.connect
def end_threads_in_peace(**_: object) -> None:
    """The parent of pool processes has given no sign of life."""
    presence.end()


@task_postrun.connect
def rest(**_: object) -> None:
    """Whatever became of the row that the process held."""
    presence.rest()


@worker_process_shutdown.connect
def end_in_peace(**_: object) -> None:
    """One that is killed cannot say so: its silence does."""
    presence.end()


def for_a_while() -> Callable[[], bool]:
    """True until the time per message is used up."""
    end = time.monotonic() + DRAIN_SECONDS
    return lambda: time.monotonic() <= end


def drain(work_one: Callable[[], bool], *, more: Callable[[], bool] | None = None) -> bool:
    """Work until nothing is claimable or `more()` is false (by default after a while); True if there may be more."""
    more = more or for_a_while()
    while work_one():
        if not more():
            return True
    return False


@shared_task(name=planning.WORK_BATCHES)
def work_batches() -> None:
    """Plan new runs, then work batches of labelers that need the processor."""
    _work(network=False)


@shared_task(name=planning.ASK_BATCHES)
def ask_batches() -> None:
    """Plan new runs, then work batches of labelers that ask a network."""
    if not _asking.acquire(blocking=False):
        # All of them are at it: whichever is ready first looks again.
        return
    try:
        _work(network=True)
    finally:
        _asking.release()
        _ring_if_there_is_more(network=True)


# Of the threads of a worker that asks networks some are kept for trials.
_asking = threading.BoundedSemaphore(settings.NETWORK_THREADS - settings.TRIAL_THREADS)


def _work(*, network: bool) -> None:
    turns.plan_next(network=network)
    more = for_a_while()
    # A bell wakes one worker; each that has found something wakes the next.
    wake_another = partial(_ring_if_there_is_more, network=network)
    drain(lambda: working.work_next(network=network, more=more, then=wake_another), more=more)
    wake_another()


def _ring_if_there_is_more(*, network: bool) -> None:
    if turns.waits(network=network):
        doorbell.ring(planning.ASK_BATCHES if network else planning.WORK_BATCHES)


def _make_task(kind: JobKind) -> None:
    def work() -> None:
        drain(kind.work_one)

    work.__doc__ = f"{kind.title}: carry them out."
    shared_task(name=kind.task)(work)


for _kind in JOBS.values():
    _make_task(_kind)


@shared_task(name="review.settle_stale")
def settle_stale() -> None:
    """Update answered items that were claimed during a change of the number of reviews."""
    resettling.settle_stale()


@shared_task(name="measuring.write_activity")
def write_activity() -> None:
    """Write finished quarter hours into the ledger."""
    activity.write_activity()


@shared_task(name="operating.sweep")
def sweep() -> None:
    """Notify about claimable work."""
    sweeping.sweep_safely()
