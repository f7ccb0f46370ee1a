"""Celery tasks: each opens when its bell rings, drains what is claimable for a while, and rings again."""

import time
from collections.abc import Callable

from celery import current_app, shared_task
from celery.signals import task_postrun, worker_process_init, worker_process_shutdown

from labeling import doorbell, labeler_setup, prelabeling, rerouting, runs, splitting, sweeping, training
from labeling.workers import presence

# Seconds that one message keeps a worker: long enough to be cheap, short enough to be fair to the next run.
DRAIN_SECONDS = 20.0


@worker_process_init.connect
def begin_to_work(**_: object) -> None:
    """A pool process gives signs of life while it waits, too, and takes its turn at sweeping."""
    presence.begin(queues=",".join(sorted(current_app.amqp.queues.consume_from)))
    sweeping.begin()


@task_postrun.connect
def rest(**_: object) -> None:
    """Whatever became of the row that the process held."""
    presence.doing = ""


@worker_process_shutdown.connect
def end_in_peace(**_: object) -> None:
    """One that is killed cannot say so: its silence does."""
    presence.end()


def for_a_while() -> Callable[[], bool]:
    """True until a message has kept this worker long enough."""
    end = time.monotonic() + DRAIN_SECONDS
    return lambda: time.monotonic() <= end


def drain(work_one: Callable[[], bool], *, more: Callable[[], bool] | None = None) -> bool:
    """Work until there is nothing to claim or, for a while by default, for as long as `more()`; True when there may be
    more."""
    more = more or for_a_while()
    while work_one():
        if not more():
            return True
    return False


@shared_task(name="labeling.work_batches")
def work_batches(run_id: int) -> None:
    """Plan the run if it is new, then work its batches."""
    if runs.plan_run(run_id):
        for _ in range(sweeping.SLOTS_PER_RUN - 1):
            doorbell.ring("labeling.work_batches", run_id)
    more = for_a_while()
    if drain(lambda: prelabeling.work_batches(run_id, more=more), more=more):
        doorbell.ring("labeling.work_batches", run_id)


@shared_task(name="labeling.work_reroutes")
def work_reroutes() -> None:
    """Carry out re-routings."""
    drain(rerouting.work_one_reroute)


@shared_task(name="labeling.work_recalls")
def work_recalls() -> None:
    """Carry out recalls."""
    drain(rerouting.work_one_recall)


@shared_task(name="labeling.work_trainings")
def work_trainings() -> None:
    """Train labelers; a run that follows is rung for by the sweep and here."""
    drain(training.work_one_training)
    sweeping.sweep()


@shared_task(name="labeling.work_trials")
def work_trials() -> None:
    """Try labelers on a few items."""
    drain(labeler_setup.work_one_trial)


@shared_task(name="labeling.work_splits")
def work_splits() -> None:
    """Give the items of large datasets their splits."""
    drain(splitting.work_one_assignment)


@shared_task(name="labeling.sweep")
def sweep() -> None:
    """Ring for whatever is claimable."""
    sweeping.sweep_safely()
