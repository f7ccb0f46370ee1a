"""A worker: `python -m config.worker --queues runs,jobs --name worker1 --processes 2`, or with `--threads 48` for
queues whose work only waits.

What `celery worker` starts, without its command line, whose interactive shell would stay in each process's memory.
"""

import os
import sys
from argparse import ArgumentParser
from importlib import import_module

from celery.signals import worker_process_init
from celery.utils.nodenames import default_nodename, host_format
from django.conf import settings

from supervision.watchdog import Heartbeat

# Seconds that a worker and a pool process may go without a heartbeat: one call into a library can block every thread
# of a process.
PATIENCE, POOL_PATIENCE = 60.0, 120.0


@worker_process_init.connect
def give_signs_of_life(**_: object) -> None:
    """A process of the pool."""
    Heartbeat(patience=POOL_PATIENCE).keep_beating()


def main() -> int:
    """Works until a signal ends it; the exit status."""
    parser = ArgumentParser(prog="python -m config.worker")
    parser.add_argument("--queues", required=True, help="comma-separated")
    parser.add_argument("--name", required=True, help="name of this worker, unique on this machine")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="threads in one process instead of processes")
    parser.add_argument("--app", default="config.celery", help="the module of the Celery application")
    given = parser.parse_args()
    os.environ.setdefault("COUNTERSIGN_PROCESS", "worker")
    app = import_module(given.app).app
    worker = app.Worker(
        hostname=host_format(default_nodename(f"{given.name}@%h")),
        queues=[bell for name in given.queues.split(",") for bell in settings.QUEUES[name]],
        pool_cls="threads" if given.threads else "prefork",
        concurrency=given.threads or given.processes,
        loglevel="INFO",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    Heartbeat(patience=PATIENCE).keep_beating()
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main())
